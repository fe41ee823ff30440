//! Many callers at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runner_configuration::v1::SupportedModel;
use runner_configuration_service::store::*;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::fixture::*;

pub(crate) async fn of_two_updates_none_is_lost<S: Store>(store: Arc<S>) {
    let mut counted = class(put_runner(&*store).await);
    counted.message.description = "0".into();
    let id = create_class(&*store, counted).await;
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..5 {
                let count = |class: &mut EnvironmentClassRecord| {
                    let count: u32 = class.message.description.parse()?;
                    class.message.description = (count + 1).to_string();
                    Ok::<_, std::num::ParseIntError>(())
                };
                let updated = store
                    .update_environment_class(change("count"), id, count)
                    .await;
                assert_eq!(updated.unwrap(), Updated::Done(()));
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(get_class(&*store, id).await.unwrap().description, "160");
}

pub(crate) async fn one_of_64_writers_gets_the_combination<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    for round in 0..8 {
        let mut tasks = JoinSet::new();
        for _ in 0..64 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let token = token(runner, "github.com", user(round));
                let id = token.id;
                let created = store.create_host_authentication_token(change("create"), token);
                (id, created.await.unwrap())
            });
        }
        let outcomes = tasks.join_all().await;
        let winners: Vec<Uuid> = outcomes
            .iter()
            .filter(|(_, created)| *created == TokenCreated::Done)
            .map(|(id, _)| *id)
            .collect();
        let losers = outcomes
            .iter()
            .filter(|(_, it)| *it == TokenCreated::AlreadyExists)
            .count();
        assert_eq!((winners.len(), losers), (1, 63));
        let user_id = Some(user(round).id);
        let filter = HostAuthenticationTokenFilter {
            user_id,
            ..Default::default()
        };
        assert_eq!(token_ids(&*store, filter).await, winners);
    }
}

pub(crate) async fn a_token_never_names_a_deleted_integration<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    for round in 0..20 {
        let integration = create_scm(&*store, scm(runner, "github.com")).await;
        let mut tasks = JoinSet::new();
        for subject in 0..8 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let token = token(runner, "github.com", user(round * 8 + subject));
                let token = naming(token, integration);
                let created = store
                    .create_host_authentication_token(change("create"), token)
                    .await;
                assert!(matches!(
                    created,
                    Ok(TokenCreated::Done | TokenCreated::IntegrationNotFound)
                ));
            });
        }
        let deleted = store
            .delete_scm_integration(change("delete"), integration)
            .await
            .unwrap();
        assert!(deleted.is_some());
        tasks.join_all().await;
        assert_eq!(token_ids(&*store, Default::default()).await, NOTHING);
    }
}

pub(crate) async fn an_object_never_outlives_its_runner<S: Store>(store: Arc<S>) {
    for _ in 0..20 {
        let runner = put_runner(&*store).await;
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let created = store
                    .create_environment_class(change("create"), class(runner))
                    .await;
                assert!(matches!(
                    created,
                    Ok(Created::Done | Created::RunnerNotFound)
                ));
            });
        }
        let removed = store
            .remove_runner(change("remove"), runner, true)
            .await
            .unwrap();
        assert!(matches!(removed, RunnerRemoved::Done(_)));
        tasks.join_all().await;
        assert_eq!(class_ids(&*store, Default::default()).await, NOTHING);
    }
}

pub(crate) async fn the_last_two_integrations_are_not_both_deleted<S: Store>(store: Arc<S>) {
    for _ in 0..20 {
        let runner = put_runner(&*store).await;
        let integrations = [
            create_llm(&*store, llm(runner, &[SupportedModel::Opus4])).await,
            create_llm(&*store, llm(runner, &[SupportedModel::Opus4])).await,
        ];
        let mut tasks = JoinSet::new();
        for id in integrations {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                store
                    .delete_llm_integration(change("delete"), id, false)
                    .await
                    .unwrap()
            });
        }
        let outcomes = tasks.join_all().await;
        let last = LlmIntegrationDeleted::LastForModels(vec![SupportedModel::Opus4]);
        assert!(
            outcomes.contains(&LlmIntegrationDeleted::Done),
            "{outcomes:?}"
        );
        assert!(outcomes.contains(&last), "{outcomes:?}");
    }
}

