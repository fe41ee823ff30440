//! Runners.

use std::sync::Arc;

use runner_configuration::v1::{RunnerKind, RunnerProvider, SupportedModel};
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

pub(crate) async fn an_unknown_runner_is_none<S: Store>(store: Arc<S>) {
    put_runner(&*store).await;
    assert_eq!(store.runner(new_id()).await.unwrap(), None);
}

pub(crate) async fn put_creates_updates_and_says_so<S: Store>(store: Arc<S>) {
    let mut runner = runner();
    let put = async |runner: &Runner| store.put_runner(change("put"), runner.clone()).await;

    assert_eq!(put(&runner).await.unwrap(), RunnerPut::Created);
    assert_eq!(put(&runner).await.unwrap(), RunnerPut::Unchanged);
    for edit in [
        (|runner| runner.name = "Dublin".into()) as fn(&mut Runner),
        |runner| runner.kind = RunnerKind::LocalConfiguration,
        |runner| runner.provider = RunnerProvider::Gcp,
        |runner| runner.public_key = Some([6; 32]),
        |runner| runner.schema = Some(Encoded::new(&schema("2"))),
        |runner| runner.public_key = None,
        |runner| runner.schema = None,
    ] {
        edit(&mut runner);
        assert_eq!(put(&runner).await.unwrap(), RunnerPut::Updated);
        assert_eq!(store.runner(runner.id).await.unwrap(), Some(runner.clone()));
        assert_eq!(put(&runner).await.unwrap(), RunnerPut::Unchanged);
    }
    assert_eq!(store.runners().await.unwrap().len(), 1);
}

pub(crate) async fn every_field_comes_back<S: Store>(store: Arc<S>) {
    let complete = runner();
    let bare = Runner {
        id: new_id(),
        name: String::new(),
        kind: RunnerKind::Unspecified,
        provider: RunnerProvider::Unspecified,
        public_key: None,
        schema: None,
    };
    // An empty schema is a schema.
    let empty = Runner {
        id: new_id(),
        schema: Some(Encoded::new(&Default::default())),
        ..runner()
    };
    for runner in [complete, bare, empty] {
        put(&*store, runner.clone()).await;
        assert_eq!(store.runner(runner.id).await.unwrap(), Some(runner));
    }
}

pub(crate) async fn runners_are_listed_in_the_order_of_their_ids<S: Store>(store: Arc<S>) {
    assert_eq!(store.runners().await.unwrap(), []);
    let [first, second, third] = [runner(), runner(), runner()];
    for runner in [&second, &third, &first] {
        put(&*store, runner.clone()).await;
    }
    assert_eq!(store.runners().await.unwrap(), [first, second, third]);
}

pub(crate) async fn a_changed_runner_keeps_its_objects<S: Store>(store: Arc<S>) {
    let mut runner = runner();
    put(&*store, runner.clone()).await;
    let objects = one_of_each(&*store, runner.id).await;
    runner.name = "Dublin".into();
    runner.public_key = Some([9; 32]);
    assert_eq!(
        store.put_runner(change("put"), runner).await.unwrap(),
        RunnerPut::Updated
    );
    assert!(objects.are_there(&*store).await);
}

pub(crate) async fn a_runner_without_objects_is_removed<S: Store>(store: Arc<S>) {
    let (gone, stays) = (put_runner(&*store).await, put_runner(&*store).await);
    let remove = async |id| {
        store
            .remove_runner(change("remove"), id, false)
            .await
            .unwrap()
    };

    assert_eq!(
        remove(gone).await,
        RunnerRemoved::Done(ObjectCounts::default())
    );
    assert_eq!(store.runner(gone).await.unwrap(), None);
    assert!(store.runner(stays).await.unwrap().is_some());
    assert_eq!(remove(gone).await, RunnerRemoved::NotFound);
}

pub(crate) async fn a_runner_with_objects_is_removed_only_with_force<S: Store>(store: Arc<S>) {
    let (gone, stays) = (put_runner(&*store).await, put_runner(&*store).await);
    let objects = one_of_each(&*store, gone).await;
    create_class(&*store, class(gone)).await;
    let of_other = one_of_each(&*store, stays).await;
    let counts = ObjectCounts {
        environment_classes: 2,
        host_authentication_tokens: 1,
        scm_integrations: 1,
        llm_integrations: 1,
    };

    let refused = store
        .remove_runner(change("remove"), gone, false)
        .await
        .unwrap();
    assert_eq!(refused, RunnerRemoved::HasObjects(counts));
    assert!(objects.are_there(&*store).await);
    assert!(store.runner(gone).await.unwrap().is_some());

    let removed = store
        .remove_runner(change("remove"), gone, true)
        .await
        .unwrap();
    assert_eq!(removed, RunnerRemoved::Done(counts));
    assert!(objects.are_gone(&*store).await);
    assert_eq!(store.runner(gone).await.unwrap(), None);
    assert!(of_other.are_there(&*store).await);
}

