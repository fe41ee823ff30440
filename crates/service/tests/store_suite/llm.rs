//! LLM integrations.

use std::sync::Arc;

use runner_configuration::v1::LlmIntegrationPhase as Phase;
use runner_configuration::v1::SupportedModel::{self, Opus4, Sonnet4, Sonnet5};
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

pub(crate) async fn an_unknown_integration_is_none<S: Store>(store: Arc<S>) {
    assert_eq!(
        store
            .llm_integration(new_id(), Form::Protobuf)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn every_field_comes_back<S: Store>(store: Arc<S>) {
    let complete = llm(put_runner(&*store).await, &[Opus4, Sonnet4]);
    let mut bare = llm(complete.runner_id, &[]);
    bare.message = Default::default();
    bare.api_key_sealed_to = None;
    bare.headers_sealed_to = Some(KeyFingerprint([9; 32]));
    for integration in [complete, bare] {
        create_llm(&*store, integration.clone()).await;
        let found = store
            .llm_integration(integration.id, Form::Protobuf)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.runner_id, integration.runner_id);
        assert_eq!(found.message, Encoded::new(&integration.message));
        assert_eq!(seen_by_updater(&*store, integration.id).await, integration);
    }
}

pub(crate) async fn an_integration_needs_its_runner<S: Store>(store: Arc<S>) {
    let integration = llm(new_id(), &[Opus4]);
    let id = integration.id;
    let created = store
        .create_llm_integration(change("create"), integration)
        .await
        .unwrap();
    assert_eq!(created, Created::RunnerNotFound);
    assert_eq!(
        store.llm_integration(id, Form::Protobuf).await.unwrap(),
        None
    );
}

pub(crate) async fn filter_by_runner<S: Store>(store: Arc<S>) {
    let mut runners = Vec::new();
    let mut integrations = Vec::new();
    for _ in 0..3 {
        let runner = put_runner(&*store).await;
        runners.push(runner);
        integrations.push(create_llm(&*store, llm(runner, &[Opus4])).await);
    }
    let listed = async |runner_ids| {
        let page = store
            .llm_integrations(RunnerFilter { runner_ids }, ALL)
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
    let (changed, other) = (llm(runner, &[Opus4]), llm(runner, &[Sonnet4]));
    create_llm(&*store, changed.clone()).await;
    create_llm(&*store, other.clone()).await;

    let edit = |integration: &mut LlmIntegrationRecord| {
        integration.message.endpoint = "https://other.example".into();
        integration.message.request_headers.clear();
        integration.api_key_sealed_to = None;
        integration.headers_sealed_to = Some(KeyFingerprint([7; 32]));
    };
    assert_eq!(update(&*store, changed.id, edit).await, Updated::Done(()));

    let mut expected = changed;
    edit(&mut expected);
    assert_eq!(seen_by_updater(&*store, expected.id).await, expected);
    assert_eq!(seen_by_updater(&*store, other.id).await, other);
}

pub(crate) async fn a_refused_update_changes_nothing<S: Store>(store: Arc<S>) {
    let integration = llm(put_runner(&*store).await, &[Opus4]);
    create_llm(&*store, integration.clone()).await;
    let updated = store
        .update_llm_integration(change("update"), integration.id, |integration| {
            integration.message.models.clear();
            Err("no")
        })
        .await;
    assert_eq!(updated.unwrap(), Updated::Refused("no"));
    assert_eq!(seen_by_updater(&*store, integration.id).await, integration);
}

pub(crate) async fn the_last_integration_for_a_model_is_kept<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let several = create_llm(&*store, llm(runner, &[Opus4, Sonnet4, Sonnet5])).await;
    let one = create_llm(&*store, llm(runner, &[Sonnet4])).await;
    assert_eq!(delete(&*store, several).await, last_for(&[Opus4, Sonnet5]));
    assert!(
        store
            .llm_integration(several, Form::Protobuf)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(delete(&*store, one).await, LlmIntegrationDeleted::Done);
    assert_eq!(
        store.llm_integration(one, Form::Protobuf).await.unwrap(),
        None
    );
    assert_eq!(
        delete(&*store, several).await,
        last_for(&[Opus4, Sonnet4, Sonnet5])
    );
}

pub(crate) async fn only_enabled_integrations_of_the_same_runner_count<S: Store>(store: Arc<S>) {
    let (runner, other) = (put_runner(&*store).await, put_runner(&*store).await);
    let integration = create_llm(&*store, llm(runner, &[Opus4])).await;
    create_llm(&*store, llm(other, &[Opus4])).await;
    for phase in [Phase::Disabled, Phase::Unavailable, Phase::Unspecified] {
        create_llm(&*store, in_phase(llm(runner, &[Opus4]), phase)).await;
    }
    assert_eq!(delete(&*store, integration).await, last_for(&[Opus4]));
}

pub(crate) async fn an_integration_that_is_not_enabled_is_never_the_last<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    for phase in [Phase::Disabled, Phase::Unavailable, Phase::Unspecified] {
        let id = create_llm(&*store, in_phase(llm(runner, &[Opus4]), phase)).await;
        assert_eq!(delete(&*store, id).await, LlmIntegrationDeleted::Done);
    }
}

pub(crate) async fn force_deletes_the_last<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let id = create_llm(&*store, llm(runner, &[Opus4])).await;
    let deleted = store
        .delete_llm_integration(change("delete"), id, true)
        .await
        .unwrap();
    assert_eq!(deleted, LlmIntegrationDeleted::Done);
    assert_eq!(
        store.llm_integration(id, Form::Protobuf).await.unwrap(),
        None
    );
}

