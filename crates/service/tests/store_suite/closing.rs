//! Closing a store.

use std::sync::Arc;

use runner_configuration_service::store::*;
use tokio::task::JoinSet;

use super::fixture::*;

pub(crate) async fn changes_in_the_queue_are_finished<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let mut tasks = JoinSet::new();
    for _ in 0..200 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let class = class(runner);
            let id = class.id;
            let created = store
                .create_environment_class(change("create"), class)
                .await;
            (id, created)
        });
    }
    store.close().await.unwrap();
    while let Some(task) = tasks.join_next().await {
        let (id, created) = task.unwrap();
        let is_there = get_class(&*store, id).await.is_some();
        match created {
            Ok(created) => assert_eq!((created, is_there), (Created::Done, true)),
            Err(StoreError::Unavailable { .. }) => assert!(!is_there),
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn a_closed_store_refuses_changes<S: Store>(store: Arc<S>) {
    store.close().await.unwrap();
    let refused = store.put_runner(change("put"), runner()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable { .. })),
        "{refused:?}"
    );
}

pub(crate) async fn closing_twice_is_closing_once<S: Store>(store: Arc<S>) {
    store.close().await.unwrap();
    store.close().await.unwrap();
}