pub(crate) async fn nothing_is_created_for_a_removed_runner<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let _ = store
        .remove_runner(change("remove"), runner, true)
        .await
        .unwrap();
    let class = store
        .create_environment_class(change("create"), class(runner))
        .await;
    assert_eq!(class.unwrap(), Created::RunnerNotFound);
}

/// The ids of one object of each kind.
struct Objects {
    class: Uuid,
    token: Uuid,
    scm: Uuid,
    llm: Uuid,
}

async fn one_of_each(store: &impl Store, runner: Uuid) -> Objects {
    let scm = create_scm(store, scm(runner, "github.com")).await;
    Objects {
        class: create_class(store, class(runner)).await,
        token: create_token(store, naming(token(runner, "github.com", user(1)), scm)).await,
        scm,
        llm: create_llm(store, llm(runner, &[SupportedModel::Opus4])).await,
    }
}

impl Objects {
    async fn are_there(&self, store: &impl Store) -> bool {
        self.found(store).await == [true; 4]
    }

    async fn are_gone(&self, store: &impl Store) -> bool {
        self.found(store).await == [false; 4]
    }

    async fn found(&self, store: &impl Store) -> [bool; 4] {
        [
            store
                .environment_class(self.class, Form::Protobuf)
                .await
                .unwrap()
                .is_some(),
            store
                .host_authentication_token(self.token, Form::Protobuf)
                .await
                .unwrap()
                .is_some(),
            store
                .scm_integration(self.scm, Form::Protobuf)
                .await
                .unwrap()
                .is_some(),
            store
                .llm_integration(self.llm, Form::Protobuf)
                .await
                .unwrap()
                .is_some(),
        ]
    }
}

pub(crate) async fn what_is_sealed_to_another_key_is_found<S: Store>(store: Arc<S>) {
    let (present, old) = (KeyFingerprint([1; 32]), KeyFingerprint([2; 32]));
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let sealed = |key| Sealed {
        ciphertext: vec![0; 48],
        key,
    };
    let mut objects = Vec::new();
    for (runner, key, number) in [(runner, present, 1), (runner, old, 2), (other, old, 3)] {
        let class = EnvironmentClassRecord {
            sealed_to: Some(key),
            ..class(runner)
        };
        let token = HostAuthenticationTokenRecord {
            token: sealed(key),
            refresh_token: Some(sealed(key)),
            ..token(runner, "github.com", user(number))
        };
        let scm = ScmIntegrationRecord {
            sealed_to: Some(key),
            ..scm(runner, "github.com")
        };
        let llm = LlmIntegrationRecord {
            api_key_sealed_to: Some(key),
            headers_sealed_to: Some(key),
            ..llm(runner, &[SupportedModel::Opus4])
        };
        objects.push([
            create_class(&*store, class).await,
            create_token(&*store, token).await,
            create_scm(&*store, scm).await,
            create_llm(&*store, llm).await,
        ]);
    }
    // Nothing in it is sealed.
    let bare = EnvironmentClassRecord {
        sealed_to: None,
        ..class(runner)
    };
    create_class(&*store, bare).await;

    let stale = store.stale_secrets(runner, Some(present)).await.unwrap();
    assert!(stale.iter().all(|secret| secret.sealed_to == old));
    let found: Vec<_> = stale
        .iter()
        .map(|secret| (secret.kind, secret.object, secret.field))
        .collect();
    let [class, token, scm, llm] = objects[1];
    assert_eq!(
        found,
        [
            (ObjectKind::EnvironmentClass, class, "configuration"),
            (ObjectKind::HostAuthenticationToken, token, "token"),
            (ObjectKind::HostAuthenticationToken, token, "refresh_token"),
            (
                ObjectKind::ScmIntegration,
                scm,
                "oauth_plaintext_client_secret"
            ),
            (ObjectKind::LlmIntegration, llm, "api_key"),
            (ObjectKind::LlmIntegration, llm, "request_headers"),
        ]
    );
    // Without a key nothing is sealed to the present one.
    assert_eq!(store.stale_secrets(runner, None).await.unwrap().len(), 12);
}
