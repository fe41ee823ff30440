//! Host authentication tokens.

use std::sync::Arc;

use runner_configuration::v1::{HostAuthenticationTokenSource, Principal};
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

const HOST: &str = "github.com";

pub(crate) async fn an_unknown_token_is_none<S: Store>(store: Arc<S>) {
    assert_eq!(
        store
            .host_authentication_token(new_id(), Form::Protobuf)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .host_authentication_token_record(new_id())
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn every_field_comes_back<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let integration = create_scm(&*store, scm(runner, HOST)).await;
    let complete = naming(token(runner, HOST, user(1)), integration);
    let mut bare = token(
        runner,
        HOST,
        SubjectKey {
            principal: Principal::Runner,
            ..user(1)
        },
    );
    bare.message = Default::default();
    bare.refresh_token = None;
    for token in [complete, bare] {
        create_token(&*store, token.clone()).await;
        let found = store
            .host_authentication_token(token.id, Form::Protobuf)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.runner_id, found.owner),
            (token.runner_id, token.owner)
        );
        assert_eq!(found.message, Encoded::new(&token.message));
        assert_eq!(record(&*store, token.id).await, Some(token));
    }
}

pub(crate) async fn a_token_needs_its_runner<S: Store>(store: Arc<S>) {
    let token = naming(token(new_id(), HOST, user(1)), new_id());
    assert_eq!(
        try_create(&*store, &token).await,
        TokenCreated::RunnerNotFound
    );
    assert_eq!(record(&*store, token.id).await, None);
}

pub(crate) async fn a_token_needs_the_integration_that_it_names<S: Store>(store: Arc<S>) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let of_other = create_scm(&*store, scm(other, HOST)).await;
    create_token(&*store, token(runner, HOST, user(1))).await;
    for missing in [new_id(), of_other] {
        // It is looked at before the combination is.
        let token = naming(token(runner, HOST, user(1)), missing);
        assert_eq!(
            try_create(&*store, &token).await,
            TokenCreated::IntegrationNotFound
        );
        assert_eq!(record(&*store, token.id).await, None);
    }
}

pub(crate) async fn one_token_per_runner_host_and_owner<S: Store>(store: Arc<S>) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let token = token(runner, HOST, user(1));
    create_token(&*store, token.clone()).await;

    let second = super::fixture::token(runner, HOST, user(1));
    assert_eq!(
        try_create(&*store, &second).await,
        TokenCreated::AlreadyExists
    );
    assert_eq!(record(&*store, second.id).await, None);
    assert_eq!(record(&*store, token.id).await, Some(token));

    let account = SubjectKey {
        principal: Principal::ServiceAccount,
        ..user(1)
    };
    for differs in [
        super::fixture::token(other, HOST, user(1)),
        super::fixture::token(runner, "gitlab.com", user(1)),
        super::fixture::token(runner, HOST, user(2)),
        super::fixture::token(runner, HOST, account),
    ] {
        create_token(&*store, differs).await;
    }
}

pub(crate) async fn a_deleted_token_can_be_created_again<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let first = create_token(&*store, token(runner, HOST, user(1))).await;
    assert!(delete(&*store, first, None).await);
    create_token(&*store, token(runner, HOST, user(1))).await;
}

pub(crate) async fn an_update_changes_the_token<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let (changed, other) = (token(runner, HOST, user(1)), token(runner, HOST, user(2)));
    create_token(&*store, changed.clone()).await;
    create_token(&*store, other.clone()).await;

    let edit = |token: &mut HostAuthenticationTokenRecord| {
        token.message.scopes = vec!["admin".into()];
        token.message.expires_at = None;
        token.token = Sealed {
            ciphertext: b"new".to_vec(),
            key: KeyFingerprint([8; 32]),
        };
        token.refresh_token = None;
    };
    assert_eq!(update(&*store, changed.id, edit).await, Updated::Done(()));

    let mut expected = changed;
    edit(&mut expected);
    assert_eq!(record(&*store, expected.id).await, Some(expected));
    assert_eq!(record(&*store, other.id).await, Some(other));
}

pub(crate) async fn a_refused_update_changes_nothing<S: Store>(store: Arc<S>) {
    let token = token(put_runner(&*store).await, HOST, user(1));
    create_token(&*store, token.clone()).await;
    let updated = store
        .update_host_authentication_token(change("update"), token.id, |token| {
            token.token = sealed(b"stolen");
            Err(token.owner)
        })
        .await;
    assert_eq!(updated.unwrap(), Updated::Refused(user(1)));
    assert_eq!(record(&*store, token.id).await, Some(token));
}

pub(crate) async fn an_unknown_token_is_not_updated<S: Store>(store: Arc<S>) {
    assert_eq!(
        update(&*store, new_id(), |_| panic!("called")).await,
        Updated::NotFound
    );
}

pub(crate) async fn delete_says_whether_there_was_a_token<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let id = create_token(&*store, token(runner, HOST, user(1))).await;
    let other = create_token(&*store, token(runner, HOST, user(2))).await;
    assert!(delete(&*store, id, None).await);
    assert!(!delete(&*store, id, None).await);
    assert_eq!(record(&*store, id).await, None);
    assert!(record(&*store, other).await.is_some());
}

pub(crate) async fn delete_can_ask_for_an_owner<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let id = create_token(&*store, token(runner, HOST, user(1))).await;
    let same_id = SubjectKey {
        principal: Principal::Environment,
        ..user(1)
    };
    assert!(!delete(&*store, id, Some(user(2))).await);
    assert!(!delete(&*store, id, Some(same_id)).await);
    assert!(record(&*store, id).await.is_some());
    assert!(delete(&*store, id, Some(user(1))).await);
}

