//! The check of a store: it finds what is damaged, all of it, and nothing else.

use std::fs;

use runner_configuration_service::store::check::check;

use crate::places::{Filled, Place};

/// How SQL is written for a kind of store.
struct Dialect(bool);

impl Dialect {
    fn bytes(&self, hex: &str) -> String {
        if self.0 {
            format!("x'{hex}'")
        } else {
            format!("'\\x{hex}'::bytea")
        }
    }

    fn id(&self, id: uuid::Uuid) -> String {
        if self.0 {
            format!("x'{}'", id.simple())
        } else {
            format!("'{id}'")
        }
    }
}

async fn faults(place: &Place) -> Vec<String> {
    let mut faults = Vec::new();
    let mut tables = place.tables().await;
    check(tables.as_mut(), &mut |fault| faults.push(fault.to_string()))
        .await
        .unwrap();
    faults
}

#[tokio::test]
async fn a_sound_store_has_no_faults() {
    for place in Place::both() {
        place.fill().await;
        assert_eq!(faults(&place).await, [] as [String; 0]);
        place.change().await;
        assert_eq!(faults(&place).await, [] as [String; 0]);
    }
}

/// A way to damage a store: the SQL, and the faults that there are then.
type Damage = fn(&Dialect, &Filled) -> (String, Vec<String>);

fn set(table: &str, id: String, column: &str, value: &str) -> String {
    format!("UPDATE {table} SET {column} = {value} WHERE id = {id}")
}

macro_rules! damage {
    ($table:literal . $column:ident = $value:literal of $kind:literal $object:ident: $($fault:literal),+) => {
        |dialect, filled| {
            (
                set($table, dialect.id(filled.$object), stringify!($column), $value),
                vec![$(format!(concat!($kind, " {}: ", $fault), filled.$object)),+],
            )
        }
    };
    ($table:literal . $column:ident = bytes $value:literal of $kind:literal $object:ident: $($fault:literal),+) => {
        |dialect, filled| {
            let value = dialect.bytes($value);
            (
                set($table, dialect.id(filled.$object), stringify!($column), &value),
                vec![$(format!(concat!($kind, " {}: ", $fault), filled.$object)),+],
            )
        }
    };
    ($table:literal . $column:ident = id $other:ident of $kind:literal $object:ident: $($fault:literal),+) => {
        |dialect, filled| {
            let value = dialect.id(filled.$other);
            (
                set($table, dialect.id(filled.$object), stringify!($column), &value),
                vec![$(format!(concat!($kind, " {}: ", $fault), filled.$object)),+],
            )
        }
    };
}