pub(crate) async fn paging_through_a_changing_list_repeats_and_loses_nothing<S: Store>(
    store: Arc<S>,
) {
    let runners = [put_runner(&*store).await, put_runner(&*store).await];
    let mut stable = Vec::new();
    for number in 0..120 {
        // Some of what is listed at first goes away while it is listed.
        let owner = user(number);
        let id = create_token(
            &*store,
            token(runners[(number % 2) as usize], "a.example", owner),
        );
        let id = id.await;
        if number % 3 != 0 {
            stable.push(id);
        }
    }
    let volatile: Vec<Uuid> = token_ids(&*store, Default::default())
        .await
        .into_iter()
        .filter(|id| !stable.contains(id))
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let churn = {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        tokio::spawn(async move {
            let mut gone = volatile.into_iter();
            let mut number = 1000;
            while !done.load(Ordering::Relaxed) {
                if let Some(id) = gone.next() {
                    let delete = change("delete");
                    store
                        .delete_host_authentication_token(delete, id, None)
                        .await
                        .unwrap();
                }
                create_token(
                    &*store,
                    token(runners[number % 2], "b.example", user(number as u128)),
                )
                .await;
                number += 1;
            }
        })
    };
    for _ in 0..20 {
        let mut seen = Vec::new();
        let mut after = None;
        // New tokens come at the end, and might keep coming.
        while seen.len() < 200 {
            let page = PageRequest {
                after,
                limit: 7,
                form: Form::Protobuf,
            };
            let page = store
                .host_authentication_tokens(Default::default(), page)
                .await
                .unwrap();
            seen.extend(ids(page.decode().unwrap().iter().map(|token| &token.id)));
            after = page.next_after();
            if after.is_none() {
                break;
            }
        }
        let distinct: HashSet<&Uuid> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "a token was repeated");
        assert!(
            stable.iter().all(|id| distinct.contains(id)),
            "a token was lost"
        );
    }
    done.store(true, Ordering::Relaxed);
    churn.await.unwrap();
}

pub(crate) async fn what_was_acknowledged_is_seen_at_once<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let mut tasks = JoinSet::new();
    for subject in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..10 {
                let id = create_token(&*store, token(runner, "github.com", user(subject))).await;
                assert!(
                    store
                        .host_authentication_token(id, Form::Protobuf)
                        .await
                        .unwrap()
                        .is_some()
                );
                let user_id = Some(user(subject).id);
                let filter = HostAuthenticationTokenFilter {
                    user_id,
                    ..Default::default()
                };
                assert_eq!(token_ids(&*store, filter).await, [id]);
                let delete = store.delete_host_authentication_token(change("delete"), id, None);
                assert!(delete.await.unwrap());
                assert!(
                    store
                        .host_authentication_token(id, Form::Protobuf)
                        .await
                        .unwrap()
                        .is_none()
                );
            }
        });
    }
    tasks.join_all().await;
}

pub(crate) async fn a_refused_change_does_not_harm_its_neighbours<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let taken = create_class(&*store, class(runner)).await;
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut class = class(runner);
            if number % 4 == 0 {
                class.id = taken;
                let refused = store
                    .create_environment_class(change("create"), class)
                    .await;
                assert!(
                    matches!(refused, Err(StoreError::DuplicateId)),
                    "{refused:?}"
                );
            } else {
                create_class(&*store, class).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(class_ids(&*store, Default::default()).await.len(), 49);
}

pub(crate) async fn a_panicking_updater_does_not_harm_its_neighbours<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let id = create_class(&*store, class(runner)).await;
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            if number % 4 == 0 {
                let panicked = tokio::spawn(async move {
                    let panic = |class: &mut EnvironmentClassRecord| -> Result<(), ()> {
                        class.message.enabled = false;
                        std::panic::resume_unwind(Box::new("a bug"));
                    };
                    store
                        .update_environment_class(change("update"), id, panic)
                        .await
                });
                assert!(panicked.await.is_err_and(|error| error.is_panic()));
            } else {
                create_class(&*store, class(runner)).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(class_ids(&*store, Default::default()).await.len(), 49);
    assert!(get_class(&*store, id).await.unwrap().enabled);
}

pub(crate) async fn a_dropped_caller_leaves_nothing_half_done<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    for round in 0..50 {
        let integration = create_scm(&*store, scm(runner, "github.com")).await;
        for subject in 0..3 {
            let token = token(runner, "github.com", user(round * 3 + subject));
            create_token(&*store, naming(token, integration)).await;
        }
        let task = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                store
                    .delete_scm_integration(change("delete"), integration)
                    .await
                    .unwrap()
            })
        };
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let _ = task.await;
        // All of it is there, or nothing: whatever is still on its way is done before this.
        let deleted = store
            .delete_scm_integration(change("delete"), integration)
            .await
            .unwrap();
        assert!(matches!(deleted, None | Some(3)), "{deleted:?}");
        assert_eq!(token_ids(&*store, Default::default()).await, NOTHING);
    }
}
