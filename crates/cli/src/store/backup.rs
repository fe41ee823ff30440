//! `runnerconf store backup`.

use std::io;
use std::path::{Path, PathBuf};

use runner_configuration_service::store::StoreError;
use runner_configuration_service::store::sqlite::SqliteOptions;
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::output;
use crate::place::{Place, StoreArguments};
use crate::secret_file::sync_folder;

/// Backs up a store in SQLite into one file, while servers go on.
///
/// The file holds the store as it was at one moment, for this user only. It appears when it is complete, read through and
/// on the disk. To restore it, stop the server, remove the files store.db, store.db-wal and store.db-shm of the data folder,
/// and put it there as store.db; or serve it with --database sqlite://FILE.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf store backup --to /var/backups/runnerconf-$(date +%F).db")]
pub(super) struct Arguments {
    /// The file, which must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let file = match arguments.store.place()? {
        Place::Sqlite(file) => file,
        Place::Postgres(_) => return Err(Error::BackupOfDatabase),
    };
    if matches!(file.try_exists(), Ok(false)) {
        return Err(Error::NoStoreFile {
            path: file,
            option: "--data or --database",
        });
    }
    let to = &arguments.to;
    // Before the work; in the end it is made sure of.
    if matches!(to.try_exists(), Ok(true)) {
        return Err(Error::BackupExists(to.clone()));
    }
    back_up(&file, to)?;
    output::line(format_args!("backed up to {}", to.display()))
}

fn back_up(file: &Path, to: &Path) -> Result<(), Error> {
    let cannot = |reason: io::Error| Error::Backup {
        path: to.to_owned(),
        reason: reason.into(),
    };
    let tables = SqliteOptions::new().open_tables(file);
    let tables = tables.map_err(|error| Error::open(file, error))?;
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Its mode is 0600.
    let backup = NamedTempFile::new_in(folder).map_err(cannot)?;
    tables.back_up(backup.path()).map_err(|error| match error {
        StoreError::UnfinishedCopy { .. } => Error::open(file, error),
        error => Error::Backup {
            path: to.to_owned(),
            reason: error.into(),
        },
    })?;
    backup.as_file().sync_all().map_err(cannot)?;
    match backup.persist_noclobber(to) {
        Ok(_) => sync_folder(folder).map_err(cannot),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::BackupExists(to.to_owned()))
        }
        Err(error) => Err(cannot(error.error)),
    }
}
