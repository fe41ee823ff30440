//! Environment classes.

use std::sync::Arc;

use runner_configuration::v1::{EnvironmentClass, RunnerKind, RunnerProvider};
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

pub(crate) async fn an_unknown_class_is_none<S: Store>(store: Arc<S>) {
    assert_eq!(
        store
            .environment_class(new_id(), Form::Protobuf)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn every_field_comes_back<S: Store>(store: Arc<S>) {
    let complete = class(put_runner(&*store).await);
    let mut bare = class(complete.runner_id);
    bare.message = EnvironmentClass {
        id: bare.id.to_string(),
        ..EnvironmentClass::default()
    };
    bare.sealed_to = None;
    for class in [complete, bare] {
        create_class(&*store, class.clone()).await;
        let found = store
            .environment_class(class.id, Form::Protobuf)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.runner_id, class.runner_id);
        assert_eq!(found.message, Encoded::new(&class.message));
        assert_eq!(seen_by_updater(&*store, class.id).await, class);
    }
}

pub(crate) async fn a_class_needs_its_runner<S: Store>(store: Arc<S>) {
    let class = class(new_id());
    let created = store
        .create_environment_class(change("create"), class.clone())
        .await;
    assert_eq!(created.unwrap(), Created::RunnerNotFound);
    assert_eq!(get_class(&*store, class.id).await, None);
}

pub(crate) async fn a_taken_id_is_refused<S: Store>(store: Arc<S>) {
    let first = class(put_runner(&*store).await);
    let mut second = class(first.runner_id);
    second.id = first.id;
    second.message.display_name = "Another".into();
    create_class(&*store, first.clone()).await;
    let refused = store
        .create_environment_class(change("create"), second)
        .await;
    assert!(
        matches!(refused, Err(StoreError::DuplicateId)),
        "{refused:?}"
    );
    assert_eq!(get_class(&*store, first.id).await, Some(first.message));
}

pub(crate) async fn an_update_changes_the_class<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let (changed, other) = (class(runner), class(runner));
    create_class(&*store, changed.clone()).await;
    create_class(&*store, other.clone()).await;

    let edit = |class: &mut EnvironmentClassRecord| {
        class.message.description = "For tests".into();
        class.message.enabled = false;
        class.sealed_to = None;
    };
    assert_eq!(update(&*store, changed.id, edit).await, Updated::Done(()));

    let mut expected = changed;
    edit(&mut expected);
    assert_eq!(seen_by_updater(&*store, expected.id).await, expected);
    assert_eq!(seen_by_updater(&*store, other.id).await, other);
}

pub(crate) async fn a_refused_update_changes_nothing<S: Store>(store: Arc<S>) {
    let class = class(put_runner(&*store).await);
    create_class(&*store, class.clone()).await;
    let updated = store
        .update_environment_class(change("update"), class.id, |class| {
            class.message.enabled = false;
            Err("no")
        })
        .await;
    assert_eq!(updated.unwrap(), Updated::Refused("no"));
    assert_eq!(seen_by_updater(&*store, class.id).await, class);
}

pub(crate) async fn an_update_cannot_move_the_class<S: Store>(store: Arc<S>) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let id = create_class(&*store, class(runner)).await;
    let moved = new_id();
    let updated = update(&*store, id, move |class| {
        class.id = moved;
        class.runner_id = other;
    });
    assert_eq!(updated.await, Updated::Done(()));
    assert_eq!(
        store
            .environment_class(moved, Form::Protobuf)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .environment_class(id, Form::Protobuf)
            .await
            .unwrap()
            .unwrap()
            .runner_id,
        runner
    );
}

pub(crate) async fn an_unknown_class_is_not_updated<S: Store>(store: Arc<S>) {
    assert_eq!(
        update(&*store, new_id(), |_| panic!("called")).await,
        Updated::NotFound
    );
}

pub(crate) async fn no_filter_lists_all<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    assert_eq!(
        class_ids(&*store, EnvironmentClassFilter::default()).await,
        classes
    );
}

pub(crate) async fn filter_by_runner<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    let listed = async |runner_ids| {
        class_ids(
            &*store,
            EnvironmentClassFilter {
                runner_ids,
                ..Default::default()
            },
        )
        .await
    };
    assert_eq!(listed(vec![runners[1]]).await, classes[2..4]);
    let several = vec![runners[2], new_id(), runners[0], runners[2]];
    assert_eq!(
        listed(several).await,
        [&classes[0..2], &classes[4..6]].concat()
    );
    assert_eq!(listed(vec![new_id()]).await, NOTHING);
}

pub(crate) async fn filter_by_enabled<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    for (enabled, offset) in [(true, 0), (false, 1)] {
        let enabled = Some(enabled);
        let listed = class_ids(
            &*store,
            EnvironmentClassFilter {
                enabled,
                ..Default::default()
            },
        );
        let expected: Vec<Uuid> = classes.iter().skip(offset).step_by(2).copied().collect();
        assert_eq!(listed.await, expected);
    }
}

pub(crate) async fn filter_by_kind<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    let listed = async |runner_kinds| {
        class_ids(
            &*store,
            EnvironmentClassFilter {
                runner_kinds,
                ..Default::default()
            },
        )
        .await
    };
    assert_eq!(
        listed(vec![RunnerKind::LocalConfiguration]).await,
        classes[4..6]
    );
    assert_eq!(listed(vec![RunnerKind::Remote]).await, classes[0..4]);
    let both = vec![RunnerKind::LocalConfiguration, RunnerKind::Remote];
    assert_eq!(listed(both).await, classes);
}

