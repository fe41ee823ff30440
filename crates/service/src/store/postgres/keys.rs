//! API keys.
//!
//! Locks: setting the admin key takes its row; creating a key of a runner holds the runner, so that a removal sees, and
//! revokes, all keys that it has; the unique index of hashes decides between equal keys.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, column, hash as bytes32, subject};
use super::{changes, runners};
use crate::store::numbers::Numbered as _;
use crate::store::time::{from_micros, to_micros};
use crate::store::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, ChangeOutcome, KeyHash, ObjectKind, Role,
    StoreError, SubjectKey,
};

const KIND: ObjectKind = ObjectKind::ApiKey;

pub(super) async fn set_admin(
    session: &Session,
    change: &Change,
    hash: KeyHash,
    subject: SubjectKey,
) -> Result<(), Failure> {
    let hash = hash.into_bytes();
    let principal = i32::from(subject.principal);
    // Whether it is set already, if there is one.
    let sql =
        "SELECT k.hash = $2 AND k.principal = $3 AND k.subject_id = $4 AND k.revoked_at IS NULL
               FROM api_keys k WHERE k.id = $1 FOR NO KEY UPDATE";
    let is_set = session
        .find(
            sql,
            &[&ApiKey::ADMIN, &hash.as_slice(), &principal, &subject.id],
            |row| column(row, 0),
        )
        .await?;
    let sql = match is_set {
        Some(true) => return Ok(()),
        Some(false) => {
            "UPDATE api_keys
             SET hash = $2, name = 'admin key', role = $3, principal = $4, subject_id = $5,
                 created_at = $6, revoked_at = NULL
             WHERE id = $1 AND NOT EXISTS (SELECT FROM api_keys WHERE hash = $2 AND id <> $1)"
        }
        None => {
            "INSERT INTO api_keys
                 (id, hash, name, role, principal, subject_id, read_only, created_at)
             VALUES ($1, $2, 'admin key', $3, $4, $5, false, $6) ON CONFLICT DO NOTHING"
        }
    };
    let set = session
        .execute(
            sql,
            &[
                &ApiKey::ADMIN,
                &hash.as_slice(),
                &Role::Admin.number(),
                &principal,
                &subject.id,
                &to_micros(change.at),
            ],
        )
        .await?;
    if set == 0 {
        let sql = "SELECT 1 FROM api_keys WHERE hash = $1 AND id <> $2";
        if session
            .exists(sql, &[&hash.as_slice(), &ApiKey::ADMIN])
            .await?
        {
            return Err(StoreError::admin_key_taken().into());
        }
        // Another replica was faster, with the same hash or another.
        return Err(Failure::Conflict);
    }
    let object = (KIND, ApiKey::ADMIN);
    changes::record(session, change, object, ChangeOutcome::Created).await
}

pub(super) async fn create(
    session: &Session,
    change: &Change,
    key: &ApiKey,
    hash: KeyHash,
) -> Result<ApiKeyCreated, Failure> {
    if key.role == Role::Runner && !runners::hold(session, key.subject.id).await? {
        return Ok(ApiKeyCreated::RunnerNotFound);
    }
    let created = session
        .execute(
            "INSERT INTO api_keys (id, hash, name, role, principal, subject_id, read_only,
                                   created_at, expires_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (hash) DO NOTHING",
            &[
                &key.id,
                &hash.into_bytes().as_slice(),
                &key.name,
                &key.role.number(),
                &i32::from(key.subject.principal),
                &key.subject.id,
                &key.read_only,
                &to_micros(key.created_at),
                &key.expires_at.map(to_micros),
                &key.revoked_at.map(to_micros),
            ],
        )
        .await?;
    if created == 0 {
        return Ok(ApiKeyCreated::Taken);
    }
    changes::record(session, change, (KIND, key.id), ChangeOutcome::Created).await?;
    Ok(ApiKeyCreated::Done)
}

pub(super) async fn get(session: &Session, hash: KeyHash) -> Result<Option<ApiKey>, Failure> {
    let sql = "SELECT id, name, role, principal, subject_id, read_only, created_at, expires_at,
                      revoked_at, hash
               FROM api_keys WHERE hash = $1";
    let found = session
        .find(sql, &[&hash.into_bytes().as_slice()], |row| {
            Ok((read(row)?, KeyHash::from(bytes32(column(row, 9)?)?)))
        })
        .await?;
    // The index compares hashes, of which nobody knows the key of one that begins alike; this is for whoever changes
    // the query.
    Ok(found
        .filter(|(_, stored)| stored.same(&hash).into())
        .map(|(key, _)| key))
}

pub(super) async fn list(session: &Session) -> Result<Vec<ApiKey>, Failure> {
    let sql = "SELECT id, name, role, principal, subject_id, read_only, created_at, expires_at,
                      revoked_at
               FROM api_keys ORDER BY id";
    session.all(sql, &[], read).await
}

pub(super) async fn revoke(
    session: &Session,
    change: &Change,
    id: Uuid,
) -> Result<ApiKeyRevoked, Failure> {
    let sql = "UPDATE api_keys SET revoked_at = $1 WHERE id = $8 AND revoked_at IS NULL
               RETURNING id";
    let outcome = (KIND, ChangeOutcome::Revoked);
    let revoked = changes::record_all(session, change, outcome, sql, &[&id]).await?;
    let sql = "SELECT 1 FROM api_keys WHERE id = $1";
    if revoked == 1 {
        Ok(ApiKeyRevoked::Done)
    } else if session.exists(sql, &[&id]).await? {
        Ok(ApiKeyRevoked::Already)
    } else {
        Ok(ApiKeyRevoked::NotFound)
    }
}

/// Revokes all keys of a runner that is removed.
pub(super) async fn revoke_of_runner(
    session: &Session,
    change: &Change,
    runner: Uuid,
) -> Result<(), Failure> {
    let sql = "UPDATE api_keys SET revoked_at = $1
               WHERE role = $8 AND subject_id = $9 AND revoked_at IS NULL RETURNING id";
    let outcome = (KIND, ChangeOutcome::Revoked);
    let role = Role::Runner.number();
    changes::record_all(session, change, outcome, sql, &[&role, &runner]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<ApiKey, Failure> {
    Ok(ApiKey {
        id: column(row, 0)?,
        name: column(row, 1)?,
        role: Role::from_number(column(row, 2)?)
            .ok_or_else(|| StoreError::damaged("a key has a role without a meaning"))?,
        subject: subject(row, 3)?,
        read_only: column(row, 5)?,
        created_at: from_micros(column(row, 6)?),
        expires_at: column::<Option<i64>>(row, 7)?.map(from_micros),
        revoked_at: column::<Option<i64>>(row, 8)?.map(from_micros),
    })
}
