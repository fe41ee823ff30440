//! The record of changes.

use std::time::SystemTime;

use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use super::statement::{all, execute, subject};
use crate::store::numbers::Numbered;
use crate::store::time::{from_micros, to_micros};
use crate::store::{Change, ChangeOutcome, ObjectKind, RecordedChange, StoreError};

/// Records what became of an object, in the transaction that changes it.
pub(super) fn record(
    connection: &Connection,
    change: &Change,
    (kind, object): (ObjectKind, Uuid),
    outcome: ChangeOutcome,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO changes (at, principal, subject_id, action, object, kind, outcome, request_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            to_micros(change.at),
            change.by.map(|by| i32::from(by.principal)),
            change.by.map(|by| by.id),
            change.action,
            object,
            kind.number(),
            outcome.number(),
            change.request_id,
        ],
    )?;
    Ok(())
}

/// Runs a `DELETE … RETURNING id` because of a change to another object, and records what it deletes; returns how
/// many objects those are.
pub(super) fn delete_along(
    connection: &Connection,
    change: &Change,
    kind: ObjectKind,
    sql: &str,
    params: impl Params,
) -> Result<u64, StoreError> {
    let deleted: Vec<Uuid> = all(connection, sql, params, |row| row.get(0))?;
    for object in &deleted {
        record(
            connection,
            change,
            (kind, *object),
            ChangeOutcome::DeletedAlong,
        )?;
    }
    Ok(deleted.len() as u64)
}

pub(super) fn list(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<RecordedChange>, StoreError> {
    all(
        connection,
        "SELECT sequence, at, principal, subject_id, action, object, kind, outcome, request_id
         FROM changes WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
        [
            i64::try_from(after).unwrap_or(i64::MAX),
            i64::try_from(limit).unwrap_or(i64::MAX),
        ],
        read,
    )
}

pub(super) fn forget(connection: &Connection, before: SystemTime) -> Result<u64, StoreError> {
    execute(
        connection,
        "DELETE FROM changes WHERE at < ?1",
        [to_micros(before)],
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<RecordedChange> {
    let by_operator = row.get::<_, Option<i32>>(2)?.is_none();
    Ok(RecordedChange {
        sequence: row.get::<_, i64>(0)?.unsigned_abs(),
        at: from_micros(row.get(1)?),
        by: if by_operator {
            None
        } else {
            Some(subject(row, 2)?)
        },
        action: row.get(4)?,
        object: row.get(5)?,
        kind: numbered(row, 6)?,
        outcome: numbered(row, 7)?,
        request_id: row.get(8)?,
    })
}

/// `None` for 0, which stands for what was recorded before there was the column.
fn numbered<T: Numbered>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let stored: i32 = row.get(column)?;
    if stored == 0 {
        return Ok(None);
    }
    T::from_number(stored).map(Some).ok_or_else(|| {
        let error = "what a change was made to, or what became of it, is not known";
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, error.into())
    })
}