const DAMAGES: &[Damage] = &[
    // Messages that cannot be decoded.
    damage!("environment_classes".message = bytes "ff" of "environment class" class: "its message cannot be decoded"),
    damage!("scm_integrations".message = bytes "0a" of "SCM integration" scm: "its message cannot be decoded"),
    damage!("llm_integrations".message = bytes "0aff" of "LLM integration" llm: "its message cannot be decoded"),
    damage!("host_authentication_tokens".message = bytes "ff" of "host authentication token" token: "its message cannot be decoded"),
    damage!("runners".schema = bytes "ff" of "runner" runner: "its schema cannot be decoded"),
    // Columns that do not say what the message says.
    damage!("environment_classes".enabled = "NOT enabled" of "environment class" class: "its enabled is not the one that its message has"),
    damage!("environment_classes".runner_id = id other_runner of "environment class" class: "its runner_id is not the one that its message has"),
    damage!("environment_classes".runner_id = id llm of "environment class" class:
        "its runner does not exist", "its runner_id is not the one that its message has"),
    damage!("scm_integrations".host = "'other.example'" of "SCM integration" scm: "its host is not the one that its message has"),
    damage!("scm_integrations".offers_oauth = "NOT offers_oauth" of "SCM integration" scm: "its offers_oauth is not the one that its message has"),
    damage!("scm_integrations".offers_pat = "NOT offers_pat" of "SCM integration" scm: "its offers_pat is not the one that its message has"),
    damage!("llm_integrations".enabled = "NOT enabled" of "LLM integration" llm: "its enabled is not the one that its message has"),
    damage!("host_authentication_tokens".host = "'other.example'" of "host authentication token" token: "its host is not the one that its message has"),
    damage!("host_authentication_tokens".source = "1 - source + 2" of "host authentication token" bare_token: "its source is not the one that its message has"),
    damage!("host_authentication_tokens".principal = "5" of "host authentication token" token: "its principal is not the one that its message has"),
    damage!("host_authentication_tokens".subject_id = id key of "host authentication token" token: "its subject_id is not the one that its message has"),
    damage!("host_authentication_tokens".integration_id = "NULL" of "host authentication token" token: "its integration_id is not the one that its message has"),
    damage!("runners".registered = "NOT registered" of "runner" runner: "its registered does not say whether it has a schema"),
    damage!("environment_classes".json = bytes "7b7d" of "environment class" class: "its json does not say what its message says"),
    damage!("scm_integrations".json = bytes "" of "SCM integration" scm: "its json does not say what its message says"),
    damage!("llm_integrations".json = bytes "ff" of "LLM integration" llm: "its json does not say what its message says"),
    damage!("host_authentication_tokens".json = bytes "7b7d" of "host authentication token" token: "its json does not say what its message says"),
    // What is referred to.
    damage!("host_authentication_tokens".integration_id = id class of "host authentication token" token:
        "its integration does not exist", "its integration_id is not the one that its message has"),
    damage!("host_authentication_tokens".integration_id = id other_scm of "host authentication token" token:
        "its integration belongs to another runner", "its integration_id is not the one that its message has"),
    // Fingerprints, hashes, keys.
    damage!("environment_classes".sealed_to = bytes "0102" of "environment class" class: "its sealed_to is not a hash of 32 bytes"),
    damage!("scm_integrations".sealed_to = bytes "" of "SCM integration" scm: "its sealed_to is not a hash of 32 bytes"),
    damage!("llm_integrations".api_key_sealed_to = bytes "00" of "LLM integration" llm: "its api_key_sealed_to is not a hash of 32 bytes"),
    damage!("llm_integrations".headers_sealed_to = bytes "00" of "LLM integration" llm: "its headers_sealed_to is not a hash of 32 bytes"),
    damage!("host_authentication_tokens".token_key = bytes "00" of "host authentication token" token: "its token_key is not a hash of 32 bytes"),
    damage!("host_authentication_tokens".refresh_token_key = bytes "00" of "host authentication token" token: "its refresh_token_key is not a hash of 32 bytes"),
    damage!("host_authentication_tokens".refresh_token_key = "NULL" of "host authentication token" token:
        "of its refresh_token and refresh_token_key one is missing"),
    damage!("api_keys".hash = bytes "00" of "API key" key: "its hash is not a hash of 32 bytes"),
    damage!("runners".public_key = bytes "00" of "runner" runner: "its public_key cannot be used: an X25519 public key has 32 bytes, this one has 1"),
    // Numbers.
    damage!("runners".kind = "99" of "runner" runner: "its kind is a number without a meaning"),
    damage!("runners".provider = "-1" of "runner" runner: "its provider is a number without a meaning"),
    damage!("api_keys".role = "9" of "API key" key: "its role is a number without a meaning"),
    damage!("api_keys".principal = "99" of "API key" key: "its principal is a number without a meaning"),
    damage!("api_keys".principal = "1" of "API key" key: "it has the role of a runner, and does not stand for one"),
    // The record of changes.
    |dialect, filled| {
        (
            format!(
                "INSERT INTO changes (sequence, at, action, object, kind, outcome) VALUES (-3, 0, 'x', {}, 1, 1)",
                dialect.id(filled.key)
            ),
            vec![
                "change -3: its sequence number is not greater than 0 and than the one before"
                    .into(),
            ],
        )
    },
    |dialect, filled| {
        (
            format!(
                "INSERT INTO changes (sequence, at, action, object, kind, outcome, principal) VALUES (1000, 0, 'x', {}, 77, 78, 79)",
                dialect.id(filled.key)
            ) + if dialect.0 {
                ""
            } else {
                "; SELECT setval('changes_sequence_seq', 1000)"
            },
            vec![
                "change 1000: of its principal and subject_id one is missing".into(),
                "change 1000: its principal is a number without a meaning".into(),
                "change 1000: its kind is a number without a meaning".into(),
                "change 1000: its outcome is a number without a meaning".into(),
            ],
        )
    },
    |dialect, _| {
        (
            if dialect.0 {
                "DELETE FROM changes WHERE sequence > 2; UPDATE sqlite_sequence SET seq = 1"
            } else {
                "DELETE FROM changes WHERE sequence > 2; SELECT setval('changes_sequence_seq', 1)"
            }
            .into(),
            vec![
                "change 2: its sequence number is greater than the last that was given out".into(),
            ],
        )
    },
];

#[tokio::test]
async fn every_damage_is_found_and_nothing_else() {
    for place in Place::both() {
        let filled = place.fill().await;
        let sound = place.rows().await;
        let is_sqlite = matches!(place, Place::Sqlite(_));
        for damage in DAMAGES {
            let (sql, expected) = damage(&Dialect(is_sqlite), &filled);
            place.sql(&sql);
            let found = faults(&place).await;
            // SQLite itself finds, too, what refers to nothing.
            let (of_store, of_rows): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|it| it.starts_with("store: "));
            assert_eq!(of_rows, expected, "{place:?}: {sql}");
            let dangling = expected.iter().any(|it| it.contains("does not exist"));
            assert_eq!(
                of_store.len(),
                usize::from(is_sqlite && dangling),
                "{of_store:?}"
            );
            place.replace_all(&sound).await;
        }
        assert_eq!(faults(&place).await, [] as [String; 0]);
    }
}

#[tokio::test]
async fn several_faults_are_all_listed() {
    for place in Place::both() {
        place.fill().await;
        place.sql("UPDATE environment_classes SET enabled = NOT enabled");
        place.sql("UPDATE runners SET kind = 99");
        assert_eq!(faults(&place).await.len(), 4);
    }
}

