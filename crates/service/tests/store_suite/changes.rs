//! The record of changes.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use runner_configuration::v1::SupportedModel;
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

pub(crate) async fn each_change_is_recorded<S: Store>(store: Arc<S>) {
    let runner = runner();
    let id = runner.id;
    let by_operator = Change::by_operator("runner apply", now());
    let _ = store.put_runner(by_operator, runner.clone()).await.unwrap();
    let renamed = Runner {
        name: "Dublin".into(),
        ..runner
    };
    let _ = store
        .put_runner(change("put again"), renamed)
        .await
        .unwrap();

    let (class, scm, llm) = (
        class(id),
        scm(id, "github.com"),
        llm(id, &[SupportedModel::Opus4]),
    );
    let (class_id, scm_id, llm_id) = (class.id, scm.id, llm.id);
    let token = token(id, "github.com", user(1));
    let token_id = token.id;
    let _ = store
        .create_environment_class(change("class"), class)
        .await
        .unwrap();
    let _ = store
        .create_scm_integration(change("scm"), scm)
        .await
        .unwrap();
    let _ = store
        .create_llm_integration(change("llm"), llm)
        .await
        .unwrap();
    let _ = store
        .create_host_authentication_token(change("token"), token)
        .await
        .unwrap();
    update_all(&*store, [class_id, scm_id, llm_id, token_id]).await;

    let deleted = store
        .delete_host_authentication_token(change("token-"), token_id, None)
        .await;
    assert!(deleted.unwrap());
    assert_eq!(
        store
            .delete_scm_integration(change("scm-"), scm_id)
            .await
            .unwrap(),
        Some(0)
    );
    let _ = store
        .delete_llm_integration(change("llm-"), llm_id, true)
        .await
        .unwrap();
    store
        .set_admin_key(change("key"), [1; 32].into(), ADMIN)
        .await
        .unwrap();
    let _ = store
        .remove_runner(change("runner-"), id, true)
        .await
        .unwrap();

    let recorded = store.changes(0, 100).await.unwrap();
    assert!(recorded.is_sorted_by_key(|change| change.sequence));
    assert!(recorded.iter().all(|change| change.at == now()));
    assert_eq!(recorded[0].by, None);
    assert!(recorded[1..].iter().all(|change| change.by == Some(ADMIN)));
    use ChangeOutcome::*;
    assert_eq!(
        told(&recorded),
        [
            ("runner apply", ObjectKind::Runner, id, Created),
            ("put again", ObjectKind::Runner, id, Updated),
            ("class", ObjectKind::EnvironmentClass, class_id, Created),
            ("scm", ObjectKind::ScmIntegration, scm_id, Created),
            ("llm", ObjectKind::LlmIntegration, llm_id, Created),
            (
                "token",
                ObjectKind::HostAuthenticationToken,
                token_id,
                Created
            ),
            ("class+", ObjectKind::EnvironmentClass, class_id, Updated),
            ("scm+", ObjectKind::ScmIntegration, scm_id, Updated),
            ("llm+", ObjectKind::LlmIntegration, llm_id, Updated),
            (
                "token+",
                ObjectKind::HostAuthenticationToken,
                token_id,
                Updated
            ),
            (
                "token-",
                ObjectKind::HostAuthenticationToken,
                token_id,
                Deleted
            ),
            ("scm-", ObjectKind::ScmIntegration, scm_id, Deleted),
            ("llm-", ObjectKind::LlmIntegration, llm_id, Deleted),
            ("key", ObjectKind::ApiKey, Uuid::nil(), Created),
            (
                "runner-",
                ObjectKind::EnvironmentClass,
                class_id,
                DeletedAlong
            ),
            ("runner-", ObjectKind::Runner, id, Deleted),
        ]
    );
}

/// What was done, to what, and what became of it.
fn told(changes: &[RecordedChange]) -> Vec<(&str, ObjectKind, Uuid, ChangeOutcome)> {
    let told = changes.iter().map(|change| {
        let (kind, outcome) = (change.kind.unwrap(), change.outcome.unwrap());
        (change.action.as_str(), kind, change.object, outcome)
    });
    told.collect()
}

pub(crate) async fn what_goes_along_with_something_is_recorded<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let scm = create_scm(&*store, scm(runner, "github.com")).await;
    let token = create_token(&*store, token(runner, "github.com", user(1))).await;
    let key = ApiKey {
        id: new_id(),
        name: String::new(),
        subject: SubjectKey::runner(runner),
        role: Role::Runner,
        read_only: false,
        created_at: now(),
        expires_at: None,
        revoked_at: None,
    };
    let key_id = key.id;
    let _ = store
        .create_api_key(change("key"), key, [1; 32].into())
        .await
        .unwrap();
    let before = store.changes(0, 100).await.unwrap().len();

    let deleted = store.delete_scm_integration(change("scm-"), scm).await;
    assert_eq!(deleted.unwrap(), Some(1));
    let _ = store
        .remove_runner(change("runner-"), runner, true)
        .await
        .unwrap();
    use ChangeOutcome::*;
    let changes = store.changes(0, 100).await.unwrap();
    assert_eq!(
        told(&changes[before..]),
        [
            (
                "scm-",
                ObjectKind::HostAuthenticationToken,
                token,
                DeletedAlong
            ),
            ("scm-", ObjectKind::ScmIntegration, scm, Deleted),
            ("runner-", ObjectKind::ApiKey, key_id, Revoked),
            ("runner-", ObjectKind::Runner, runner, Deleted),
        ]
    );
}

