use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;

use crate::Error;

/// Compiled .proto files, with their options and comments.
pub struct Descriptors {
    encoded: Vec<u8>,
    pool: DescriptorPool,
}

impl Descriptors {
    /// Compiles .proto files, and what they import, from folders that imports are relative to.
    ///
    /// Tells cargo to run the build script again when a file of one of the folders changes.
    ///
    /// # Errors
    ///
    /// [`Error::Compile`] with the place in the file.
    pub fn compile(
        include: impl IntoIterator<Item = impl AsRef<Path>>,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> Result<Self, Error> {
        let include: Vec<PathBuf> = include
            .into_iter()
            .map(|path| path.as_ref().into())
            .collect();
        for folder in &include {
            rerun_if_changed(folder);
        }
        let mut compiler = protox::Compiler::new(include).map_err(Error::Compile)?;
        compiler.include_imports(true).include_source_info(true);
        compiler.open_files(files).map_err(Error::Compile)?;
        // Only the encoded form keeps custom options, which `file_descriptor_set()` drops.
        Self::from_encoded(compiler.encode_file_descriptor_set())
    }

    /// Reads an encoded `google.protobuf.FileDescriptorSet` that includes all imports.
    ///
    /// # Errors
    ///
    /// [`Error::Descriptors`] where it is no complete descriptor set.
    pub fn from_encoded(encoded: Vec<u8>) -> Result<Self, Error> {
        let pool = DescriptorPool::decode(encoded.as_slice())?;
        Ok(Self { encoded, pool })
    }

    /// Reads the descriptor set that the build script of a dependency has handed on: a crate with `links = "NAME"`
    /// that printed `cargo::metadata=fds=PATH`.
    ///
    /// # Errors
    ///
    /// [`Error::Environment`] where no dependency has that `links` name.
    pub fn from_dependency(links: &str) -> Result<Self, Error> {
        let variable = format!("DEP_{}_FDS", links.to_uppercase().replace('-', "_"));
        println!("cargo::rerun-if-env-changed={variable}");
        let path = std::env::var_os(&variable)
            .map(PathBuf::from)
            .ok_or(Error::Environment("DEP_<links>_FDS of the messages' crate"))?;
        rerun_if_changed(&path);
        Self::from_encoded(std::fs::read(&path).map_err(|error| Error::io(&path, error))?)
    }

    /// Writes the descriptor set to a file in `OUT_DIR`, and hands it to the build scripts of dependent crates, which
    /// read it by [`from_dependency`](Self::from_dependency).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Environment`].
    pub fn hand_on(&self, file_name: &str) -> Result<(), Error> {
        let path = out_dir()?.join(file_name);
        write(&path, &self.encoded)?;
        println!("cargo::metadata=fds={}", path.display());
        Ok(())
    }

    /// Writes the descriptor set without comments and places to a file in `OUT_DIR`, to be embedded in a programme.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Environment`].
    pub fn write_without_comments(&self, file_name: &str) -> Result<(), Error> {
        let files: Vec<Vec<u8>> = self
            .pool
            .files()
            .map(|file| strip_source_info(&file.encode_to_vec()))
            .collect();
        let set = EncodedFiles { files };
        write(&out_dir()?.join(file_name), &set.encode_to_vec())
    }

    pub(crate) fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// All files, as prost-build wants them.
    pub(crate) fn files(&self) -> prost_types::FileDescriptorSet {
        prost_types::FileDescriptorSet {
            file: self.pool.file_descriptor_protos().cloned().collect(),
        }
    }

    pub(crate) fn require_package(&self, package: &str) -> Result<(), Error> {
        if self.pool.files().any(|file| file.package_name() == package) {
            Ok(())
        } else {
            Err(Error::UnknownPackage(package.to_owned()))
        }
    }
}

/// A `FileDescriptorSet` whose files stay encoded, so that their custom options survive.
#[derive(Clone, PartialEq, prost::Message)]
struct EncodedFiles {
    #[prost(bytes = "vec", repeated, tag = "1")]
    files: Vec<Vec<u8>>,
}

/// Drops field 9 (`source_code_info`) of an encoded `FileDescriptorProto`.
fn strip_source_info(encoded: &[u8]) -> Vec<u8> {
    use prost::encoding::{DecodeContext, decode_key, skip_field};

    const SOURCE_CODE_INFO: u32 = 9;
    let mut kept = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while !rest.is_empty() {
        let field = rest;
        let Ok((number, wire_type)) = decode_key(&mut rest) else {
            return encoded.to_vec();
        };
        if skip_field(wire_type, number, &mut rest, DecodeContext::default()).is_err() {
            return encoded.to_vec();
        }
        if number != SOURCE_CODE_INFO {
            kept.extend_from_slice(&field[..field.len() - rest.len()]);
        }
    }
    kept
}

pub(crate) fn out_dir() -> Result<PathBuf, Error> {
    std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(Error::Environment("OUT_DIR"))
}

pub(crate) fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    std::fs::write(path, contents).map_err(|error| Error::io(path, error))
}

fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
