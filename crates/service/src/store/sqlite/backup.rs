//! Backups, made while the store is in use.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::SqliteTables;
use super::error::from_sqlite;
use super::mark;
use super::statement::execute;
use crate::store::StoreError;

impl SqliteTables {
    /// Writes the store, as it is at one moment, into a file that is empty or does not exist, and reads it through.
    /// What is not synced of it is up to the caller. Readers and writers go on meanwhile; the write-ahead log grows.
    ///
    /// ```
    /// use runner_configuration_service::store::StoreError;
    /// use runner_configuration_service::store::sqlite::SqliteOptions;
    ///
    /// fn back_up() -> Result<(), StoreError> {
    ///     let tables = SqliteOptions::new().open_tables("data/store.db")?;
    ///     tables.back_up("backup.db".as_ref())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::UnfinishedCopy`]; [`StoreError::Unavailable`] if the file can't be written; [`StoreError::Damaged`] if
    /// the store cannot be read.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let connection = self.connection();
        mark::refuse(connection)?;
        let Some(name) = to.to_str() else {
            return Err(StoreError::Io {
                path: to.display().to_string(),
                reason: "SQLite takes names in Unicode only; choose another name".into(),
            });
        };
        execute(connection, "VACUUM INTO ?1", [name])?;
        read_through(to)
    }
}

fn read_through(file: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let backup = Connection::open_with_flags(file, flags).map_err(from_sqlite)?;
    let finding: String = backup
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(from_sqlite)?;
    if finding == "ok" {
        Ok(())
    } else {
        Err(StoreError::damaged("its backup is malformed"))
    }
}
