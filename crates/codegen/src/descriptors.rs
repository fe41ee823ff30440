use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_reflect::DescriptorPool;
use protox::file::{
    ChainFileResolver, DescriptorSetFileResolver, File, FileResolver, GoogleFileResolver,
    IncludeFileResolver,
};

use crate::output::{Output, rerun_if_changed, variable};
use crate::{Error, packed};

/// Compiled .proto files, with their options and comments.
pub struct Descriptors {
    encoded: Vec<u8>,
    pool: DescriptorPool,
}

impl Descriptors {
    /// Compiles .proto files, and what they import, from folders that imports are relative to.
    ///
    /// `google/protobuf/*.proto` need not be in one of the folders, and neither need
    /// `buf/validate/validate.proto`: a subset with the rules that this generator supports comes with it.
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
        Self::compile_importing([], include, files)
    }

    /// Compiles .proto files that import files of other descriptor sets, such as the one of a
    /// [dependency](Self::from_dependency); otherwise as [`compile`](Self::compile).
    ///
    /// # Errors
    ///
    /// [`Error::Compile`] with the place in the file.
    pub fn compile_importing<'a>(
        imports: impl IntoIterator<Item = &'a Self>,
        include: impl IntoIterator<Item = impl AsRef<Path>>,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> Result<Self, Error> {
        let mut resolver = ChainFileResolver::new();
        for folder in include {
            let folder: PathBuf = folder.as_ref().into();
            rerun_if_changed(&folder);
            resolver.add(IncludeFileResolver::new(folder));
        }
        for import in imports {
            resolver.add(DescriptorSetFileResolver::decode(
                import.encoded.as_slice(),
            )?);
        }
        resolver.add(ValidateProto);
        resolver.add(GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).include_source_info(true);
        compiler.open_files(files)?;
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
    /// that printed `cargo::metadata=fds=PATH`, as [`hand_on`](Self::hand_on) does.
    ///
    /// # Errors
    ///
    /// [`Error::Environment`] where no direct dependency has that `links` name.
    pub fn from_dependency(links: &str) -> Result<Self, Error> {
        let name = format!("DEP_{}_FDS", links.to_uppercase().replace('-', "_"));
        println!("cargo::rerun-if-env-changed={name}");
        let path = variable(&name)?;
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
        let path = Output::default().write(file_name, &self.encoded)?;
        println!("cargo::metadata=fds={}", path.display());
        Ok(())
    }

    /// Writes the descriptor set without comments and places to a file in `OUT_DIR`, to be embedded in a program.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Environment`].
    pub fn write_without_comments(&self, file_name: &str) -> Result<(), Error> {
        Output::default().write(file_name, &self.without_comments())?;
        Ok(())
    }

    fn without_comments(&self) -> Vec<u8> {
        let files = self
            .pool
            .files()
            .map(|file| strip_source_info(&file.encode_to_vec()))
            .collect();
        EncodedFiles { files }.encode_to_vec()
    }

    pub(crate) fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// All files, as prost-build wants them.
    pub(crate) fn files(&self) -> Vec<(prost_build::Module, prost_types::FileDescriptorProto)> {
        self.pool
            .file_descriptor_protos()
            .map(|file| {
                let module = prost_build::Module::from_protobuf_package_name(file.package());
                let mut file = file.clone();
                packed::say_so(&mut file, &self.pool);
                (module, file)
            })
            .collect()
    }

    pub(crate) fn require_package(&self, package: &str) -> Result<(), Error> {
        if self.pool.files().any(|file| file.package_name() == package) {
            Ok(())
        } else {
            Err(Error::UnknownPackage(package.to_owned()))
        }
    }
}

/// The `buf/validate/validate.proto` of this crate, for those who have none of their own.
struct ValidateProto;

impl FileResolver for ValidateProto {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        const NAME: &str = "buf/validate/validate.proto";
        if name == NAME {
            File::from_source(NAME, include_str!("../proto/buf/validate/validate.proto"))
        } else {
            Err(protox::Error::file_not_found(name))
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
