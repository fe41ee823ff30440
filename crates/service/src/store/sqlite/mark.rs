//! The mark of an unfinished copy: a table of its own, with one row.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{from_commit, from_sqlite};
use super::statement::{execute, exists, find};
use crate::store::StoreError;
use crate::store::tables::Mark;

/// Refuses a store that is an unfinished copy.
pub(super) fn refuse(connection: &Connection) -> Result<(), StoreError> {
    match read(connection)? {
        None => Ok(()),
        Some(mark) => Err(StoreError::UnfinishedCopy {
            source_name: mark.source,
        }),
    }
}

pub(super) fn read(connection: &Connection) -> Result<Option<Mark>, StoreError> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE name = ?1";
    if !exists(connection, sql, [Mark::TABLE])? {
        return Ok(None);
    }
    let sql = format!("SELECT source, state FROM {}", Mark::TABLE);
    let found = find(connection, &sql, [], |row| {
        Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    found
        .map(|(source, state)| Mark::from_columns(source, &state))
        .transpose()
}

pub(super) fn set(connection: &Connection, mark: &Mark) -> Result<(), StoreError> {
    let table = Mark::TABLE;
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
        .map_err(from_sqlite)?;
    let sql = format!("CREATE TABLE {table} (source TEXT NOT NULL, state BLOB NOT NULL) STRICT");
    execute(&transaction, &sql, [])?;
    let sql = format!("INSERT INTO {table} (source, state) VALUES (?1, ?2)");
    execute(
        &transaction,
        &sql,
        rusqlite::params![mark.source, mark.state],
    )?;
    transaction.commit().map_err(from_commit)
}

pub(super) fn clear(connection: &Connection) -> Result<(), StoreError> {
    execute(connection, &format!("DROP TABLE {}", Mark::TABLE), []).map(drop)
}
