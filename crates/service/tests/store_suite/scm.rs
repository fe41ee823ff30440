//! SCM integrations, and what their changes do to tokens.

use std::sync::Arc;

use runner_configuration::v1::HostAuthenticationTokenSource as Source;
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

const HOST: &str = "github.com";

pub(crate) async fn an_unknown_integration_is_none<S: Store>(store: Arc<S>) {
    assert_eq!(
        store
            .scm_integration(new_id(), Form::Protobuf)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn every_field_comes_back<S: Store>(store: Arc<S>) {
    let complete = scm(put_runner(&*store).await, HOST);
    let mut bare = scm(complete.runner_id, HOST);
    bare.message = Default::default();
    bare.sealed_to = None;
    for integration in [complete, bare] {
        create_scm(&*store, integration.clone()).await;
        let found = store
            .scm_integration(integration.id, Form::Protobuf)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.runner_id, integration.runner_id);
        assert_eq!(found.message, Encoded::new(&integration.message));
        assert_eq!(seen_by_updater(&*store, integration.id).await, integration);
    }
}

pub(crate) async fn an_integration_needs_its_runner<S: Store>(store: Arc<S>) {
    let integration = scm(new_id(), HOST);
    let id = integration.id;
    let created = store
        .create_scm_integration(change("create"), integration)
        .await
        .unwrap();
    assert_eq!(created, Created::RunnerNotFound);
    assert_eq!(
        store.scm_integration(id, Form::Protobuf).await.unwrap(),
        None
    );
}

pub(crate) async fn two_integrations_of_one_host_are_not_refused<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    create_scm(&*store, scm(runner, HOST)).await;
    create_scm(&*store, scm(runner, HOST)).await;
}

pub(crate) async fn filter_by_runner<S: Store>(store: Arc<S>) {
    let mut runners = Vec::new();
    let mut integrations = Vec::new();
    for _ in 0..3 {
        let runner = put_runner(&*store).await;
        runners.push(runner);
        integrations.push(create_scm(&*store, scm(runner, HOST)).await);
    }
    let listed = async |runner_ids| {
        let page = store
            .scm_integrations(RunnerFilter { runner_ids }, ALL)
            .await
            .unwrap();
        ids(page
            .decode()
            .unwrap()
            .iter()
            .map(|integration| &integration.id))
    };
    assert_eq!(listed(vec![]).await, integrations);
    assert_eq!(listed(vec![runners[1]]).await, integrations[1..2]);
    assert_eq!(
        listed(vec![runners[2], runners[1], runners[2]]).await,
        integrations[1..3]
    );
    assert_eq!(listed(vec![new_id()]).await, NOTHING);
}

pub(crate) async fn an_update_changes_the_integration<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let (changed, other) = (scm(runner, HOST), scm(runner, HOST));
    create_scm(&*store, changed.clone()).await;
    create_scm(&*store, other.clone()).await;
    let kept = create_token(&*store, token(runner, HOST, user(1))).await;

    let edit = |integration: &mut ScmIntegrationRecord| {
        integration.message.oauth = None;
        integration.message.virtual_directory = Some("/other".into());
        integration.sealed_to = None;
    };
    assert_eq!(
        update(&*store, changed.id, edit, NONE).await,
        Updated::Done(0)
    );

    let mut expected = changed;
    edit(&mut expected);
    assert_eq!(seen_by_updater(&*store, expected.id).await, expected);
    assert_eq!(seen_by_updater(&*store, other.id).await, other);
    assert_eq!(token_ids(&*store, Default::default()).await, [kept]);
}

