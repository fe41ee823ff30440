//! What goes wrong between the store and the database: nothing hangs, nothing is half done, nothing that was acknowledged
//! is lost, and nobody has to restart anything.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use runner_configuration_service::store::postgres::{PostgresOptions, PostgresStore};
use runner_configuration_service::store::*;

use crate::open;
use crate::postgres::{Database, Server};
use crate::store_suite::fixture::*;

/// Far more than all limits of the store together.
const HANG: Duration = Duration::from_secs(60);

pub(crate) async fn no_hang<T>(operation: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, operation).await.unwrap()
}

/// Ends the connections of the store.
pub(crate) const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE application_name = 'runnerconf' AND datname = current_database()";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_used_again() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let store = open(&server.url(&server.create_database())).await;
    for mode in ["fast", "immediate"] {
        let known = put_runner(&store).await;
        server.stop(mode);
        for _ in 0..3 {
            let change = no_hang(store.put_runner(change("put"), runner())).await;
            assert!(
                matches!(change, Err(StoreError::Unavailable { .. })),
                "{change:?}"
            );
            let look_up = no_hang(store.runner(known)).await;
            assert!(
                matches!(look_up, Err(StoreError::Unavailable { .. })),
                "{look_up:?}"
            );
        }
        server.resume();
        assert!(store.runner(known).await.unwrap().is_some());
        put_runner(&store).await;
    }
    assert_eq!(store.runners().await.unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ended_are_replaced_unnoticed() {
    let Some(database) = Database::create() else {
        return;
    };
    let store = open(&database.url()).await;
    for _ in 0..5 {
        database.sql(TERMINATE);
        let id = put_runner(&store).await;
        database.sql(TERMINATE);
        assert!(store.runner(id).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_had_not_begun_to_commit_is_repeated() {
    let Some(database) = Database::create() else {
        return;
    };
    let database = Arc::new(database);
    let store = open(&database.url()).await;
    let id = create_class(&store, class(put_runner(&store).await)).await;
    let runs = Arc::new(AtomicU32::new(0));
    let updater = {
        let (database, runs) = (Arc::clone(&database), Arc::clone(&runs));
        move |class: &mut EnvironmentClassRecord| {
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                database.sql(TERMINATE);
            }
            class.message.description.push('!');
            Ok::<_, ()>(())
        }
    };
    let updated = store.update_environment_class(change("update"), id, updater);
    assert_eq!(no_hang(updated).await.unwrap(), Updated::Done(()));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    // Once, not twice.
    let description = get_class(&store, id).await.unwrap().description;
    assert_eq!(description, "For builds!");
    let updates = store.changes(0, 100).await.unwrap();
    let updates = updates.iter().filter(|change| change.action == "update");
    assert_eq!(updates.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_commit_that_was_cut_off_is_unknown() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let name = server.create_database();
    let store = Arc::new(open(&server.url(&name)).await);
    let runner = runner();
    let put = commit_that_waits(&server, &name, &store, runner.clone()).await;
    server.sql(&name, TERMINATE);
    let put = no_hang(put).await.unwrap();
    assert!(
        matches!(put, Err(StoreError::OutcomeUnknown { .. })),
        "{put:?}"
    );
    // As it happens it was stored; whoever looks finds out.
    assert_eq!(store.runner(runner.id).await.unwrap(), Some(runner));
}

/// A commit whose standby does not answer is not acknowledged, not even when the time for a statement is up.
#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_commit_that_is_not_answered_is_unknown() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let name = server.create_database();
    let options = PostgresOptions::from_url(&server.url(&name)).unwrap();
    let options = options.statement_timeout(Duration::from_secs(1));
    let store = Arc::new(options.open().await.unwrap());
    let put = commit_that_waits(&server, &name, &store, runner()).await;
    let put = no_hang(put).await.unwrap();
    assert!(
        matches!(put, Err(StoreError::OutcomeUnknown { .. })),
        "{put:?}"
    );
}

/// Each would leave a connection behind that the database is not done with.
#[tokio::test(flavor = "multi_thread")]
async fn while_commits_are_not_answered_further_changes_are_refused() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let name = server.create_database();
    let options = PostgresOptions::from_url(&server.url(&name)).unwrap();
    let options = options.statement_timeout(Duration::from_millis(200));
    let store = Arc::new(options.connections(4).open().await.unwrap());
    let known = put_runner(&*store).await;
    let put = commit_that_waits(&server, &name, &store, runner()).await;
    // Its caller goes away.
    put.abort();
    let mut unknown = 1;
    let refused = loop {
        match no_hang(store.put_runner(change("put"), runner())).await {
            Err(StoreError::OutcomeUnknown { .. }) => unknown += 1,
            refused => break refused.unwrap_err(),
        }
    };
    assert!(refused.is_transient(), "{refused}");
    assert!(refused.to_string().contains("standbys"), "{refused}");
    assert_eq!(unknown, 3, "three quarters of the connections");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    assert_eq!(server.sql(&name, waiting).trim(), "3");
    assert!(store.runner(known).await.unwrap().is_some());

    set_standbys(&server, &name, "").await;
    no_hang(until_it_changes(&store, &runner())).await;
    assert_eq!(store.runners().await.unwrap().len(), 1 + 3 + 1);
    assert_eq!(server.sql(&name, waiting).trim(), "0");
}

/// A change that waits, in its commit, for a standby that there is not.
async fn commit_that_waits(
    server: &Server,
    database: &str,
    store: &Arc<PostgresStore>,
    runner: Runner,
) -> tokio::task::JoinHandle<Result<RunnerPut, StoreError>> {
    set_standbys(server, database, "nobody").await;
    let store = Arc::clone(store);
    let put = tokio::spawn(async move { store.put_runner(change("put"), runner).await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let wait = async {
        // Whether or not its caller has given up on it meanwhile.
        while server.sql(database, waits).trim() == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    no_hang(wait).await;
    put
}

/// Repeats a change until the database is back to work.
pub(crate) async fn until_it_changes(store: &PostgresStore, runner: &Runner) {
    while let Err(error) = store.put_runner(change("put"), runner.clone()).await {
        assert!(error.is_transient(), "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Sets which standbys a commit waits for.
pub(crate) async fn set_standbys(server: &Server, database: &str, names: &str) {
    let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'");
    server.sql(database, &set);
    server.sql(database, "SELECT pg_reload_conf()");
    let shown = || server.sql(database, "SHOW synchronous_standby_names");
    while shown().trim() != names {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The checkpointer tells all others whether there are standbys, and looks at its settings before it does as it is asked.
    server.sql(database, "CHECKPOINT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_answer_is_given_up() {
    let Some(database) = Database::create() else {
        return;
    };
    let options = PostgresOptions::from_url(&database.url()).unwrap();
    let options = options.statement_timeout(Duration::from_secs(1));
    let store = options.open().await.unwrap();
    let known = put_runner(&store).await;
    let backends = database.sql(
        "SELECT pid FROM pg_stat_activity
         WHERE application_name = 'runnerconf' AND datname = current_database()",
    );
    let signal = |name: &str| {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).args(backends.lines());
        assert!(kill.status().unwrap().success());
    };
    signal("STOP");
    let change = no_hang(store.put_runner(change("put"), runner())).await;
    assert!(
        matches!(change, Err(StoreError::Unavailable { .. })),
        "{change:?}"
    );
    // On another connection.
    assert!(store.runner(known).await.unwrap().is_some());
    signal("CONT");
    put_runner(&store).await;
    assert_eq!(store.runners().await.unwrap().len(), 2);
}
