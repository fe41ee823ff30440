//! Several processes that use a store at once, and databases that are no store.

use std::process::{Command, Stdio};

use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::*;

use crate::open;
use crate::postgres::Database;
use crate::store_suite::fixture::*;

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_make_one_store() {
    let Some(database) = Database::create() else {
        return;
    };
    let children: Vec<_> = (0..10)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "processes::one_of_many_processes", "--nocapture"])
                .env(URL, database.url())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }
    let store = open(&database.url()).await;
    assert_eq!(store.runners().await.unwrap().len(), 10 * 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_set_the_same_admin_key_at_once_agree() {
    for _ in 0..5 {
        let Some(database) = Database::create() else {
            return;
        };
        let mut servers = Vec::new();
        for _ in 0..8 {
            servers.push(open(&database.url()).await);
        }
        let setting: Vec<_> = servers
            .into_iter()
            .map(|server| {
                tokio::spawn(async move {
                    server
                        .set_admin_key(change("serve"), [3; 32].into(), ADMIN)
                        .await
                })
            })
            .collect();
        for set in setting {
            set.await.unwrap().unwrap();
        }
    }
}

/// Names the store to the processes that [`many_processes_make_one_store`] starts.
const URL: &str = "STORE_TEST_URL";

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_processes() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let store = open(&url).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn what_another_opening_committed_is_seen_at_once() {
    let Some(database) = Database::create() else {
        return;
    };
    let stores = [open(&database.url()).await, open(&database.url()).await];
    for (writer, reader) in [(&stores[0], &stores[1]), (&stores[1], &stores[0])] {
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
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_another_program_is_refused() {
    let Some(database) = Database::create() else {
        return;
    };
    database.sql("CREATE TABLE runners (name text)");
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    let error = options.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    let tables = database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables.trim(), "1", "something was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_is_refused() {
    let Some(database) = Database::create() else {
        return;
    };
    open(&database.url()).await;
    database.sql("UPDATE runner_configuration_store SET version = 1000");
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    let error = options.open().await.unwrap_err();
    assert!(
        matches!(error, StoreError::NewerVersion { found: 1000, .. }),
        "{error}"
    );
}

/// Where changes of a schema are committed one by one, a migration may have been cut short anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_can_be_repeated() {
    let Some(database) = Database::create() else {
        return;
    };
    let runner = put_runner(&open(&database.url()).await).await;
    database.sql("DROP INDEX changes_by_time; UPDATE runner_configuration_store SET version = 0");
    let store = open(&database.url()).await;
    assert!(store.runner(runner).await.unwrap().is_some());
    let indexes = "SELECT count(*) FROM pg_indexes WHERE indexname = 'changes_by_time'";
    assert_eq!(database.sql(indexes).trim(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_changes_cannot_be_rewritten() {
    let Some(database) = Database::create() else {
        return;
    };
    put_runner(&open(&database.url()).await).await;
    let outcome = database.sql(
        "DO $$ BEGIN UPDATE changes SET subject_id = NULL;
         EXCEPTION WHEN raise_exception THEN RAISE NOTICE 'refused'; RETURN; END $$;
         SELECT count(*) FROM changes WHERE subject_id IS NOT NULL",
    );
    assert_eq!(outcome.trim(), "1");
}

#[tokio::test]
async fn a_store_without_texts_gets_them() {
    let Some(database) = Database::create() else {
        return;
    };
    let url = database.url();
    let store = open(&url).await;
    let class = create_class(&store, class(put_runner(&store).await)).await;
    let text = store.environment_class(class, Form::Json).await.unwrap();
    store.close().await.unwrap();

    database.sql(
        "ALTER TABLE environment_classes DROP json; ALTER TABLE scm_integrations DROP json;
         ALTER TABLE llm_integrations DROP json; ALTER TABLE host_authentication_tokens DROP json;
         UPDATE runner_configuration_store SET version = 1",
    );
    let store = open(&url).await;
    assert_eq!(
        store.environment_class(class, Form::Json).await.unwrap(),
        text
    );
    assert_eq!(Form::of(text.unwrap().message.as_bytes()), Form::Json);
}
