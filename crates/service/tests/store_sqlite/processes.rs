//! Several processes, or several openings in one, that use a store at once.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteOptions, SqliteStore};
use runner_configuration_service::store::*;
use rusqlite::Connection;

use crate::store_suite::fixture::*;

#[tokio::test]
async fn what_another_opening_committed_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    let (server, command) = (
        SqliteStore::open(&file).unwrap(),
        SqliteStore::open(&file).unwrap(),
    );
    for (writer, reader) in [(&command, &server), (&server, &command)] {
        for _ in 0..20 {
            let runner = put_runner(writer).await;
            assert!(reader.runner(runner).await.unwrap().is_some());
            let class = create_class(reader, class(runner)).await;
            let filter = EnvironmentClassFilter {
                runner_ids: vec![runner],
                ..Default::default()
            };
            assert_eq!(class_ids(writer, filter).await, [class]);
        }
    }
    command
        .set_admin_key(change("key"), [3; 32].into(), ADMIN)
        .await
        .unwrap();
    assert!(server.api_key([3; 32].into()).await.unwrap().is_some());
}

#[tokio::test]
async fn answers_that_are_kept_are_as_new_as_those_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    // A cache that holds everything, one that has room for a few answers only, and none.
    let stores = [1 << 20, 1 << 14, 0].map(|bytes| {
        let options = SqliteOptions::new().readers(1).cache_bytes(bytes);
        options.open(&file).unwrap()
    });
    let filters = |runner| {
        [
            EnvironmentClassFilter::default(),
            EnvironmentClassFilter {
                runner_ids: vec![runner],
                ..Default::default()
            },
            EnvironmentClassFilter {
                enabled: Some(true),
                ..Default::default()
            },
        ]
    };
    let runner = put_runner(&stores[0]).await;
    let mut classes = Vec::new();
    for round in 0_u8..12 {
        let writer = &stores[usize::from(round) % stores.len()];
        let hash = || KeyHash::from([round; 32]);
        for reader in &stores {
            assert!(reader.api_key(hash()).await.unwrap().is_none());
        }
        writer
            .set_admin_key(change("key"), hash(), ADMIN)
            .await
            .unwrap();
        classes.push(create_class(writer, class(runner)).await);
        classes.sort_unstable();
        // Twice, so that the second answer is one that was kept.
        for reader in stores.iter().chain(&stores) {
            assert!(reader.api_key(hash()).await.unwrap().is_some());
            if let Some(before) = round.checked_sub(1) {
                let replaced = reader.api_key([before; 32].into()).await.unwrap();
                assert!(replaced.is_none(), "the admin key was replaced");
            }
            for filter in filters(runner) {
                assert_eq!(class_ids(reader, filter).await, classes);
            }
        }
        let revoked = writer.revoke_api_key(change("revoke"), ApiKey::ADMIN).await;
        assert!(matches!(revoked.unwrap(), ApiKeyRevoked::Done));
        for reader in &stores {
            let key = reader.api_key(hash()).await.unwrap().unwrap();
            assert!(key.revoked_at.is_some());
        }
        writer
            .set_admin_key(change("key"), hash(), ADMIN)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_process_that_holds_the_store_for_long_makes_it_busy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    let timeout = Duration::from_millis(200);
    let store = SqliteOptions::new()
        .busy_timeout(timeout)
        .open(&file)
        .unwrap();
    let known = put_runner(&store).await;

    let other = Connection::open(&file).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM runners;")
        .unwrap();
    let start = Instant::now();
    let refused = store.put_runner(change("put"), runner()).await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    assert!(start.elapsed() >= timeout);
    // Look-ups neither wait nor see what is not committed.
    assert!(store.runner(known).await.unwrap().is_some());

    other.execute_batch("ROLLBACK").unwrap();
    put_runner(&store).await;
    assert_eq!(store.runners().await.unwrap().len(), 2);
}

#[test]
fn many_threads_create_one_store() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data").join(FILE_NAME);
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| drop(SqliteStore::open(&file).unwrap()));
            }
        });
    }
}

#[tokio::test]
async fn many_processes_create_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data").join(FILE_NAME);
    let children: Vec<_> = (0..6)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "processes::one_of_many_processes", "--nocapture"])
                .env(FILE, &file)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let store = SqliteStore::open(&file).unwrap();
    assert_eq!(store.runners().await.unwrap().len(), 6 * 10);
}

/// Names the store to the processes that [`many_processes_create_one_store`] starts.
const FILE: &str = "STORE_TEST_FILE";

#[tokio::test]
async fn one_of_many_processes() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let store = SqliteStore::open(&file).unwrap();
    for _ in 0..10 {
        let runner = Runner {
            id: random_id(),
            ..runner()
        };
        put(&store, runner).await;
    }
}

/// Differs between processes.
fn random_id() -> uuid::Uuid {
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
    uuid::Uuid::from_u64_pair(random, new_id().as_u64_pair().0)
}
