//! API keys.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use runner_configuration_service::store::*;
use uuid::Uuid;

use super::fixture::*;

fn hash(number: u8) -> KeyHash {
    [number; 32].into()
}

fn key(id: u128, role: Role, subject: SubjectKey) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(id),
        name: "CI".into(),
        subject,
        role,
        read_only: false,
        created_at: SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_001),
        expires_at: None,
        revoked_at: None,
    }
}

fn user_key(id: u128) -> ApiKey {
    key(id, Role::User, SubjectKey::user(Uuid::from_u128(7)))
}

pub(crate) async fn there_is_no_key_at_first<S: Store>(store: Arc<S>) {
    assert_eq!(store.api_key(hash(1)).await.unwrap(), None);
    assert_eq!(store.api_keys().await.unwrap(), []);
}

pub(crate) async fn the_admin_key_is_replaced<S: Store>(store: Arc<S>) {
    for number in [1, 1, 2] {
        store
            .set_admin_key(change("serve"), hash(number), ADMIN)
            .await
            .unwrap();
        let key = store.api_key(hash(number)).await.unwrap().unwrap();
        assert_eq!(
            (key.id, key.role, key.subject),
            (ApiKey::ADMIN, Role::Admin, ADMIN)
        );
    }
    assert_eq!(store.api_key(hash(1)).await.unwrap(), None);
    assert_eq!(store.api_keys().await.unwrap().len(), 1);
}

pub(crate) async fn the_admin_key_is_no_other_key<S: Store>(store: Arc<S>) {
    let created = store
        .create_api_key(change("key create"), user_key(1), hash(1))
        .await;
    assert_eq!(created.unwrap(), ApiKeyCreated::Done);
    // Neither the first nor one that takes the place of another.
    for number in [1, 2, 1] {
        let set = store
            .set_admin_key(change("serve"), hash(number), ADMIN)
            .await;
        match number {
            1 => assert!(matches!(set, Err(StoreError::Unstorable { .. })), "{set:?}"),
            _ => set.unwrap(),
        }
    }
    let key = store.api_key(hash(1)).await.unwrap().unwrap();
    assert_eq!(key.id, user_key(1).id);
    let admin = store.api_key(hash(2)).await.unwrap().unwrap();
    assert_eq!(admin.id, ApiKey::ADMIN);
}

pub(crate) async fn every_field_of_a_key_comes_back<S: Store>(store: Arc<S>) {
    let runner = put_runner(&*store).await;
    let mut limited = key(2, Role::Runner, SubjectKey::runner(runner));
    limited.read_only = true;
    limited.expires_at = Some(limited.created_at + Duration::from_secs(60));
    let keys = [user_key(1), limited, key(3, Role::Admin, ADMIN)];
    for (number, key) in keys.iter().enumerate() {
        let hash = hash(number as u8);
        let created = store
            .create_api_key(change("key create"), key.clone(), hash)
            .await;
        assert_eq!(created.unwrap(), ApiKeyCreated::Done);
        assert_eq!(store.api_key(hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(store.api_keys().await.unwrap(), keys);
}

pub(crate) async fn a_key_is_kept_once<S: Store>(store: Arc<S>) {
    let change = || change("key create");
    let created = store.create_api_key(change(), user_key(1), hash(1)).await;
    assert_eq!(created.unwrap(), ApiKeyCreated::Done);
    let again = store.create_api_key(change(), user_key(2), hash(1)).await;
    assert_eq!(again.unwrap(), ApiKeyCreated::Taken);
    let found = store.api_key(hash(1)).await.unwrap().unwrap();
    assert_eq!(found.id, Uuid::from_u128(1));
}

pub(crate) async fn a_key_of_a_runner_needs_the_runner<S: Store>(store: Arc<S>) {
    let key = key(1, Role::Runner, SubjectKey::runner(new_id()));
    let created = store
        .create_api_key(change("key create"), key, hash(1))
        .await;
    assert_eq!(created.unwrap(), ApiKeyCreated::RunnerNotFound);
    assert_eq!(store.api_keys().await.unwrap(), []);
}

pub(crate) async fn a_key_is_revoked_for_good<S: Store>(store: Arc<S>) {
    let id = user_key(1).id;
    let revoke = || store.revoke_api_key(change("key revoke"), id);
    assert_eq!(revoke().await.unwrap(), ApiKeyRevoked::NotFound);
    let created = store
        .create_api_key(change("key create"), user_key(1), hash(1))
        .await;
    assert_eq!(created.unwrap(), ApiKeyCreated::Done);
    assert_eq!(revoke().await.unwrap(), ApiKeyRevoked::Done);
    let revoked = store.api_key(hash(1)).await.unwrap().unwrap();
    assert!(revoked.revoked_at.is_some() && !revoked.counts_at(SystemTime::UNIX_EPOCH));
    assert_eq!(revoke().await.unwrap(), ApiKeyRevoked::Already);
    let unchanged = store.api_key(hash(1)).await.unwrap().unwrap();
    assert_eq!(unchanged, revoked);
}

pub(crate) async fn a_removed_runner_has_its_keys_revoked<S: Store>(store: Arc<S>) {
    let runners = [runner(), runner()];
    for (number, runner) in (1..).zip(&runners) {
        put(&*store, runner.clone()).await;
        let key = key(number.into(), Role::Runner, SubjectKey::runner(runner.id));
        let created = store
            .create_api_key(change("key create"), key, hash(number))
            .await;
        assert_eq!(created.unwrap(), ApiKeyCreated::Done);
    }
    let removed = store
        .remove_runner(change("remove"), runners[0].id, false)
        .await;
    assert!(matches!(removed, Ok(RunnerRemoved::Done(_))));
    let [removed, _] = runners;
    put(&*store, removed).await;
    let revoked = async |number| {
        let key = store.api_key(hash(number)).await.unwrap().unwrap();
        key.revoked_at.is_some()
    };
    assert_eq!((revoked(1).await, revoked(2).await), (true, false));
}

pub(crate) async fn keys_expire<S: Store>(store: Arc<S>) {
    let mut key = user_key(1);
    let end = key.created_at + Duration::from_secs(60);
    key.expires_at = Some(end);
    let created = store
        .create_api_key(change("key create"), key, hash(1))
        .await;
    assert_eq!(created.unwrap(), ApiKeyCreated::Done);
    let key = store.api_key(hash(1)).await.unwrap().unwrap();
    assert!(key.counts_at(end - Duration::from_micros(1)) && !key.counts_at(end));
}
