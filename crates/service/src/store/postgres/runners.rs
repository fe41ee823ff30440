//! Runners.
//!
//! Locks: whatever is created for a runner holds its row `FOR KEY SHARE` until it is committed ([`hold`]), and removing
//! it takes the row `FOR UPDATE`. So a removal waits for what is being created and then sees it, and what comes after it
//! finds no runner. Changing a runner takes its row `FOR NO KEY UPDATE`, which gets in the way of neither.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, both, column, enumeration, hash};
use super::{changes, keys};
use crate::store::{
    Change, ChangeOutcome, Encoded, ObjectCounts, ObjectKind, Runner, RunnerPut, RunnerRemoved,
};

const KIND: ObjectKind = ObjectKind::Runner;

pub(super) async fn get(session: &Session, id: Uuid) -> Result<Option<Runner>, Failure> {
    let sql = "SELECT id, name, kind, provider, public_key, schema FROM runners WHERE id = $1";
    session.find(sql, &[&id], read).await
}

pub(super) async fn list(session: &Session) -> Result<Vec<Runner>, Failure> {
    let sql = "SELECT id, name, kind, provider, public_key, schema FROM runners ORDER BY id";
    session.all(sql, &[], read).await
}

/// Whether there is such a runner; if so, it stays until the end of the transaction.
pub(super) async fn hold(session: &Session, id: Uuid) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM runners WHERE id = $1 FOR KEY SHARE";
    session.exists(sql, &[&id]).await
}

pub(super) async fn put(
    session: &Session,
    change: &Change,
    runner: &Runner,
) -> Result<RunnerPut, Failure> {
    let sql = "SELECT id, name, kind, provider, public_key, schema FROM runners
               WHERE id = $1 FOR NO KEY UPDATE";
    let (outcome, recorded, sql) = match session.find(sql, &[&runner.id], read).await? {
        Some(current) if current == *runner => return Ok(RunnerPut::Unchanged),
        Some(_) => (
            RunnerPut::Updated,
            ChangeOutcome::Updated,
            "UPDATE runners SET name = $2, kind = $3, provider = $4, registered = $5,
                                public_key = $6, schema = $7
             WHERE id = $1",
        ),
        None => (
            RunnerPut::Created,
            ChangeOutcome::Created,
            "INSERT INTO runners (id, name, kind, provider, registered, public_key, schema)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        ),
    };
    let put = session
        .execute(
            sql,
            &[
                &runner.id,
                &runner.name,
                &i32::from(runner.kind),
                &i32::from(runner.provider),
                &runner.schema.is_some(),
                &runner.public_key.as_ref().map(<[u8; 32]>::as_slice),
                &runner.schema.as_ref().map(Encoded::as_bytes),
            ],
        )
        .await?;
    if put == 0 {
        // Somebody else created it meanwhile.
        return Err(Failure::Conflict);
    }
    changes::record(session, change, (KIND, runner.id), recorded).await?;
    Ok(outcome)
}

pub(super) async fn remove(
    session: &Session,
    change: &Change,
    id: Uuid,
    force: bool,
) -> Result<RunnerRemoved, Failure> {
    let sql = "SELECT 1 FROM runners WHERE id = $1 FOR UPDATE";
    if !session.exists(sql, &[&id]).await? {
        return Ok(RunnerRemoved::NotFound);
    }
    let objects = count_objects(session, id).await?;
    if objects.total() > 0 {
        if !force {
            return Ok(RunnerRemoved::HasObjects(objects));
        }
        remove_objects(session, change, id).await?;
    }
    keys::revoke_of_runner(session, change, id).await?;
    both(
        session.execute("DELETE FROM runners WHERE id = $1", &[&id]),
        changes::record(session, change, (KIND, id), ChangeOutcome::Deleted),
    )
    .await?;
    Ok(RunnerRemoved::Done(objects))
}

async fn count_objects(session: &Session, id: Uuid) -> Result<ObjectCounts, Failure> {
    let sql = "SELECT (SELECT count(*) FROM environment_classes WHERE runner_id = $1),
                      (SELECT count(*) FROM host_authentication_tokens WHERE runner_id = $1),
                      (SELECT count(*) FROM scm_integrations WHERE runner_id = $1),
                      (SELECT count(*) FROM llm_integrations WHERE runner_id = $1)";
    let counts = session
        .find(sql, &[&id], |row| {
            let count = |place| column::<i64>(row, place).map(i64::unsigned_abs);
            Ok(ObjectCounts {
                environment_classes: count(0)?,
                host_authentication_tokens: count(1)?,
                scm_integrations: count(2)?,
                llm_integrations: count(3)?,
            })
        })
        .await?;
    Ok(counts.unwrap_or_default())
}

/// Tokens go before the integrations that they refer to.
async fn remove_objects(session: &Session, change: &Change, id: Uuid) -> Result<(), Failure> {
    for (kind, sql) in [
        (
            ObjectKind::HostAuthenticationToken,
            "DELETE FROM host_authentication_tokens WHERE runner_id = $8 RETURNING id",
        ),
        (
            ObjectKind::ScmIntegration,
            "DELETE FROM scm_integrations WHERE runner_id = $8 RETURNING id",
        ),
        (
            ObjectKind::LlmIntegration,
            "DELETE FROM llm_integrations WHERE runner_id = $8 RETURNING id",
        ),
        (
            ObjectKind::EnvironmentClass,
            "DELETE FROM environment_classes WHERE runner_id = $8 RETURNING id",
        ),
    ] {
        let outcome = ChangeOutcome::DeletedAlong;
        changes::record_all(session, change, (kind, outcome), sql, &[&id]).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<Runner, Failure> {
    Ok(Runner {
        id: column(row, 0)?,
        name: column(row, 1)?,
        kind: enumeration(row, 2)?,
        provider: enumeration(row, 3)?,
        public_key: column::<Option<&[u8]>>(row, 4)?.map(hash).transpose()?,
        schema: column::<Option<Vec<u8>>>(row, 5)?.map(Encoded::from_bytes),
    })
}
