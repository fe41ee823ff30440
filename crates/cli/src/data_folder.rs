//! The folder in which everything is kept.

use std::path::{Path, PathBuf};

use clap::Args;
use etcetera::BaseStrategy as _;
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteStore};

use crate::error::Error;

#[derive(Debug, Args)]
pub(crate) struct DataFolder {
    /// Folder of the store and the keys [default: runnerconf in the user's data folder, on Linux
    /// ~/.local/share/runnerconf]
    #[arg(long = "data", value_name = "DIR")]
    chosen: Option<PathBuf>,
}

impl DataFolder {
    /// The folder, as an absolute path.
    pub(crate) fn path(&self) -> Result<PathBuf, Error> {
        let folder = match &self.chosen {
            Some(folder) => folder.clone(),
            None => etcetera::choose_base_strategy()
                .map_err(|_| Error::NoHome)?
                .data_dir()
                .join("runnerconf"),
        };
        std::path::absolute(folder).map_err(Error::Start)
    }
}

/// Opens the store of this folder; makes both where they are missing.
pub(crate) fn open_store(folder: &Path) -> Result<SqliteStore, Error> {
    let file = folder.join(FILE_NAME);
    SqliteStore::open(&file).map_err(|error| Error::open(&file, error))
}

/// Opens the store of this folder, which has to be there: a mistyped folder is not to become an empty store.
pub(crate) fn open_existing_store(folder: &Path) -> Result<SqliteStore, Error> {
    // Anything but a clear "no" is left to the store, which says more about it.
    if matches!(folder.join(FILE_NAME).try_exists(), Ok(false)) {
        return Err(Error::NoStore(folder.to_owned()));
    }
    open_store(folder)
}