pub(crate) async fn no_filter_lists_all<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    assert_eq!(
        listed.pick(|_| true),
        listed.ids(&*store, Default::default()).await
    );
}

pub(crate) async fn filter_by_runner<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let runner = listed.runners[1];
    let filter = HostAuthenticationTokenFilter {
        runner_id: Some(runner),
        ..Default::default()
    };
    assert_eq!(
        listed.ids(&*store, filter).await,
        listed.pick(|token| token.runner_id == runner)
    );
    let unknown = HostAuthenticationTokenFilter {
        runner_id: Some(new_id()),
        ..Default::default()
    };
    assert_eq!(listed.ids(&*store, unknown).await, NOTHING);
}

pub(crate) async fn filter_by_subject<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let subject_id = Some(user(1).id);
    let filter = HostAuthenticationTokenFilter {
        subject_id,
        ..Default::default()
    };
    // Whatever its principal.
    let expected = listed.pick(|token| token.owner.id == user(1).id);
    assert_eq!(expected.len(), 4);
    assert_eq!(listed.ids(&*store, filter).await, expected);
}

pub(crate) async fn filter_by_user<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let user_id = Some(user(1).id);
    let filter = HostAuthenticationTokenFilter {
        user_id,
        ..Default::default()
    };
    assert_eq!(
        listed.ids(&*store, filter).await,
        listed.pick(|token| token.owner == user(1))
    );
}

pub(crate) async fn filter_by_owner<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let owner = SubjectKey {
        principal: Principal::ServiceAccount,
        ..user(1)
    };
    let filter = HostAuthenticationTokenFilter {
        owner: Some(owner),
        ..Default::default()
    };
    assert_eq!(
        listed.ids(&*store, filter).await,
        listed.pick(|token| token.owner == owner)
    );
}

pub(crate) async fn filters_combine_with_and<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let runner = listed.runners[0];
    let filter = HostAuthenticationTokenFilter {
        runner_id: Some(runner),
        subject_id: Some(user(1).id),
        ..Default::default()
    };
    let expected = listed.pick(|token| token.runner_id == runner && token.owner.id == user(1).id);
    assert_eq!(listed.ids(&*store, filter.clone()).await, expected);
    let filter = HostAuthenticationTokenFilter {
        user_id: Some(user(1).id),
        owner: Some(user(1)),
        ..filter
    };
    let expected = listed.pick(|token| token.runner_id == runner && token.owner == user(1));
    assert_eq!(listed.ids(&*store, filter).await, expected);
}

pub(crate) async fn filters_that_contradict_each_other_are_an_empty_page<S: Store>(store: Arc<S>) {
    let listed = Listed::create(&*store).await;
    let account = SubjectKey {
        principal: Principal::ServiceAccount,
        ..user(1)
    };
    for filter in [
        HostAuthenticationTokenFilter {
            subject_id: Some(user(1).id),
            user_id: Some(user(2).id),
            ..Default::default()
        },
        HostAuthenticationTokenFilter {
            user_id: Some(user(1).id),
            owner: Some(account),
            ..Default::default()
        },
        HostAuthenticationTokenFilter {
            subject_id: Some(user(1).id),
            owner: Some(user(2)),
            ..Default::default()
        },
    ] {
        assert_eq!(listed.ids(&*store, filter).await, NOTHING);
    }
}

async fn try_create(store: &impl Store, token: &HostAuthenticationTokenRecord) -> TokenCreated {
    store
        .create_host_authentication_token(change("create"), token.clone())
        .await
        .unwrap()
}

async fn record(store: &impl Store, id: Uuid) -> Option<HostAuthenticationTokenRecord> {
    store.host_authentication_token_record(id).await.unwrap()
}

async fn delete(store: &impl Store, id: Uuid, owner: Option<SubjectKey>) -> bool {
    store
        .delete_host_authentication_token(change("delete"), id, owner)
        .await
        .unwrap()
}

async fn update(
    store: &impl Store,
    id: Uuid,
    edit: impl Fn(&mut HostAuthenticationTokenRecord) + Send + 'static,
) -> Updated<(), ()> {
    let updater = move |token: &mut HostAuthenticationTokenRecord| {
        edit(token);
        Ok(())
    };
    store
        .update_host_authentication_token(change("update"), id, updater)
        .await
        .unwrap()
}

/// Tokens of two runners, for two users and a service account with the id of one of them.
struct Listed {
    runners: [Uuid; 2],
    tokens: Vec<HostAuthenticationTokenRecord>,
}

impl Listed {
    async fn create(store: &impl Store) -> Self {
        let runners = [put_runner(store).await, put_runner(store).await];
        let mut tokens = Vec::new();
        for runner in runners {
            for owner in [
                user(1),
                user(2),
                SubjectKey {
                    principal: Principal::ServiceAccount,
                    ..user(1)
                },
            ] {
                let token = with_source(
                    token(runner, HOST, owner),
                    HostAuthenticationTokenSource::Oauth,
                );
                create_token(store, token.clone()).await;
                tokens.push(token);
            }
        }
        Self { runners, tokens }
    }

    fn pick(&self, filter: impl Fn(&HostAuthenticationTokenRecord) -> bool) -> Vec<Uuid> {
        self.tokens
            .iter()
            .filter(|token| filter(token))
            .map(|token| token.id)
            .collect()
    }

    async fn ids(&self, store: &impl Store, filter: HostAuthenticationTokenFilter) -> Vec<Uuid> {
        token_ids(store, filter).await
    }
}