pub(crate) async fn an_update_deletes_the_tokens_it_names_by_source<S: Store>(store: Arc<S>) {
    for (deletions, gone) in [
        (NONE, vec![]),
        (
            TokenDeletions {
                oauth: true,
                pat: false,
            },
            vec![Source::Oauth],
        ),
        (
            TokenDeletions {
                oauth: false,
                pat: true,
            },
            vec![Source::Pat],
        ),
        (
            TokenDeletions {
                oauth: true,
                pat: true,
            },
            vec![Source::Oauth, Source::Pat],
        ),
    ] {
        let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
        let integration = create_scm(&*store, scm(runner, HOST)).await;
        let mut kept = Vec::new();
        let mut deleted = 0;
        for (subject, source) in (1..).zip([Source::Unspecified, Source::Oauth, Source::Pat]) {
            for (runner, host) in [(runner, HOST), (runner, "gitlab.com"), (other, HOST)] {
                let token = with_source(token(runner, host, user(subject)), source);
                let id = create_token(&*store, token).await;
                if (runner, host) == (runner_of(&*store, integration).await, HOST)
                    && gone.contains(&source)
                {
                    deleted += 1;
                } else {
                    kept.push(id);
                }
            }
        }
        let updated = update(&*store, integration, |_| {}, deletions).await;
        assert_eq!(updated, Updated::Done(deleted), "{deletions:?}");
        let mut left = Vec::new();
        for runner_id in [runner, other] {
            let runner_id = Some(runner_id);
            let filter = HostAuthenticationTokenFilter {
                runner_id,
                ..Default::default()
            };
            left.append(&mut token_ids(&*store, filter).await);
        }
        left.sort_unstable();
        assert_eq!(left, kept, "{deletions:?}");
    }
}

pub(crate) async fn a_refused_update_changes_nothing<S: Store>(store: Arc<S>) {
    let integration = scm(put_runner(&*store).await, HOST);
    create_scm(&*store, integration.clone()).await;
    let token = create_token(&*store, token(integration.runner_id, HOST, user(1))).await;
    let updated = store
        .update_scm_integration(change("update"), integration.id, |integration| {
            integration.message.pat = false;
            Err("no")
        })
        .await;
    assert_eq!(updated.unwrap(), Updated::Refused("no"));
    assert_eq!(seen_by_updater(&*store, integration.id).await, integration);
    assert_eq!(token_ids(&*store, Default::default()).await, [token]);
}

pub(crate) async fn an_unknown_integration_is_neither_updated_nor_deleted<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    create_token(&*store, token(runner, HOST, user(1))).await;
    let updated = update(&*store, new_id(), |_| panic!("called"), NONE).await;
    assert_eq!(updated, Updated::NotFound);
    assert_eq!(delete(&*store, new_id()).await, None);
    assert_eq!(token_ids(&*store, Default::default()).await.len(), 1);
}

pub(crate) async fn delete_takes_the_tokens_that_name_it<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let integration = create_scm(&*store, scm(runner, HOST)).await;
    // Another one offers everything, but the tokens name this one, whatever their host.
    create_scm(&*store, scm(runner, HOST)).await;
    for (subject, host) in [(1, HOST), (2, "gitlab.com")] {
        create_token(
            &*store,
            naming(token(runner, host, user(subject)), integration),
        )
        .await;
    }
    assert_eq!(delete(&*store, integration).await, Some(2));
    assert_eq!(token_ids(&*store, Default::default()).await, NOTHING);
    assert_eq!(
        store
            .scm_integration(integration, Form::Protobuf)
            .await
            .unwrap(),
        None
    );
    assert_eq!(delete(&*store, integration).await, None);
}

pub(crate) async fn delete_takes_the_tokens_of_its_host_without_another_offer<S: Store>(
    store: Arc<S>,
) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let integration = create_scm(&*store, scm(runner, HOST)).await;
    // These are of another host, and of another runner.
    create_scm(&*store, scm(runner, "gitlab.com")).await;
    create_scm(&*store, scm(other, HOST)).await;
    one_of_each_source(&*store, runner).await;
    assert_eq!(delete(&*store, integration).await, Some(3));
    assert_eq!(token_ids(&*store, Default::default()).await, NOTHING);
}

