//! Runners.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::statement::{all, count, enumeration, execute, exists, find};
use super::{changes, keys};
use crate::store::{
    Change, ChangeOutcome, Encoded, ObjectCounts, ObjectKind, Runner, RunnerPut, RunnerRemoved,
    StoreError,
};

pub(super) fn get(connection: &Connection, id: Uuid) -> Result<Option<Runner>, StoreError> {
    find(
        connection,
        "SELECT id, name, kind, provider, public_key, schema FROM runners WHERE id = ?1",
        [id],
        read,
    )
}

pub(super) fn list(connection: &Connection) -> Result<Vec<Runner>, StoreError> {
    all(
        connection,
        "SELECT id, name, kind, provider, public_key, schema FROM runners ORDER BY id",
        [],
        read,
    )
}

/// Whether there is such a runner, to create something for it in the same transaction.
pub(super) fn is_there(connection: &Connection, id: Uuid) -> Result<bool, StoreError> {
    exists(connection, "SELECT 1 FROM runners WHERE id = ?1", [id])
}

pub(super) fn put(
    connection: &Connection,
    change: &Change,
    runner: &Runner,
) -> Result<RunnerPut, StoreError> {
    let outcome = match get(connection, runner.id)? {
        None => RunnerPut::Created,
        Some(current) if current == *runner => return Ok(RunnerPut::Unchanged),
        Some(_) => RunnerPut::Updated,
    };
    execute(
        connection,
        "INSERT INTO runners (id, name, kind, provider, registered, public_key, schema)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, kind = excluded.kind, provider = excluded.provider,
             registered = excluded.registered, public_key = excluded.public_key,
             schema = excluded.schema",
        params![
            runner.id,
            runner.name,
            i32::from(runner.kind),
            i32::from(runner.provider),
            runner.schema.is_some(),
            runner.public_key,
            runner.schema.as_ref().map(Encoded::as_bytes),
        ],
    )?;
    let recorded = match outcome {
        RunnerPut::Created => ChangeOutcome::Created,
        RunnerPut::Updated | RunnerPut::Unchanged => ChangeOutcome::Updated,
    };
    changes::record(
        connection,
        change,
        (ObjectKind::Runner, runner.id),
        recorded,
    )?;
    Ok(outcome)
}

pub(super) fn remove(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    force: bool,
) -> Result<RunnerRemoved, StoreError> {
    if !is_there(connection, id)? {
        return Ok(RunnerRemoved::NotFound);
    }
    let objects = count_objects(connection, id)?;
    if objects.total() > 0 {
        if !force {
            return Ok(RunnerRemoved::HasObjects(objects));
        }
        remove_objects(connection, change, id)?;
    }
    keys::revoke_of_runner(connection, change, id)?;
    execute(connection, "DELETE FROM runners WHERE id = ?1", [id])?;
    let runner = (ObjectKind::Runner, id);
    changes::record(connection, change, runner, ChangeOutcome::Deleted)?;
    Ok(RunnerRemoved::Done(objects))
}

fn count_objects(connection: &Connection, id: Uuid) -> Result<ObjectCounts, StoreError> {
    let count = |sql| count(connection, sql, [id]);
    Ok(ObjectCounts {
        environment_classes: count(
            "SELECT count(*) FROM environment_classes WHERE runner_id = ?1",
        )?,
        host_authentication_tokens: count(
            "SELECT count(*) FROM host_authentication_tokens WHERE runner_id = ?1",
        )?,
        scm_integrations: count("SELECT count(*) FROM scm_integrations WHERE runner_id = ?1")?,
        llm_integrations: count("SELECT count(*) FROM llm_integrations WHERE runner_id = ?1")?,
    })
}

/// Tokens go before the integrations that they refer to.
fn remove_objects(connection: &Connection, change: &Change, id: Uuid) -> Result<(), StoreError> {
    for (kind, sql) in [
        (
            ObjectKind::HostAuthenticationToken,
            "DELETE FROM host_authentication_tokens WHERE runner_id = ?1 RETURNING id",
        ),
        (
            ObjectKind::ScmIntegration,
            "DELETE FROM scm_integrations WHERE runner_id = ?1 RETURNING id",
        ),
        (
            ObjectKind::LlmIntegration,
            "DELETE FROM llm_integrations WHERE runner_id = ?1 RETURNING id",
        ),
        (
            ObjectKind::EnvironmentClass,
            "DELETE FROM environment_classes WHERE runner_id = ?1 RETURNING id",
        ),
    ] {
        changes::delete_along(connection, change, kind, sql, [id])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Runner> {
    Ok(Runner {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: enumeration(row, 2)?,
        provider: enumeration(row, 3)?,
        public_key: row.get(4)?,
        schema: row.get::<_, Option<Vec<u8>>>(5)?.map(Encoded::from_bytes),
    })
}
