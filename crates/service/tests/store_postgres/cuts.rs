//! Connections that are cut, at every point of a change.

use std::time::Duration;

use runner_configuration_service::store::postgres::{PostgresOptions, PostgresStore};
use runner_configuration_service::store::*;

use crate::faults::{TERMINATE, no_hang, until_it_changes};
use crate::open;
use crate::postgres::Database;
use crate::proxy::{Direction, Fault, Proxy};
use crate::store_suite::fixture::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_commit_that_is_lost_on_its_way_is_unknown() {
    for (fault, is_stored) in [
        (Fault::CutBeforeCommit, false),
        (Fault::CutAfterCommit, true),
        (Fault::Silence, false),
    ] {
        let Some(database) = Database::create() else {
            return;
        };
        let proxy = Proxy::to(database.server);
        let options = PostgresOptions::from_url(&proxy.url(&database.name)).unwrap();
        let options = options.statement_timeout(Duration::from_secs(1));
        let store = options.open().await.unwrap();
        put_runner(&store).await;

        proxy.set(fault);
        let runner = runner();
        let put = no_hang(store.put_runner(change("put"), runner.clone())).await;
        assert!(
            matches!(put, Err(StoreError::OutcomeUnknown { .. })),
            "{fault:?}: {put:?}"
        );
        assert!(!proxy.mend(), "{fault:?} did not happen");
        let found = store.runner(runner.id).await.unwrap();
        assert_eq!(found.is_some(), is_stored, "{fault:?}");
        // Whatever became of it, it can be made now.
        no_hang(until_it_changes(&store, &runner)).await;
        assert_eq!(store.runners().await.unwrap().len(), 2);
        assert_eq!(store.changes(0, 100).await.unwrap().len(), 2);
    }
}

/// The deletion of an integration with its tokens is one change of many packets. They are sent on a connection that
/// was in use before, or on one that has to be made.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_connection_is_cut_a_change_is_whole_and_its_answer_right() {
    let Some(database) = Database::create() else {
        return;
    };
    let proxy = Proxy::to(database.server);
    let store = open(&proxy.url(&database.name)).await;
    for is_new in [false, true] {
        for direction in [Direction::ToServer, Direction::ToStore] {
            let mut packets = 0;
            while delete_and_cut(
                &database,
                &proxy,
                &store,
                Fault::CutAfter(direction, packets),
                is_new,
            )
            .await
            .is_some()
            {
                packets += 1;
            }
            assert!(packets > 4, "the change has {packets} packets");
        }
        for fault in [Fault::CutBeforeCommit, Fault::CutAfterCommit] {
            let is_known = delete_and_cut(&database, &proxy, &store, fault, is_new).await;
            assert_eq!(is_known, Some(false), "{fault:?}");
        }
    }
}

/// Returns whether the outcome was known, or `None` if the fault did not happen.
async fn delete_and_cut(
    database: &Database,
    proxy: &Proxy,
    store: &PostgresStore,
    fault: Fault,
    is_new: bool,
) -> Option<bool> {
    let runner = put_runner(store).await;
    let integration = create_scm(store, scm(runner, "github.com")).await;
    for subject in 0..3 {
        create_token(store, token(runner, "github.com", user(subject))).await;
    }
    if is_new {
        database.sql(TERMINATE);
    }

    proxy.set(fault);
    let deleted = no_hang(store.delete_scm_integration(change("delete"), integration)).await;
    if proxy.mend() {
        assert_eq!(deleted.unwrap(), Some(3));
        return None;
    }
    let integration = store.scm_integration(integration, Form::Protobuf).await;
    let filter = HostAuthenticationTokenFilter {
        runner_id: Some(runner),
        ..Default::default()
    };
    let tokens = store.host_authentication_tokens(filter, ALL).await.unwrap();
    let left = (
        integration.unwrap().is_some(),
        tokens.decode().unwrap().len(),
    );
    match deleted {
        Ok(deleted) => assert_eq!((deleted, left), (Some(3), (false, 0))),
        Err(StoreError::OutcomeUnknown { .. }) => {
            assert!(matches!(left, (false, 0) | (true, 3)), "{left:?}");
            return Some(false);
        }
        Err(error) => {
            assert!(error.is_transient(), "{error}");
            assert_eq!(left, (true, 3), "{error}");
        }
    }
    Some(true)
}

/// PostgreSQL stores no text with the character NUL, and no key of an index that is too long.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_hold_is_refused_for_good() {
    let Some(database) = Database::create() else {
        return;
    };
    let store = open(&database.url()).await;
    let id = put_runner(&store).await;
    let named = Runner {
        name: "a\0b".to_owned(),
        ..runner()
    };
    let refused = [
        store.put_runner(change("put"), named).await.unwrap_err(),
        store
            .create_scm_integration(change("create"), scm(id, "a\0b"))
            .await
            .unwrap_err(),
        store
            .create_host_authentication_token(
                change("create"),
                token(id, &incompressible(20_000), user(1)),
            )
            .await
            .unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, StoreError::Unstorable { .. }), "{error}");
        assert!(!error.is_transient());
    }
    assert_eq!(store.changes(0, 100).await.unwrap().len(), 1);
    put_runner(&store).await;
}

fn incompressible(length: usize) -> String {
    let mut random = crate::store_suite::random::Random::new(1);
    let letters = (0..length).map(|_| char::from(b'a' + (random.next() % 26) as u8));
    letters.collect()
}