pub(crate) async fn delete_keeps_the_tokens_that_another_integration_offers<S: Store>(
    store: Arc<S>,
) {
    // What the others offer, as (OAuth, PAT), and the sources of the tokens that stay. Any integration offers tokens
    // whose source is not specified.
    let cases: [(Offers, &[Source]); 5] = [
        (
            &[(true, true)],
            &[Source::Unspecified, Source::Oauth, Source::Pat],
        ),
        (&[(true, false)], &[Source::Unspecified, Source::Oauth]),
        (&[(false, true)], &[Source::Unspecified, Source::Pat]),
        (&[(false, false)], &[Source::Unspecified]),
        (
            &[(true, false), (false, true)],
            &[Source::Unspecified, Source::Oauth, Source::Pat],
        ),
    ];
    for (others, stay) in cases {
        let runner = put_runner(&*store).await;
        let integration = create_scm(&*store, scm(runner, HOST)).await;
        for &(oauth, pat) in others {
            create_scm(&*store, scm_offering(runner, HOST, oauth, pat)).await;
        }
        one_of_each_source(&*store, runner).await;
        let deleted = 3 - stay.len() as u64;
        assert_eq!(
            delete(&*store, integration).await,
            Some(deleted),
            "{others:?}"
        );
        let filter = HostAuthenticationTokenFilter {
            runner_id: Some(runner),
            ..Default::default()
        };
        let page = store.host_authentication_tokens(filter, ALL).await.unwrap();
        let left: Vec<Source> = page
            .decode()
            .unwrap()
            .iter()
            .map(|token| token.source())
            .collect();
        assert_eq!(left, stay, "{others:?}");
    }
}

pub(crate) async fn delete_keeps_the_tokens_of_others<S: Store>(store: Arc<S>) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let integration = create_scm(&*store, scm(runner, HOST)).await;
    let same_host = create_scm(&*store, scm_offering(runner, HOST, false, false)).await;
    let kept = [
        // Names another integration, which offers nothing any more.
        create_token(&*store, naming(token(runner, HOST, user(1)), same_host)).await,
        create_token(&*store, token(runner, "gitlab.com", user(1))).await,
        create_token(&*store, token(other, HOST, user(1))).await,
    ];
    assert_eq!(delete(&*store, integration).await, Some(0));
    assert_eq!(token_ids(&*store, Default::default()).await, kept);
    assert!(
        store
            .scm_integration(same_host, Form::Protobuf)
            .await
            .unwrap()
            .is_some()
    );
}

/// OAuth and PAT, of several integrations.
type Offers = &'static [(bool, bool)];

const NONE: TokenDeletions = TokenDeletions {
    oauth: false,
    pat: false,
};

/// A token from OAuth, a personal access token, and one that does not say.
async fn one_of_each_source(store: &impl Store, runner: Uuid) {
    for (subject, source) in (1..).zip([Source::Unspecified, Source::Oauth, Source::Pat]) {
        create_token(
            store,
            with_source(token(runner, HOST, user(subject)), source),
        )
        .await;
    }
}

async fn runner_of(store: &impl Store, id: Uuid) -> Uuid {
    store
        .scm_integration(id, Form::Protobuf)
        .await
        .unwrap()
        .unwrap()
        .runner_id
}

async fn delete(store: &impl Store, id: Uuid) -> Option<u64> {
    store
        .delete_scm_integration(change("delete"), id)
        .await
        .unwrap()
}

async fn update(
    store: &impl Store,
    id: Uuid,
    edit: impl Fn(&mut ScmIntegrationRecord) + Send + 'static,
    deletions: TokenDeletions,
) -> Updated<u64, ()> {
    let updater = move |integration: &mut ScmIntegrationRecord| {
        edit(integration);
        Ok(deletions)
    };
    store
        .update_scm_integration(change("update"), id, updater)
        .await
        .unwrap()
}

/// The whole record.
async fn seen_by_updater(store: &impl Store, id: Uuid) -> ScmIntegrationRecord {
    let look = |integration: &mut ScmIntegrationRecord| Err(Box::new(integration.clone()));
    match store
        .update_scm_integration(change("look"), id, look)
        .await
        .unwrap()
    {
        Updated::Refused(integration) => *integration,
        other => panic!("{other:?}"),
    }
}
