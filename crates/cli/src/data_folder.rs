//! The folder in which everything is kept, unless the store is in a database elsewhere.

use std::fs::DirBuilder;
use std::io;
use std::path::PathBuf;

use clap::Args;
use etcetera::BaseStrategy as _;

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

    /// The folder, which is made where it is missing, for this user only.
    pub(crate) fn make(&self) -> Result<PathBuf, Error> {
        let folder = self.path()?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let cannot = |reason: io::Error| Error::Folder {
            path: folder.clone(),
            reason,
        };
        builder.create(&folder).map_err(cannot)?;
        Ok(folder)
    }
}
