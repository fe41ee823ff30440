//! The record of changes.

use std::time::SystemTime;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, column, subject};
use crate::store::numbers::Numbered;
use crate::store::time::{from_micros, to_micros};
use crate::store::{Change, ChangeOutcome, ObjectKind, RecordedChange, StoreError};

/// Records what became of an object, in the transaction that changes it.
pub(super) async fn record(
    session: &Session,
    change: &Change,
    (kind, object): (ObjectKind, Uuid),
    outcome: ChangeOutcome,
) -> Result<(), Failure> {
    session
        .execute(
            "INSERT INTO changes
                 (at, principal, subject_id, action, object, kind, outcome, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &to_micros(change.at),
                &change.by.map(|by| i32::from(by.principal)),
                &change.by.map(|by| by.id),
                &change.action,
                &object,
                &kind.number(),
                &outcome.number(),
                &change.request_id,
            ],
        )
        .await?;
    Ok(())
}

/// Runs a `DELETE` or `UPDATE` with `RETURNING id`, and records what became of what it met, all in one statement;
/// returns how many objects those are. `params` are those of the statement, which are numbered from 8 on.
pub(super) async fn record_all(
    session: &Session,
    change: &Change,
    (kind, outcome): (ObjectKind, ChangeOutcome),
    statement: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<u64, Failure> {
    let sql = format!(
        "WITH met AS ({statement})
         INSERT INTO changes (at, principal, subject_id, action, kind, outcome, request_id, object)
         SELECT $1, $2, $3, $4, $5, $6, $7, met.id FROM met ORDER BY met.id"
    );
    let (at, kind, outcome) = (to_micros(change.at), kind.number(), outcome.number());
    let principal = change.by.map(|by| i32::from(by.principal));
    let subject_id = change.by.map(|by| by.id);
    let mut all: Vec<&(dyn ToSql + Sync)> = vec![
        &at,
        &principal,
        &subject_id,
        &change.action,
        &kind,
        &outcome,
        &change.request_id,
    ];
    all.extend(params);
    session.execute(&sql, &all).await
}

pub(super) async fn list(
    session: &Session,
    after: u64,
    limit: usize,
) -> Result<Vec<RecordedChange>, Failure> {
    session
        .all(
            "SELECT sequence, at, principal, subject_id, action, object, kind, outcome, request_id
             FROM changes WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            &[
                &i64::try_from(after).unwrap_or(i64::MAX),
                &i64::try_from(limit).unwrap_or(i64::MAX),
            ],
            read,
        )
        .await
}

pub(super) async fn forget(session: &Session, before: SystemTime) -> Result<u64, Failure> {
    let sql = "DELETE FROM changes WHERE at < $1";
    session.execute(sql, &[&to_micros(before)]).await
}

fn read(row: &Row) -> Result<RecordedChange, Failure> {
    let by_operator = column::<Option<i32>>(row, 2)?.is_none();
    Ok(RecordedChange {
        sequence: column::<i64>(row, 0)?.unsigned_abs(),
        at: from_micros(column(row, 1)?),
        by: if by_operator {
            None
        } else {
            Some(subject(row, 2)?)
        },
        action: column(row, 4)?,
        object: column(row, 5)?,
        kind: numbered(row, 6)?,
        outcome: numbered(row, 7)?,
        request_id: column(row, 8)?,
    })
}

/// `None` for 0: copied from a store that was written before this was recorded.
fn numbered<T: Numbered>(row: &Row, place: usize) -> Result<Option<T>, Failure> {
    match column(row, place)? {
        0 => Ok(None),
        stored => T::from_number(stored).map(Some).ok_or_else(|| {
            StoreError::damaged("a change is recorded with a number without a meaning").into()
        }),
    }
}