pub(crate) async fn filter_by_provider<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    let listed = async |runner_providers| {
        class_ids(
            &*store,
            EnvironmentClassFilter {
                runner_providers,
                ..Default::default()
            },
        )
        .await
    };
    assert_eq!(listed(vec![RunnerProvider::Gcp]).await, classes[2..4]);
    let two = vec![RunnerProvider::Gcp, RunnerProvider::AwsEc2];
    assert_eq!(listed(two).await, classes[0..4]);
}

pub(crate) async fn filter_by_usable<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    let listed = async |enabled| {
        let filter = EnvironmentClassFilter {
            enabled,
            usable_only: true,
            ..Default::default()
        };
        class_ids(&*store, filter).await
    };
    // The third runner has not registered yet, and the second class of each runner is disabled.
    assert_eq!(listed(None).await, [classes[0], classes[2]]);
    assert_eq!(listed(Some(true)).await, [classes[0], classes[2]]);
    assert_eq!(listed(Some(false)).await, NOTHING);
}

pub(crate) async fn filters_combine_with_and<S: Store>(store: Arc<S>) {
    let runners = various_runners(&*store).await;
    let classes = two_of_each(&*store, &runners).await;
    let filter = EnvironmentClassFilter {
        runner_ids: vec![runners[0], runners[2]],
        enabled: Some(false),
        ..Default::default()
    };
    assert_eq!(
        class_ids(&*store, filter.clone()).await,
        [classes[1], classes[5]]
    );
    let filter = EnvironmentClassFilter {
        runner_kinds: vec![RunnerKind::Remote],
        ..filter
    };
    assert_eq!(class_ids(&*store, filter.clone()).await, [classes[1]]);
    let filter = EnvironmentClassFilter {
        runner_providers: vec![RunnerProvider::AwsEc2],
        ..filter
    };
    assert_eq!(class_ids(&*store, filter.clone()).await, [classes[1]]);
    let filter = EnvironmentClassFilter {
        runner_providers: vec![RunnerProvider::Gcp],
        ..filter
    };
    assert_eq!(class_ids(&*store, filter.clone()).await, NOTHING);
}

pub(crate) async fn a_filter_with_no_match_is_an_empty_page<S: Store>(store: Arc<S>) {
    let filter = EnvironmentClassFilter {
        runner_kinds: vec![RunnerKind::Remote],
        ..Default::default()
    };
    let page = store.environment_classes(filter, ALL).await.unwrap();
    assert!(page.is_empty());
    assert_eq!((page.len(), page.next_after()), (0, None));
}

pub(crate) async fn the_filter_follows_changes<S: Store>(store: Arc<S>) {
    let mut runner = runner();
    put(&*store, runner.clone()).await;
    let id = create_class(&*store, class(runner.id)).await;
    let enabled = EnvironmentClassFilter {
        enabled: Some(true),
        ..Default::default()
    };
    let remote = EnvironmentClassFilter {
        runner_kinds: vec![RunnerKind::Remote],
        ..Default::default()
    };
    assert_eq!(class_ids(&*store, enabled.clone()).await, [id]);
    assert_eq!(class_ids(&*store, remote.clone()).await, [id]);

    let updated = update(&*store, id, |class| class.message.enabled = false).await;
    assert_eq!(updated, Updated::Done(()));
    runner.kind = RunnerKind::LocalConfiguration;
    let _ = store.put_runner(change("put"), runner).await.unwrap();
    assert_eq!(class_ids(&*store, enabled).await, NOTHING);
    assert_eq!(class_ids(&*store, remote).await, NOTHING);
}

async fn update(
    store: &impl Store,
    id: Uuid,
    edit: impl Fn(&mut EnvironmentClassRecord) + Send + 'static,
) -> Updated<(), ()> {
    let updater = move |class: &mut EnvironmentClassRecord| {
        edit(class);
        Ok(())
    };
    store
        .update_environment_class(change("update"), id, updater)
        .await
        .unwrap()
}

/// The whole record.
async fn seen_by_updater(store: &impl Store, id: Uuid) -> EnvironmentClassRecord {
    let look = |class: &mut EnvironmentClassRecord| Err(Box::new(class.clone()));
    match store
        .update_environment_class(change("look"), id, look)
        .await
        .unwrap()
    {
        Updated::Refused(class) => *class,
        other => panic!("{other:?}"),
    }
}

/// Two remote runners, on AWS and GCP, and a local one without a schema.
async fn various_runners(store: &impl Store) -> [Uuid; 3] {
    [
        put(store, runner()).await,
        put(
            store,
            Runner {
                provider: RunnerProvider::Gcp,
                ..runner()
            },
        )
        .await,
        put(
            store,
            Runner {
                kind: RunnerKind::LocalConfiguration,
                provider: RunnerProvider::DevAgent,
                schema: None,
                ..runner()
            },
        )
        .await,
    ]
}

/// An enabled and a disabled class of each runner.
async fn two_of_each(store: &impl Store, runners: &[Uuid]) -> Vec<Uuid> {
    let mut classes = Vec::new();
    for &runner in runners {
        classes.push(create_class(store, class(runner)).await);
        let mut disabled = class(runner);
        disabled.message.enabled = false;
        classes.push(create_class(store, disabled).await);
    }
    classes
}
