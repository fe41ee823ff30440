//! The schema: which version a database has, and how it gets to the newest.

use super::error::Failure;
use super::pool::{Mode, Pool};
use super::session::{Session, column};
use crate::store::StoreError;
use crate::store::json_text::TABLES;
use uuid::Uuid;

/// Each takes the schema from the version that is its index to the next one. What was released is not changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_json.sql"),
];

/// The version from which on messages have JSON texts beside them.
const WITH_TEXTS: i32 = 2;

const NEWEST: i32 = MIGRATIONS.len() as i32;

/// One row: the version. Whoever migrates locks it.
const VERSION_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS runner_configuration_store (
        id      integer NOT NULL PRIMARY KEY CHECK (id = 1),
        version integer NOT NULL
    );
    INSERT INTO runner_configuration_store (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;";

/// Brings the schema to the newest version. Of several processes that do so at once, one migrates, and the others wait
/// and find it done.
pub(super) async fn migrate(pool: &Pool) -> Result<(), StoreError> {
    if pool
        .run(Mode::LookUp, (), |session, ()| Box::pin(inspect(session)))
        .await?
        == Some(NEWEST)
    {
        return Ok(());
    }
    // A transaction of its own: the row has to be there for others before it can be locked.
    pool.run(Mode::Change, (), |session, ()| {
        Box::pin(make_version_table(session))
    })
    .await?;
    pool.run(Mode::LongChange, (), |session, ()| Box::pin(apply(session)))
        .await
}

/// Whether there is a store in the database.
pub(super) async fn is_store(pool: &Pool) -> Result<bool, StoreError> {
    let version = pool
        .run(Mode::LookUp, (), |session, ()| Box::pin(inspect(session)))
        .await?;
    Ok(version.is_some())
}

/// The version that the database has, if it is a store.
async fn inspect(session: &Session) -> Result<Option<i32>, Failure> {
    let has = |table| has_table(session, table);
    if !has("runner_configuration_store").await? {
        if has("runners").await? || has("changes").await? {
            return Err(StoreError::Foreign {
                what: "the database belongs to another program".into(),
            }
            .into());
        }
        return Ok(None);
    }
    version(session, "").await
}

async fn make_version_table(session: &Session) -> Result<(), Failure> {
    match session.script(VERSION_TABLE).await {
        // Of several that make a table at once, one may fail, although it would do with what the other made.
        Err(Failure::Final(StoreError::DuplicateId | StoreError::Damaged { .. })) => {
            Err(Failure::Conflict)
        }
        made => made,
    }
}

async fn apply(session: &Session) -> Result<(), Failure> {
    let Some(version) = version(session, "FOR UPDATE").await? else {
        return Err(Failure::Conflict);
    };
    if version == NEWEST {
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(version.unsigned_abs() as usize) {
        session.script(migration).await?;
    }
    if version < WITH_TEXTS {
        derive_texts(session).await?;
    }
    let sql = "UPDATE runner_configuration_store SET version = $1 WHERE id = 1";
    session.execute(sql, &[&NEWEST]).await?;
    Ok(())
}

/// Derives the JSON texts of all messages that have none.
async fn derive_texts(session: &Session) -> Result<(), Failure> {
    for (table, derive) in TABLES {
        let select = format!(
            "SELECT o.id, o.message FROM {table} o
             WHERE o.json IS NULL AND o.id > $1 ORDER BY o.id LIMIT 1000"
        );
        let update = format!(
            "UPDATE {table} AS o SET json = derived.json
             FROM unnest($1::uuid[], $2::bytea[]) AS derived (id, json) WHERE o.id = derived.id"
        );
        let mut after = Uuid::nil();
        loop {
            let rows = session.rows(&select, &[&after]).await?;
            let (mut ids, mut texts) = (Vec::new(), Vec::new());
            for row in &rows {
                ids.push(column::<Uuid>(row, 0)?);
                texts.push(derive(column(row, 1)?));
            }
            let Some(last) = ids.last() else {
                break;
            };
            after = *last;
            session.execute(&update, &[&ids, &texts]).await?;
        }
    }
    Ok(())
}

async fn version(session: &Session, lock: &str) -> Result<Option<i32>, Failure> {
    let sql = format!("SELECT version FROM runner_configuration_store WHERE id = 1 {lock}");
    let version: Option<i32> = session.find(&sql, &[], |row| column(row, 0)).await?;
    match version {
        Some(found) if found > NEWEST => Err(StoreError::NewerVersion {
            found: found.unsigned_abs(),
            supported: NEWEST.unsigned_abs(),
        }
        .into()),
        version => Ok(version),
    }
}

pub(super) async fn has_table(session: &Session, name: &str) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM information_schema.tables
               WHERE table_schema = current_schema() AND table_name = $1::text";
    session.exists(sql, &[&name]).await
}
