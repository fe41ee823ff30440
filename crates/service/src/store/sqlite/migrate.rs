//! The schema: which version a database has, how it gets to the newest, and whether it is really that.

use rusqlite::{Connection, TransactionBehavior};

use super::error::from_sqlite;
use super::readers::snapshot;
use crate::store::StoreError;
use crate::store::json_text::TABLES;
use crate::store::tables::Mark;

/// Marks a database as ours, in its header: "RCFG".
pub(super) const APPLICATION_ID: u32 = 0x5243_4647;

/// Each takes the schema from the version that is its index to the next one. What was released is not changed.
const MIGRATIONS: &[Migration] = &[
    Migration {
        script: include_str!("migrations/0001_initial.sql"),
        then: None,
    },
    Migration {
        script: include_str!("migrations/0002_keys_and_audit.sql"),
        then: None,
    },
    Migration {
        script: include_str!("migrations/0003_json.sql"),
        then: Some(derive_texts),
    },
];

struct Migration {
    script: &'static str,
    /// What SQL alone can't do.
    then: Option<fn(&Connection) -> rusqlite::Result<()>>,
}

const NEWEST: u32 = MIGRATIONS.len() as u32;

/// What a file turned out to be.
#[derive(PartialEq)]
pub(super) enum Found {
    /// Nothing yet.
    Empty,
    /// A store of this version, which is not newer than the newest that we know.
    Version(u32),
}

/// Looks at a database without changing it, and refuses what is not ours or is newer than this program.
pub(super) fn inspect(connection: &Connection) -> Result<Found, StoreError> {
    // All of it from one state: another process may be migrating.
    let _snapshot = connection
        .is_autocommit()
        .then(|| snapshot(connection))
        .transpose()?;
    let application_id: u32 = pragma(connection, "application_id")?;
    let version: u32 = pragma(connection, "user_version")?;
    let is_empty = schema(connection)?.is_empty();
    match application_id {
        APPLICATION_ID if version > NEWEST => Err(StoreError::NewerVersion {
            found: version,
            supported: NEWEST,
        }),
        APPLICATION_ID if version > 0 => Ok(Found::Version(version)),
        0 if version == 0 && is_empty => Ok(Found::Empty),
        _ => Err(StoreError::Foreign {
            what: "the database belongs to another program".into(),
        }),
    }
}

/// Brings the schema to the newest version, in one transaction.
///
/// Of several processes that do so at once, one migrates, and the others wait and find it done.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if inspect(connection)? == Found::Version(NEWEST) {
        return Ok(());
    }
    // Migrations replace tables that others refer to. Nothing of this setting changes inside a transaction.
    set_foreign_keys(connection, false)?;
    let migrated = migrate_all(connection);
    set_foreign_keys(connection, true)?;
    migrated
}

fn migrate_all(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(from_sqlite)?;
    let version = match inspect(&transaction)? {
        Found::Empty => 0,
        Found::Version(version) => version,
    };
    apply(&transaction, version)?;
    let has_orphans = transaction
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut check| check.exists([]))
        .map_err(from_sqlite)?;
    if has_orphans {
        return Err(StoreError::damaged(
            "it has objects whose runner or integration is missing",
        ));
    }
    transaction.commit().map_err(from_sqlite)
}

fn set_foreign_keys(connection: &Connection, on: bool) -> Result<(), StoreError> {
    connection
        .pragma_update(None, "foreign_keys", on)
        .map_err(from_sqlite)
}

/// Compares the schema with what the migrations make of an empty database.
pub(super) fn verify(connection: &Connection) -> Result<(), StoreError> {
    let expected = Connection::open_in_memory().map_err(from_sqlite)?;
    apply(&expected, 0)?;
    if schema(connection)? == schema(&expected)? {
        return Ok(());
    }
    Err(StoreError::damaged(format!(
        "its tables are not those of schema version {NEWEST}"
    )))
}

fn apply(connection: &Connection, version: u32) -> Result<(), StoreError> {
    for migration in MIGRATIONS.iter().skip(version as usize) {
        connection
            .execute_batch(migration.script)
            .map_err(from_sqlite)?;
        if let Some(then) = migration.then {
            then(connection).map_err(from_sqlite)?;
        }
    }
    connection
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {NEWEST};"
        ))
        .map_err(from_sqlite)
}

/// Derives the JSON texts of all messages.
fn derive_texts(connection: &Connection) -> rusqlite::Result<()> {
    for (table, derive) in TABLES {
        let mut batch = connection.prepare(&format!(
            "SELECT id, message FROM {table} WHERE id > ?1 ORDER BY id LIMIT 1000"
        ))?;
        let mut update =
            connection.prepare(&format!("UPDATE {table} SET json = ?2 WHERE id = ?1"))?;
        let mut after = Vec::new();
        loop {
            let rows: Vec<(Vec<u8>, Vec<u8>)> = batch
                .query_map([after], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            let Some((last, _)) = rows.last() else {
                break;
            };
            after = last.clone();
            for (id, message) in &rows {
                update.execute((id, derive(message)))?;
            }
        }
    }
    Ok(())
}

/// The statements that made the tables and indexes, but for the mark of a copy, which comes and goes.
fn schema(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let read = || {
        connection
            .prepare(
                "SELECT name, sql FROM sqlite_schema
                 WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' AND name <> ?1
                 ORDER BY name",
            )?
            .query_map([Mark::TABLE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()
    };
    read().map_err(from_sqlite)
}

fn pragma<T: rusqlite::types::FromSql>(
    connection: &Connection,
    name: &str,
) -> Result<T, StoreError> {
    connection
        .pragma_query_value(None, name, |row| row.get(0))
        .map_err(from_sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version from which on messages have JSON texts beside them.
    const WITH_TEXTS: u32 = 3;

    #[test]
    fn a_store_of_any_version_becomes_one_of_the_newest() {
        for version in 0..=NEWEST {
            let mut connection = Connection::open_in_memory().unwrap();
            for migration in &MIGRATIONS[..version as usize] {
                connection.execute_batch(migration.script).unwrap();
            }
            if version > 0 {
                let header = format!(
                    "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};
                     INSERT INTO api_keys (id, hash, role, principal, subject_id, read_only)
                     VALUES (zeroblob(16), x'00', 1, 5, zeroblob(16), 0);
                     INSERT INTO runners (id, name, kind, provider, registered)
                     VALUES (zeroblob(16), '', 1, 1, 0);
                     INSERT INTO environment_classes (id, runner_id, enabled, message)
                     VALUES (zeroblob(16), zeroblob(16), 1, x'0a0161'), (x'ff', zeroblob(16), 1, x'ff');"
                );
                connection.execute_batch(&header).unwrap();
            }
            migrate(&mut connection).unwrap();
            verify(&connection).unwrap();
            let keys: u32 = connection
                .query_one("SELECT count(*) FROM api_keys", [], |row| row.get(0))
                .unwrap();
            assert_eq!(keys, u32::from(version > 0), "version {version}");
            let texts: Vec<Option<Vec<u8>>> = connection
                .prepare("SELECT json FROM environment_classes ORDER BY id")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let expected = [Some(br#"{"id":"a"}"#.to_vec()), None];
            match version {
                0 => assert!(texts.is_empty()),
                WITH_TEXTS.. => assert_eq!(texts, [None, None], "nothing is derived again"),
                _ => assert_eq!(texts, expected, "version {version}"),
            }
        }
    }
}