pub(crate) async fn the_request_is_recorded<S: Store>(store: Arc<S>) {
    let requests = [Some("request-1"), None];
    for request in requests {
        let mut change = change("put");
        if let Some(id) = request {
            change = change.in_request(id);
        }
        let _ = store.put_runner(change, runner()).await.unwrap();
    }
    let changes = store.changes(0, 100).await.unwrap();
    let recorded: Vec<_> = changes
        .iter()
        .map(|change| change.request_id.as_deref())
        .collect();
    assert_eq!(recorded, requests);
}

pub(crate) async fn the_oldest_are_forgotten<S: Store>(store: Arc<S>) {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    for seconds in [3, 1, 2] {
        let change = Change::by_operator("put", at(seconds));
        let _ = store.put_runner(change, runner()).await.unwrap();
    }
    assert_eq!(store.forget_changes(at(1)).await.unwrap(), 0);
    assert_eq!(store.forget_changes(at(3)).await.unwrap(), 2);
    let left = store.changes(0, 100).await.unwrap();
    assert_eq!(
        left.iter().map(|change| change.at).collect::<Vec<_>>(),
        [at(3)]
    );
}

async fn update_all(store: &impl Store, [class, scm, llm, token]: [Uuid; 4]) {
    let _ = store
        .update_environment_class(change("class+"), class, |_| Ok::<_, ()>(()))
        .await
        .unwrap();
    let _ = store
        .update_scm_integration(change("scm+"), scm, |_| Ok::<_, ()>(Default::default()))
        .await
        .unwrap();
    let _ = store
        .update_llm_integration(change("llm+"), llm, |_| Ok::<_, ()>(()))
        .await
        .unwrap();
    let _ = store
        .update_host_authentication_token(change("token+"), token, |_| Ok::<_, ()>(()))
        .await
        .unwrap();
}

pub(crate) async fn what_changed_nothing_is_not_recorded<S: Store>(store: Arc<S>) {
    let runner = runner();
    put(&*store, runner.clone()).await;
    let id = create_class(&*store, class(runner.id)).await;
    let llm_id = create_llm(&*store, llm(runner.id, &[SupportedModel::Opus4])).await;
    create_token(&*store, token(runner.id, "github.com", user(1))).await;
    store
        .set_admin_key(change("key"), [1; 32].into(), ADMIN)
        .await
        .unwrap();
    let before = store.changes(0, 100).await.unwrap();

    let _ = store.put_runner(change("x"), runner.clone()).await.unwrap();
    let _ = store
        .remove_runner(change("x"), runner.id, false)
        .await
        .unwrap();
    let _ = store
        .remove_runner(change("x"), new_id(), true)
        .await
        .unwrap();
    let _ = store
        .create_environment_class(change("x"), class(new_id()))
        .await
        .unwrap();
    let _ = store
        .update_environment_class(change("x"), id, |_| Err(()))
        .await
        .unwrap();
    let _ = store
        .update_environment_class(change("x"), new_id(), |_| Ok::<_, ()>(()))
        .await
        .unwrap();
    let again = token(runner.id, "github.com", user(1));
    let _ = store
        .create_host_authentication_token(change("x"), again)
        .await
        .unwrap();
    store
        .delete_host_authentication_token(change("x"), new_id(), None)
        .await
        .unwrap();
    store
        .delete_scm_integration(change("x"), new_id())
        .await
        .unwrap();
    let _ = store
        .delete_llm_integration(change("x"), llm_id, false)
        .await
        .unwrap();
    store
        .set_admin_key(change("x"), [1; 32].into(), ADMIN)
        .await
        .unwrap();
    assert_eq!(store.changes(0, 100).await.unwrap(), before);
}

pub(crate) async fn records_are_paged<S: Store>(store: Arc<S>) {
    for _ in 0..5 {
        put_runner(&*store).await;
    }
    let all = store.changes(0, 100).await.unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(store.changes(0, 2).await.unwrap(), all[..2]);
    assert_eq!(store.changes(all[1].sequence, 2).await.unwrap(), all[2..4]);
    assert_eq!(store.changes(all[4].sequence, 2).await.unwrap(), []);
}

pub(crate) async fn times_before_1970_are_kept<S: Store>(store: Arc<S>) {
    let at = SystemTime::UNIX_EPOCH - Duration::from_micros(1_000_001);
    let _ = store
        .put_runner(Change::by_operator("put", at), runner())
        .await
        .unwrap();
    assert_eq!(store.changes(0, 1).await.unwrap()[0].at, at);
}
