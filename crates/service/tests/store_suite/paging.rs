//! Pages of lists.

use std::sync::Arc;

use runner_configuration::v1::{Principal, RunnerKind, RunnerProvider};
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;
use super::random::Random;

pub(crate) async fn pages_are_in_the_order_of_ids<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let classes: Vec<_> = (0..7).map(|_| class(runner)).collect();
    let ids: Vec<Uuid> = classes.iter().map(|class| class.id).collect();
    for class in classes.into_iter().rev() {
        create_class(&*store, class).await;
    }
    for limit in 1..=8 {
        assert_eq!(walk_classes(&*store, &Default::default(), limit).await, ids);
    }
}

pub(crate) async fn a_page_ends_at_its_limit<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let mut classes = Vec::new();
    for _ in 0..3 {
        classes.push(create_class(&*store, class(runner)).await);
    }
    let page = store
        .environment_classes(Default::default(), first(2))
        .await
        .unwrap();
    assert_eq!(page.len(), 2);
    assert_eq!(page.encoded().len(), 2);
    assert_eq!(page.next_after(), Some(classes[1]));
}

pub(crate) async fn the_last_page_has_no_next<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    for _ in 0..4 {
        create_class(&*store, class(runner)).await;
    }
    let first = store
        .environment_classes(Default::default(), first(2))
        .await
        .unwrap();
    let rest = PageRequest {
        after: first.next_after(),
        limit: 2,
        form: Form::Protobuf,
    };
    let rest = store
        .environment_classes(Default::default(), rest)
        .await
        .unwrap();
    assert_eq!((rest.len(), rest.next_after()), (2, None));
}

pub(crate) async fn a_page_starts_after_any_id<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let before = create_class(&*store, class(runner)).await;
    let between = new_id();
    let after = create_class(&*store, class(runner)).await;
    for (start, expected) in [
        (Uuid::nil(), vec![before, after]),
        (between, vec![after]),
        (after, vec![]),
    ] {
        let page = PageRequest {
            after: Some(start),
            limit: 9,
            form: Form::Protobuf,
        };
        let page = store
            .environment_classes(Default::default(), page)
            .await
            .unwrap();
        assert_eq!(
            ids(page.decode().unwrap().iter().map(|class| &class.id)),
            expected
        );
    }
}

/// More of them than a store may want to put into one statement.
pub(crate) async fn many_runners_are_merged_in_order<S: Store>(store: Arc<S>) {
    let mut runners = Vec::new();
    let mut classes = Vec::new();
    for number in 0..300 {
        let kind = if number == 0 {
            RunnerKind::LocalConfiguration
        } else {
            RunnerKind::Remote
        };
        runners.push(
            put(
                &*store,
                Runner {
                    kind,
                    schema: None,
                    ..runner()
                },
            )
            .await,
        );
    }
    for round in 0..2 {
        for (number, &runner) in runners.iter().enumerate() {
            if number % 3 == round {
                let id = create_class(&*store, class(runner)).await;
                classes.extend((number > 0).then_some(id));
            }
        }
    }
    let remote = EnvironmentClassFilter {
        runner_kinds: vec![RunnerKind::Remote],
        ..Default::default()
    };
    assert_eq!(walk_classes(&*store, &remote, 17).await, classes);
    let listed = EnvironmentClassFilter {
        runner_ids: runners[1..].to_vec(),
        ..Default::default()
    };
    assert_eq!(walk_classes(&*store, &listed, 100).await, classes);
}

