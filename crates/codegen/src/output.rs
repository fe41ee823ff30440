//! Where generated files go.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::Error;

/// The folder that generated files are written to: `OUT_DIR` unless another one was chosen.
#[derive(Default)]
pub(crate) struct Output(Option<PathBuf>);

impl Output {
    pub(crate) fn folder(path: PathBuf) -> Self {
        Self(Some(path))
    }

    pub(crate) fn path_of(&self, file_name: &str) -> Result<PathBuf, Error> {
        let folder = match &self.0 {
            Some(folder) => folder.clone(),
            None => variable("OUT_DIR")?,
        };
        Ok(folder.join(file_name))
    }

    pub(crate) fn write(&self, file_name: &str, contents: &[u8]) -> Result<PathBuf, Error> {
        let path = self.path_of(file_name)?;
        std::fs::write(&path, contents).map_err(|error| Error::io(&path, error))?;
        Ok(path)
    }
}

/// A path that cargo gives to build scripts.
pub(crate) fn variable(name: &str) -> Result<PathBuf, Error> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| Error::Environment(name.to_owned()))
}

pub(crate) fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

/// Code as text; `place` is what an error calls it.
pub(crate) fn format_code(place: &str, code: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(code).map_err(|source| Error::Syntax {
        place: place.to_owned(),
        source,
    })?;
    Ok(prettyplease::unparse(&file))
}