pub(crate) async fn an_update_decides_what_counts<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let integration = create_llm(&*store, llm(runner, &[Opus4])).await;
    let other = create_llm(&*store, llm(runner, &[Opus4])).await;
    let disable =
        |integration: &mut LlmIntegrationRecord| integration.message.phase = Phase::Disabled.into();
    assert_eq!(update(&*store, other, disable).await, Updated::Done(()));
    assert_eq!(delete(&*store, integration).await, last_for(&[Opus4]));
    assert_eq!(
        update(&*store, integration, disable).await,
        Updated::Done(())
    );
    assert_eq!(
        delete(&*store, integration).await,
        LlmIntegrationDeleted::Done
    );
}

pub(crate) async fn an_unknown_integration_is_neither_updated_nor_deleted<S: Store>(store: Arc<S>) {
    assert_eq!(
        update(&*store, new_id(), |_| panic!("called")).await,
        Updated::NotFound
    );
    assert_eq!(
        delete(&*store, new_id()).await,
        LlmIntegrationDeleted::NotFound
    );
}

fn last_for(models: &[SupportedModel]) -> LlmIntegrationDeleted {
    LlmIntegrationDeleted::LastForModels(models.to_vec())
}

fn in_phase(mut integration: LlmIntegrationRecord, phase: Phase) -> LlmIntegrationRecord {
    integration.message.phase = phase.into();
    integration
}

async fn delete(store: &impl Store, id: Uuid) -> LlmIntegrationDeleted {
    store
        .delete_llm_integration(change("delete"), id, false)
        .await
        .unwrap()
}

async fn update(
    store: &impl Store,
    id: Uuid,
    edit: impl Fn(&mut LlmIntegrationRecord) + Send + 'static,
) -> Updated<(), ()> {
    let updater = move |integration: &mut LlmIntegrationRecord| {
        edit(integration);
        Ok(())
    };
    store
        .update_llm_integration(change("update"), id, updater)
        .await
        .unwrap()
}

/// The whole record.
async fn seen_by_updater(store: &impl Store, id: Uuid) -> LlmIntegrationRecord {
    let look = |integration: &mut LlmIntegrationRecord| Err(Box::new(integration.clone()));
    match store
        .update_llm_integration(change("look"), id, look)
        .await
        .unwrap()
    {
        Updated::Refused(integration) => *integration,
        other => panic!("{other:?}"),
    }
}