pub(crate) async fn random_class_filters_agree_with_a_plain_search<S: Store>(store: Arc<S>) {
    let mut random = Random::new(1);
    let kinds = [
        RunnerKind::Unspecified,
        RunnerKind::Remote,
        RunnerKind::LocalConfiguration,
    ];
    let providers = [
        RunnerProvider::AwsEc2,
        RunnerProvider::Gcp,
        RunnerProvider::Managed,
    ];
    let mut runners = Vec::new();
    for _ in 0..9 {
        let runner = Runner {
            kind: random.pick(&kinds),
            provider: random.pick(&providers),
            schema: runner().schema.filter(|_| random.one_in(2)),
            ..runner()
        };
        put(&*store, runner.clone()).await;
        runners.push(runner);
    }
    let mut classes = Vec::new();
    for _ in 0..150 {
        let runner = random.pick(&runners);
        let mut class = class(runner.id);
        class.message.enabled = !random.one_in(3);
        create_class(&*store, class.clone()).await;
        classes.push((class, runner));
    }
    for _ in 0..200 {
        let filter = EnvironmentClassFilter {
            runner_ids: some(&mut random, &runners, 2)
                .iter()
                .map(|runner| runner.id)
                .collect(),
            enabled: random.pick(&[None, None, Some(true), Some(false)]),
            runner_kinds: some(&mut random, &kinds, 3),
            runner_providers: some(&mut random, &providers, 3),
            usable_only: random.one_in(4),
        };
        let passes = |class: &EnvironmentClassRecord, runner: &Runner| {
            let enabled = class.message.enabled;
            (filter.runner_ids.is_empty() || filter.runner_ids.contains(&runner.id))
                && filter.enabled.is_none_or(|wanted| wanted == enabled)
                && (filter.runner_kinds.is_empty() || filter.runner_kinds.contains(&runner.kind))
                && (filter.runner_providers.is_empty()
                    || filter.runner_providers.contains(&runner.provider))
                && (!filter.usable_only || (enabled && runner.schema.is_some()))
        };
        let expected: Vec<Uuid> = classes
            .iter()
            .filter(|(class, runner)| passes(class, runner))
            .map(|(class, _)| class.id)
            .collect();
        let limit = 1 + random.below(40);
        assert_eq!(
            walk_classes(&*store, &filter, limit).await,
            expected,
            "{filter:?}"
        );
    }
}

pub(crate) async fn random_token_filters_agree_with_a_plain_search<S: Store>(store: Arc<S>) {
    let mut random = Random::new(2);
    let runners = [
        put_runner(&*store).await,
        put_runner(&*store).await,
        put_runner(&*store).await,
    ];
    let principals = [Principal::User, Principal::User, Principal::ServiceAccount];
    let subject = |random: &mut Random| SubjectKey {
        principal: random.pick(&principals),
        id: user(random.below(6) as u128).id,
    };
    let mut tokens: Vec<HostAuthenticationTokenRecord> = Vec::new();
    for number in 0..100 {
        let token = token(
            random.pick(&runners),
            &format!("git{number}.example"),
            subject(&mut random),
        );
        create_token(&*store, token.clone()).await;
        tokens.push(token);
    }
    for _ in 0..200 {
        let filter = HostAuthenticationTokenFilter {
            runner_id: random.one_in(2).then(|| random.pick(&runners)),
            subject_id: random.one_in(3).then(|| subject(&mut random).id),
            user_id: random.one_in(3).then(|| subject(&mut random).id),
            owner: random.one_in(3).then(|| subject(&mut random)),
        };
        let passes = |token: &HostAuthenticationTokenRecord| {
            filter.runner_id.is_none_or(|id| id == token.runner_id)
                && filter.subject_id.is_none_or(|id| id == token.owner.id)
                && filter
                    .user_id
                    .is_none_or(|id| SubjectKey::user(id) == token.owner)
                && filter.owner.is_none_or(|owner| owner == token.owner)
        };
        let expected: Vec<Uuid> = tokens
            .iter()
            .filter(|token| passes(token))
            .map(|token| token.id)
            .collect();
        let limit = 1 + random.below(20);
        assert_eq!(
            walk_tokens(&*store, &filter, limit).await,
            expected,
            "{filter:?}"
        );
    }
}

/// The ids of all pages, each of which is checked to be as long as it may be.
async fn walk_classes(
    store: &impl Store,
    filter: &EnvironmentClassFilter,
    limit: usize,
) -> Vec<Uuid> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest {
            after,
            limit,
            form: Form::Protobuf,
        };
        let page = store
            .environment_classes(filter.clone(), page)
            .await
            .unwrap();
        all.extend(ids(page.decode().unwrap().iter().map(|class| &class.id)));
        after = page.next_after();
        if after.is_none() {
            return all;
        }
        assert_eq!(page.len(), limit);
    }
}

async fn walk_tokens(
    store: &impl Store,
    filter: &HostAuthenticationTokenFilter,
    limit: usize,
) -> Vec<Uuid> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest {
            after,
            limit,
            form: Form::Protobuf,
        };
        let page = store
            .host_authentication_tokens(filter.clone(), page)
            .await
            .unwrap();
        all.extend(ids(page.decode().unwrap().iter().map(|token| &token.id)));
        after = page.next_after();
        if after.is_none() {
            return all;
        }
        assert_eq!(page.len(), limit);
    }
}

/// Nothing, or about one in `chances`.
fn some<T: Clone>(random: &mut Random, of: &[T], chances: usize) -> Vec<T> {
    if random.one_in(2) {
        return Vec::new();
    }
    of.iter()
        .filter(|_| random.one_in(chances))
        .cloned()
        .collect()
}
