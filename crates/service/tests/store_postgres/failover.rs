//! Another server takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use runner_configuration_service::store::*;

use crate::faults::{no_hang, set_standbys, until_it_changes};
use crate::open;
use crate::postgres::Server;
use crate::store_suite::fixture::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_takes_over_has_all_that_was_acknowledged() {
    let Some(primary) = Server::start(&[]) else {
        return;
    };
    let standby = primary.standby();
    let name = primary.create_database();
    set_standbys(&primary, &name, "*").await;
    let store = Arc::new(open(&primary.url_with(&standby, &name)).await);

    let acknowledged = Arc::new(AtomicU32::new(0));
    let writers: Vec<_> = (0..4)
        .map(|_| tokio::spawn(write(Arc::clone(&store), Arc::clone(&acknowledged))))
        .collect();
    while acknowledged.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    primary.kill();
    standby.promote();
    let at_failover = acknowledged.load(Ordering::Relaxed);
    let mut all = Vec::new();
    for writer in writers {
        all.extend(no_hang(writer).await.unwrap());
    }
    assert!(acknowledged.load(Ordering::Relaxed) > at_failover);
    for id in all {
        let found = store.runner(id).await.unwrap();
        assert!(found.is_some(), "{id} is lost");
    }
}

/// Makes 200 changes, whatever happens; returns those that were acknowledged.
async fn write(store: Arc<impl Store>, count: Arc<AtomicU32>) -> Vec<uuid::Uuid> {
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 200 {
        let runner = runner();
        let id = runner.id;
        match store.put_runner(change("put"), runner).await {
            Ok(put) => {
                assert_eq!(put, RunnerPut::Created);
                acknowledged.push(id);
                count.fetch_add(1, Ordering::Relaxed);
            }
            // It may be there or not.
            Err(StoreError::OutcomeUnknown { .. }) => {}
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }
    acknowledged
}

/// As after a demotion.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_changes_is_used_again_when_it_does() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let name = server.create_database();
    let store = open(&server.url(&name)).await;
    let known = put_runner(&store).await;
    let set = |read_only: &str| {
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}");
        server.sql("postgres", &sql);
        server.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runnerconf'");
    };
    set("on");
    let change = no_hang(store.put_runner(change("put"), runner())).await;
    assert!(
        matches!(change, Err(StoreError::Unavailable { .. })),
        "{change:?}"
    );
    set("off");
    no_hang(until_it_changes(&store, &runner())).await;
    assert!(store.runner(known).await.unwrap().is_some());
    assert_eq!(store.runners().await.unwrap().len(), 2);
}
