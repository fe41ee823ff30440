//! The record of changes.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::statement::{all, execute, subject};
use super::time::{from_micros, to_micros};
use crate::store::{Change, RecordedChange, StoreError};

/// Records that `object` was changed, in the transaction that changes it.
pub(super) fn record(
    connection: &Connection,
    change: &Change,
    object: Uuid,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO changes (at, principal, subject_id, action, object)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            to_micros(change.at),
            change.by.map(|by| i32::from(by.principal)),
            change.by.map(|by| by.id),
            change.action,
            object,
        ],
    )?;
    Ok(())
}

pub(super) fn list(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<RecordedChange>, StoreError> {
    all(
        connection,
        "SELECT sequence, at, principal, subject_id, action, object FROM changes
         WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
        [
            i64::try_from(after).unwrap_or(i64::MAX),
            i64::try_from(limit).unwrap_or(i64::MAX),
        ],
        read,
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
    })
}
