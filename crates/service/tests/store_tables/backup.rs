//! Backups, made while the store is written to.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runner_configuration_service::store::check::check;
use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::{SqliteOptions, SqliteStore};
use runner_configuration_service::store::tables::Tables;
use runner_configuration_service::store::*;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::*;
use crate::postgres::Database;

/// How many write at once.
const WRITERS: usize = 4;

/// Writes until it is stopped: each class with a token. Returns what was stored.
async fn write(store: Arc<impl Store>, runner: Uuid, stop: Arc<AtomicBool>) -> Vec<Uuid> {
    let mut stored = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        stored.push(create_class(&*store, class(runner)).await);
        create_token(
            &*store,
            token(runner, "git.example", user(new_id().as_u128())),
        )
        .await;
        tokio::task::yield_now().await;
    }
    stored
}

/// Runs `back_up` while others write. Returns what was acknowledged before, which a backup has to hold.
async fn under_load(store: Arc<impl Store>, back_up: impl FnOnce() + Send + 'static) -> Vec<Uuid> {
    let runner = put_runner(&*store).await;
    let mut before = Vec::new();
    for _ in 0..20 {
        before.push(create_class(&*store, class(runner)).await);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write(Arc::clone(&store), runner, Arc::clone(&stop)));
    }
    tokio::task::spawn_blocking(back_up).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let during: usize = writers.join_all().await.iter().map(Vec::len).sum();
    assert!(during > 0, "nothing was written meanwhile");
    before
}

async fn holds_a_sound_state(store: &impl Store, tables: &mut dyn Tables, before: &[Uuid]) {
    check(tables, &mut |fault| panic!("{fault}")).await.unwrap();
    let classes = class_ids(store, EnvironmentClassFilter::default()).await;
    assert!(before.iter().all(|id| classes.contains(id)));
    // It is of one moment: what is there was recorded, and what was recorded is there.
    let changes = store.changes(0, 1_000_000).await.unwrap();
    let created = changes.iter().filter(|it| {
        it.kind == Some(ObjectKind::EnvironmentClass) && it.outcome == Some(ChangeOutcome::Created)
    });
    assert_eq!(created.count(), classes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_store_is_backed_up_under_load_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let backup = folder.path().join("backup.db");
    let store = Arc::new(SqliteStore::open(&file).unwrap());
    let to = backup.clone();
    let before = under_load(Arc::clone(&store), move || {
        let tables = SqliteOptions::new().open_tables(&file).unwrap();
        tables.back_up(&to).unwrap();
    });
    let before = before.await;
    store.close().await.unwrap();

    let restored = folder.path().join("restored/store.db");
    fs::create_dir(restored.parent().unwrap()).unwrap();
    fs::rename(&backup, &restored).unwrap();
    let store = SqliteStore::open(&restored).unwrap();
    let mut tables = SqliteOptions::new().open_tables(&restored).unwrap();
    holds_a_sound_state(&store, &mut tables, &before).await;
    put_runner(&store).await;
}

#[tokio::test]
async fn what_cannot_be_backed_up_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let tables = SqliteOptions::new().open_tables(folder.path().join("store.db"));
    let mut tables = tables.unwrap();
    let full = folder.path().join("full");
    fs::write(&full, "something").unwrap();
    tables.back_up(&full).unwrap_err();
    assert_eq!(fs::read(&full).unwrap(), b"something");
    tables.back_up(Path::new("/nowhere/at/all")).unwrap_err();
    let mark = tables::Mark {
        source: "another".into(),
        state: [0; 32],
    };
    tables.set_mark(&mark).await.unwrap();
    let refused = tables
        .back_up(&folder.path().join("backup.db"))
        .unwrap_err();
    assert!(matches!(refused, StoreError::UnfinishedCopy { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_store_is_backed_up_under_load_and_restored() {
    let Some(database) = Database::create() else {
        return;
    };
    let options = |database: &Database| PostgresOptions::from_url(&database.url()).unwrap();
    let store = Arc::new(options(&database).open().await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("runnerconf.dump");
    let mut dump = database.server.program("pg_dump");
    dump.args(["--format=custom", "--file"]).arg(&backup);
    dump.arg("--dbname").arg(database.url());
    let before = under_load(Arc::clone(&store), move || run(&mut dump)).await;
    store.close().await.unwrap();

    let restored = Database::create().unwrap();
    let mut restore = restored.server.program("pg_restore");
    restore.args(["--no-owner", "--exit-on-error", "--single-transaction"]);
    restore.arg("--dbname").arg(restored.url()).arg(&backup);
    run(&mut restore);
    let store = options(&restored).open_existing().await.unwrap().unwrap();
    let mut tables = options(&restored).open_tables().await.unwrap();
    holds_a_sound_state(&store, &mut tables, &before).await;
    put_runner(&store).await;
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
