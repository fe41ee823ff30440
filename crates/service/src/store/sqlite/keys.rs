//! API keys.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::changes;
use super::statement::{execute, exists, find};
use crate::store::{Change, StoreError, SubjectKey};

/// The admin key has a place of its own, which no other key can take.
const ADMIN_KEY: Uuid = Uuid::nil();
const ROLE_ADMIN: i32 = 1;

pub(super) fn set_admin_hash(
    connection: &Connection,
    change: &Change,
    hash: [u8; 32],
    subject: SubjectKey,
) -> Result<(), StoreError> {
    let is_set = exists(
        connection,
        "SELECT 1 FROM api_keys WHERE id = ?1 AND hash = ?2 AND principal = ?3 AND subject_id = ?4",
        params![ADMIN_KEY, hash, i32::from(subject.principal), subject.id],
    )?;
    if is_set {
        return Ok(());
    }
    execute(
        connection,
        "INSERT INTO api_keys (id, hash, role, principal, subject_id, read_only)
         VALUES (?1, ?2, ?3, ?4, ?5, 0)
         ON CONFLICT (id) DO UPDATE SET
             hash = excluded.hash, principal = excluded.principal,
             subject_id = excluded.subject_id",
        params![
            ADMIN_KEY,
            hash,
            ROLE_ADMIN,
            i32::from(subject.principal),
            subject.id
        ],
    )?;
    changes::record(connection, change, ADMIN_KEY)
}

pub(super) fn admin_hash(connection: &Connection) -> Result<Option<[u8; 32]>, StoreError> {
    find(
        connection,
        "SELECT hash FROM api_keys WHERE id = ?1",
        [ADMIN_KEY],
        |row| row.get(0),
    )
}
