//! Where a store may be, and one with something of everything in it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use runner_configuration::v1::{HostAuthenticationTokenSource, SupportedModel};
use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::{SqliteOptions, SqliteStore};
use runner_configuration_service::store::tables::{Row, TABLES, Tables, Value};
use runner_configuration_service::store::*;
use tempfile::TempDir;
use uuid::Uuid;

use crate::fixture::*;
use crate::postgres::Database;

pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(Database),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// `None` where PostgreSQL is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        Database::create().map(Self::Postgres)
    }

    /// One of each kind that there is here.
    pub(crate) fn both() -> Vec<Self> {
        let mut places = vec![Self::sqlite()];
        places.extend(Self::postgres());
        places
    }

    /// From where to where things can be moved here.
    pub(crate) fn pairs() -> Vec<(Self, Self)> {
        let mut pairs = vec![(Self::sqlite(), Self::sqlite())];
        if let Some(other) = Self::postgres() {
            pairs.push((Self::sqlite(), other));
            pairs.push((Self::postgres().unwrap(), Self::sqlite()));
            pairs.push((Self::postgres().unwrap(), Self::postgres().unwrap()));
        }
        pairs
    }

    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("store.db"),
            Self::Postgres(_) => panic!("it is no file"),
        }
    }

    pub(crate) async fn tables(&self) -> Box<dyn Tables> {
        match self {
            Self::Sqlite(_) => Box::new(SqliteOptions::new().open_tables(self.file()).unwrap()),
            Self::Postgres(database) => Box::new(options(database).open_tables().await.unwrap()),
        }
    }

    /// Fills an empty store; returns what is in it.
    pub(crate) async fn fill(&self) -> Filled {
        match self {
            Self::Sqlite(_) => fill(&SqliteStore::open(self.file()).unwrap()).await,
            Self::Postgres(database) => fill(&options(database).open().await.unwrap()).await,
        }
    }

    /// Why it can't be used, if it can't.
    pub(crate) async fn refusal(&self) -> Option<StoreError> {
        match self {
            Self::Sqlite(_) => SqliteStore::open(self.file()).err(),
            Self::Postgres(database) => options(database).open().await.err(),
        }
    }

    /// Makes a change, and returns the sequence number that it is recorded with.
    pub(crate) async fn change(&self) -> u64 {
        match self {
            Self::Sqlite(_) => make_change(&SqliteStore::open(self.file()).unwrap()).await,
            Self::Postgres(database) => make_change(&options(database).open().await.unwrap()).await,
        }
    }

    /// Runs SQL, past all checks.
    pub(crate) fn sql(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                connection
                    .execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"))
                    .unwrap();
            }
            Self::Postgres(database) => {
                database.sql(&format!("SET session_replication_role = replica; {sql}"));
            }
        }
    }

    /// Puts these rows in place of all that there are.
    pub(crate) async fn replace_all(&self, rows: &[Vec<Row>]) {
        let deletions = TABLES.iter().rev();
        let deletions = deletions.map(|table| format!("DELETE FROM {};", table.name()));
        self.sql(&deletions.collect::<String>());
        let mut tables = self.tables().await;
        for (table, rows) in TABLES.into_iter().zip(rows) {
            tables.write(table, rows).await.unwrap();
        }
        let last = rows.last().unwrap().last().unwrap();
        tables.raise_counter(number(last)).await.unwrap();
    }

    /// Everything in it.
    pub(crate) async fn rows(&self) -> Vec<Vec<Row>> {
        let mut tables = self.tables().await;
        let mut all = Vec::new();
        for table in TABLES {
            all.push(tables.read(table, None, 1_000_000).await.unwrap());
        }
        all
    }
}

fn options(database: &Database) -> PostgresOptions {
    PostgresOptions::from_url(&database.url()).unwrap()
}

/// What is in a store that was filled.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) runner: Uuid,
    pub(crate) other_runner: Uuid,
    pub(crate) class: Uuid,
    pub(crate) scm: Uuid,
    pub(crate) other_scm: Uuid,
    pub(crate) token: Uuid,
    pub(crate) bare_token: Uuid,
    pub(crate) llm: Uuid,
    pub(crate) key: Uuid,
}

/// Something of everything, with and without what may be missing.
async fn fill(store: &impl Store) -> Filled {
    store
        .set_admin_key(change("serve"), KeyHash::of("admin"), ADMIN)
        .await
        .unwrap();
    let runner_id = put_runner(store).await;
    let other_runner = put(
        store,
        Runner {
            public_key: None,
            schema: None,
            name: "Ünïcode 🦀".into(),
            ..runner()
        },
    )
    .await;
    let class_id = create_class(store, class(runner_id)).await;
    let mut bare = class(other_runner);
    bare.sealed_to = None;
    bare.message.enabled = false;
    create_class(store, bare).await;
    let scm_id = create_scm(store, scm(runner_id, "git.example")).await;
    let other_scm = create_scm(
        store,
        scm_offering(other_runner, "git.example", false, true),
    )
    .await;
    let named = naming(token(runner_id, "git.example", user(1)), scm_id);
    let token_id = create_token(store, named).await;
    let mut bare = with_source(
        token(other_runner, "git.example", user(1)),
        HostAuthenticationTokenSource::Oauth,
    );
    bare.refresh_token = None;
    let bare_token = create_token(store, bare).await;
    let llm_id = create_llm(store, llm(runner_id, &[SupportedModel::Opus4])).await;
    let key = new_key(store, runner_id).await;
    let revoked = new_key(store, runner_id).await;
    let revoke = store.revoke_api_key(change("revoke").in_request("r-1"), revoked);
    assert_eq!(revoke.await.unwrap(), ApiKeyRevoked::Done);
    let operator = Change::by_operator("serve", now() + Duration::from_secs(60));
    store
        .set_admin_key(operator, KeyHash::of("new admin"), ADMIN)
        .await
        .unwrap();
    Filled {
        runner: runner_id,
        other_runner,
        class: class_id,
        scm: scm_id,
        other_scm,
        token: token_id,
        bare_token,
        llm: llm_id,
        key,
    }
}

async fn new_key(store: &impl Store, runner: Uuid) -> Uuid {
    let id = new_id();
    let key = ApiKey {
        id,
        name: "A key".into(),
        subject: SubjectKey::runner(runner),
        role: Role::Runner,
        read_only: true,
        created_at: now(),
        expires_at: Some(now() + Duration::from_secs(1000)),
        revoked_at: None,
    };
    let created = store.create_api_key(change("key"), key, KeyHash::of(id.to_string()));
    assert_eq!(created.await.unwrap(), ApiKeyCreated::Done);
    id
}

async fn make_change(store: &impl Store) -> u64 {
    put_runner(store).await;
    let changes = store.changes(0, usize::MAX >> 1).await.unwrap();
    store.close().await.unwrap();
    changes.last().unwrap().sequence
}

/// The number in a row's first column.
pub(crate) fn number(row: &Row) -> i64 {
    match row[0] {
        Value::Long(number) => number,
        _ => panic!("it is no number"),
    }
}
