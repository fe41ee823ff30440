//! API keys.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::statement::{all, execute, exists, find, subject};
use super::{changes, runners};
use crate::store::numbers::Numbered as _;
use crate::store::time::{from_micros, to_micros};
use crate::store::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, ChangeOutcome, KeyHash, ObjectKind, Role,
    StoreError, SubjectKey,
};

pub(super) fn set_admin(
    connection: &Connection,
    change: &Change,
    hash: KeyHash,
    subject: SubjectKey,
) -> Result<(), StoreError> {
    let hash = hash.into_bytes();
    let is_set = exists(
        connection,
        "SELECT 1 FROM api_keys
         WHERE id = ?1 AND hash = ?2 AND principal = ?3 AND subject_id = ?4 AND revoked_at IS NULL",
        params![
            ApiKey::ADMIN,
            hash,
            i32::from(subject.principal),
            subject.id
        ],
    )?;
    if is_set {
        return Ok(());
    }
    let is_taken = exists(
        connection,
        "SELECT 1 FROM api_keys WHERE hash = ?1 AND id <> ?2",
        params![hash, ApiKey::ADMIN],
    )?;
    if is_taken {
        return Err(StoreError::admin_key_taken());
    }
    execute(
        connection,
        "INSERT INTO api_keys (id, hash, name, role, principal, subject_id, read_only, created_at)
         VALUES (?1, ?2, 'admin key', ?3, ?4, ?5, 0, ?6)
         ON CONFLICT (id) DO UPDATE SET
             hash = excluded.hash, name = excluded.name, principal = excluded.principal,
             subject_id = excluded.subject_id, created_at = excluded.created_at, revoked_at = NULL",
        params![
            ApiKey::ADMIN,
            hash,
            Role::Admin.number(),
            i32::from(subject.principal),
            subject.id,
            to_micros(change.at),
        ],
    )?;
    let key = (ObjectKind::ApiKey, ApiKey::ADMIN);
    changes::record(connection, change, key, ChangeOutcome::Created)
}

pub(super) fn create(
    connection: &Connection,
    change: &Change,
    key: &ApiKey,
    hash: KeyHash,
) -> Result<ApiKeyCreated, StoreError> {
    let hash = hash.into_bytes();
    if key.role == Role::Runner && !runners::is_there(connection, key.subject.id)? {
        return Ok(ApiKeyCreated::RunnerNotFound);
    }
    if exists(connection, "SELECT 1 FROM api_keys WHERE hash = ?1", [hash])? {
        return Ok(ApiKeyCreated::Taken);
    }
    execute(
        connection,
        "INSERT INTO api_keys (id, hash, name, role, principal, subject_id, read_only, created_at,
                               expires_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            key.id,
            hash,
            key.name,
            key.role.number(),
            i32::from(key.subject.principal),
            key.subject.id,
            key.read_only,
            to_micros(key.created_at),
            key.expires_at.map(to_micros),
            key.revoked_at.map(to_micros),
        ],
    )?;
    let created = (ObjectKind::ApiKey, key.id);
    changes::record(connection, change, created, ChangeOutcome::Created)?;
    Ok(ApiKeyCreated::Done)
}

pub(super) fn get(connection: &Connection, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
    let found = find(
        connection,
        "SELECT id, name, role, principal, subject_id, read_only, created_at, expires_at,
                revoked_at, hash
         FROM api_keys WHERE hash = ?1",
        [hash.into_bytes()],
        |row| Ok((read(row)?, KeyHash::from(row.get::<_, [u8; 32]>(9)?))),
    )?;
    // The index compares hashes, of which nobody knows the key of one that begins alike; this is for whoever changes
    // the query.
    Ok(found
        .filter(|(_, stored)| stored.same(&hash).into())
        .map(|(key, _)| key))
}

pub(super) fn list(connection: &Connection) -> Result<Vec<ApiKey>, StoreError> {
    all(
        connection,
        "SELECT id, name, role, principal, subject_id, read_only, created_at, expires_at, revoked_at
         FROM api_keys ORDER BY id",
        [],
        read,
    )
}

pub(super) fn revoke(
    connection: &Connection,
    change: &Change,
    id: Uuid,
) -> Result<ApiKeyRevoked, StoreError> {
    let revoked = execute(
        connection,
        "UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id, to_micros(change.at)],
    )?;
    if revoked == 1 {
        let key = (ObjectKind::ApiKey, id);
        changes::record(connection, change, key, ChangeOutcome::Revoked)?;
        Ok(ApiKeyRevoked::Done)
    } else if exists(connection, "SELECT 1 FROM api_keys WHERE id = ?1", [id])? {
        Ok(ApiKeyRevoked::Already)
    } else {
        Ok(ApiKeyRevoked::NotFound)
    }
}

/// Revokes all keys of a runner that is removed.
pub(super) fn revoke_of_runner(
    connection: &Connection,
    change: &Change,
    runner: Uuid,
) -> Result<(), StoreError> {
    let revoked: Vec<Uuid> = all(
        connection,
        "UPDATE api_keys SET revoked_at = ?3
         WHERE role = ?1 AND subject_id = ?2 AND revoked_at IS NULL RETURNING id",
        params![Role::Runner.number(), runner, to_micros(change.at)],
        |row| row.get(0),
    )?;
    for id in revoked {
        let key = (ObjectKind::ApiKey, id);
        changes::record(connection, change, key, ChangeOutcome::Revoked)?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        role: role(row.get(2)?)?,
        subject: subject(row, 3)?,
        read_only: row.get(5)?,
        created_at: from_micros(row.get(6)?),
        expires_at: row.get::<_, Option<i64>>(7)?.map(from_micros),
        revoked_at: row.get::<_, Option<i64>>(8)?.map(from_micros),
    })
}

fn role(stored: i32) -> rusqlite::Result<Role> {
    Role::from_number(stored).ok_or_else(|| {
        let error = format!("{stored} is no role");
        rusqlite::Error::FromSqlConversionFailure(2, Type::Integer, error.into())
    })
}