#[tokio::test]
async fn what_must_be_there_once_is_not_there_twice() {
    for place in Place::both() {
        let filled = place.fill().await;
        let is_sqlite = matches!(place, Place::Sqlite(_));
        let dialect = Dialect(is_sqlite);
        let copies = format!(
            "INSERT INTO host_authentication_tokens
                 (id, runner_id, principal, subject_id, host, source, message, token, token_key)
             SELECT {new}, runner_id, principal, subject_id, host, source, message, token, token_key
             FROM host_authentication_tokens WHERE id = {old};
             INSERT INTO api_keys
                 (id, hash, name, role, principal, subject_id, read_only, created_at)
             SELECT {new}, hash, name, role, principal, subject_id, read_only, created_at
             FROM api_keys WHERE id = {key};",
            new = dialect.id(uuid::Uuid::max()),
            old = dialect.id(filled.bare_token),
            key = dialect.id(filled.key),
        );
        let copies = if is_sqlite {
            // Indexes, and a table, that are not unique while the copies are made.
            let of_tokens = "host_authentication_tokens_by_use";
            let rename = |from: &str, to: &str| {
                format!(
                    "PRAGMA writable_schema = ON;
                     UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = '{of_tokens}';
                     PRAGMA writable_schema = RESET;"
                )
            };
            place.sql(&rename("UNIQUE INDEX", "INDEX"));
            // The uniqueness of hashes is part of the table.
            place.sql(copies.split_once(';').unwrap().0);
            place.sql(&rename("CREATE INDEX", "CREATE UNIQUE INDEX"));
            String::new()
        } else {
            format!(
                "DROP INDEX host_authentication_tokens_by_use; DROP INDEX api_keys_by_hash; {copies}"
            )
        };
        place.sql(&copies);
        let found = faults(&place).await;
        let says = |what: &str| found.iter().any(|fault| fault.contains(what));
        let id = uuid::Uuid::max();
        assert!(
            says(&format!(
                "host authentication token {id}: there is another token of the same runner, host and owner"
            )),
            "{found:?}"
        );
        if is_sqlite {
            assert!(says("store: non-unique entry in index"), "{found:?}");
        } else {
            assert!(
                says(&format!(
                    "API key {id}: there is another key with the same hash"
                )),
                "{found:?}"
            );
        }
    }
}

#[tokio::test]
async fn malformed_columns_are_found() {
    let place = Place::sqlite();
    let filled = place.fill().await;
    place.sql("UPDATE host_authentication_tokens SET subject_id = x'0102'");
    place.sql("UPDATE llm_integrations SET enabled = 5");
    place.sql("UPDATE runners SET name = CAST(x'ff' AS TEXT), id = x'01' WHERE public_key IS NULL");
    let found = faults(&place).await;
    for fault in [
        format!(
            "host authentication token {}: its subject_id is malformed",
            filled.token
        ),
        format!("LLM integration {}: its enabled is malformed", filled.llm),
        "runner with a malformed id: its id is malformed".into(),
        "runner with a malformed id: its name is malformed".into(),
    ] {
        assert!(found.contains(&fault), "{fault}: {found:?}");
    }
}

#[tokio::test]
async fn malformed_pages_are_found() {
    let place = Place::sqlite();
    place.fill().await;
    let file = place.file();
    let connection = rusqlite::Connection::open(&file).unwrap();
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.query_row(checkpoint, [], |_| Ok(())).unwrap();
    let root: u64 = connection
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'environment_classes_by_runner'",
            [],
            |row| row.get::<_, i64>(0),
        )
        .unwrap()
        .unsigned_abs();
    drop(connection);
    let mut bytes = fs::read(&file).unwrap();
    let page = usize::try_from((root - 1) * 4096).unwrap();
    bytes[page + 8..page + 64].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let found = faults(&place).await;
    assert!(
        found.iter().any(|it| it.starts_with("store: ")),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_unfinished_copy_is_said_to_be_one() {
    for place in Place::both() {
        place.fill().await;
        let mark = runner_configuration_service::store::tables::Mark {
            source: "another".into(),
            state: [0; 32],
        };
        place.tables().await.set_mark(&mark).await.unwrap();
        let found = faults(&place).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("unfinished copy of another"), "{found:?}");
    }
}

#[tokio::test]
async fn nothing_that_is_stored_is_shown_but_ids() {
    for place in Place::both() {
        place.fill().await;
        place.sql("UPDATE scm_integrations SET host = 'host-that-marks', sealed_to = NULL, offers_pat = NOT offers_pat");
        place.sql("UPDATE runners SET name = 'name-that-marks', kind = 12345");
        let found = faults(&place).await.join("\n");
        assert!(
            found.contains("SCM integration") && found.contains("runner "),
            "{found}"
        );
        for shown in ["that-marks", "12345", "git.example"] {
            assert!(!found.contains(shown), "{found}");
        }
    }
}
