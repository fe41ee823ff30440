//! Running prepared statements, which each connection keeps.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row};

use super::error::from_sqlite;
use crate::store::{KeyFingerprint, StoreError, SubjectKey};

/// Runs a statement that returns nothing; returns how many rows it changed.
pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<u64, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map(|rows| rows as u64)
        .map_err(from_sqlite)
}

/// Reads the first row, if there is one.
pub(super) fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let find = || {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    };
    find().map_err(from_sqlite)
}

/// Reads all rows.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let all = || {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    };
    all().map_err(from_sqlite)
}

/// Whether there is a row.
pub(super) fn exists(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<bool, StoreError> {
    find(connection, sql, params, |_| Ok(())).map(|row| row.is_some())
}

/// The number in the only column of the only row.
pub(super) fn count(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<u64, StoreError> {
    find(connection, sql, params, |row| row.get::<_, i64>(0))
        .map(|count| count.unwrap_or_default().unsigned_abs())
}

/// Reads a protobuf enumeration.
pub(super) fn enumeration<E: TryFrom<i32>>(row: &Row<'_>, column: usize) -> rusqlite::Result<E> {
    let number: i32 = row.get(column)?;
    E::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number.into()))
}

/// Reads a subject from two columns: principal and id.
pub(super) fn subject(row: &Row<'_>, column: usize) -> rusqlite::Result<SubjectKey> {
    Ok(SubjectKey {
        principal: enumeration(row, column)?,
        id: row.get(column + 1)?,
    })
}

impl ToSql for KeyFingerprint {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for KeyFingerprint {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        let hash = bytes
            .try_into()
            .map_err(|_| FromSqlError::InvalidBlobSize {
                expected_size: 32,
                blob_size: bytes.len(),
            })?;
        Ok(Self(hash))
    }
}
