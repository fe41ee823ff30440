//! The mark of an unfinished copy: a table of its own, with one row.

use super::error::Failure;
use super::migrate::has_table;
use super::pool::{Mode, Pool};
use super::session::{Session, column};
use crate::store::StoreError;
use crate::store::tables::Mark;

/// Refuses a store that is an unfinished copy.
pub(super) async fn refuse(pool: &Pool) -> Result<(), StoreError> {
    match read(pool).await? {
        None => Ok(()),
        Some(mark) => Err(StoreError::UnfinishedCopy {
            source_name: mark.source,
        }),
    }
}

pub(super) async fn read(pool: &Pool) -> Result<Option<Mark>, StoreError> {
    pool.run(Mode::LookUp, (), |session, ()| Box::pin(look(session)))
        .await
}

pub(super) async fn set(pool: &Pool, mark: &Mark) -> Result<(), StoreError> {
    pool.run(Mode::Change, mark, |session, mark| {
        Box::pin(async move {
            let table = Mark::TABLE;
            let create = format!(
                "CREATE TABLE IF NOT EXISTS {table} (source text NOT NULL, state bytea NOT NULL)"
            );
            session.script(&create).await?;
            let insert = format!("INSERT INTO {table} (source, state) VALUES ($1, $2)");
            session
                .execute(&insert, &[&mark.source, &mark.state.as_slice()])
                .await?;
            Ok(())
        })
    })
    .await
}

pub(super) async fn clear(pool: &Pool) -> Result<(), StoreError> {
    pool.run(Mode::Change, (), |session, ()| {
        Box::pin(async move {
            let drop = format!("DROP TABLE {}", Mark::TABLE);
            session.script(&drop).await
        })
    })
    .await
}

async fn look(session: &Session) -> Result<Option<Mark>, Failure> {
    if !has_table(session, Mark::TABLE).await? {
        return Ok(None);
    }
    let sql = format!("SELECT source, state FROM {}", Mark::TABLE);
    let read = |row: &_| Ok(Mark::from_columns(column(row, 0)?, column(row, 1)?)?);
    session.find(&sql, &[], read).await
}
