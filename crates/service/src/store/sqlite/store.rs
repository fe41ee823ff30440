//! The [`Store`] methods: changes go to the writer, look-ups to a reader.

use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use rusqlite::Connection;
use uuid::Uuid;

use super::cache::Listed;
use super::{SqliteStore, changes, classes, keys, llm, runners, scm, secrets, tokens};
use crate::store::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, Created, EnvironmentClassFilter,
    EnvironmentClassRecord, Form, HostAuthenticationTokenFilter, HostAuthenticationTokenRecord,
    KeyFingerprint, KeyHash, LlmIntegrationDeleted, LlmIntegrationRecord, Page, PageRequest,
    RecordedChange, Runner, RunnerFilter, RunnerPut, RunnerRemoved, ScmIntegrationRecord,
    StaleSecret, Store, StoreError, Stored, StoredToken, SubjectKey, TokenCreated, TokenDeletions,
    Updated,
};

impl SqliteStore {
    /// A page, as `look_up` reads it if it is not known.
    fn listed<M>(
        &self,
        listed: Listed,
        look_up: impl FnOnce(&Connection) -> Result<Page<M>, StoreError>,
    ) -> Result<Page<M>, StoreError> {
        self.readers
            .with_cache(|connection, cache| cache.page(connection, listed, look_up))
    }
}

impl Store for SqliteStore {
    async fn runner(&self, id: Uuid) -> Result<Option<Runner>, StoreError> {
        self.readers.with(|connection| runners::get(connection, id))
    }

    async fn runners(&self) -> Result<Vec<Runner>, StoreError> {
        self.readers.with(runners::list)
    }

    async fn put_runner(&self, change: Change, runner: Runner) -> Result<RunnerPut, StoreError> {
        self.writer
            .run(move |connection| runners::put(connection, &change, &runner))
            .await
    }

    async fn remove_runner(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<RunnerRemoved, StoreError> {
        self.writer
            .run(move |connection| runners::remove(connection, &change, id, force))
            .await
    }

    async fn stale_secrets(
        &self,
        runner: Uuid,
        present: Option<KeyFingerprint>,
    ) -> Result<Vec<StaleSecret>, StoreError> {
        self.readers
            .with(|connection| secrets::stale(connection, runner, present))
    }

    async fn create_environment_class(
        &self,
        change: Change,
        class: EnvironmentClassRecord,
    ) -> Result<Created, StoreError> {
        self.writer
            .run(move |connection| classes::create(connection, &change, &class))
            .await
    }

    async fn environment_class(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<EnvironmentClass>>, StoreError> {
        self.readers
            .with(|connection| classes::get(connection, id, form))
    }

    async fn environment_classes(
        &self,
        filter: EnvironmentClassFilter,
        page: PageRequest,
    ) -> Result<Page<EnvironmentClass>, StoreError> {
        let listed = Listed::Classes(filter.clone(), page);
        self.listed(listed, |connection| {
            classes::page(connection, &filter, page)
        })
    }

    async fn update_environment_class<E, F>(
        &self,
        change: Change,
        id: Uuid,
        mut updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut EnvironmentClassRecord) -> Result<(), E> + Send + 'static,
    {
        self.writer
            .run(move |connection| classes::update(connection, &change, id, &mut updater))
            .await
    }

    async fn create_host_authentication_token(
        &self,
        change: Change,
        token: HostAuthenticationTokenRecord,
    ) -> Result<TokenCreated, StoreError> {
        self.writer
            .run(move |connection| tokens::create(connection, &change, &token))
            .await
    }

    async fn host_authentication_token(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<StoredToken>, StoreError> {
        self.readers
            .with(|connection| tokens::get(connection, id, form))
    }

    async fn host_authentication_token_record(
        &self,
        id: Uuid,
    ) -> Result<Option<HostAuthenticationTokenRecord>, StoreError> {
        self.readers
            .with(|connection| tokens::get_record(connection, id))
    }

    async fn host_authentication_tokens(
        &self,
        filter: HostAuthenticationTokenFilter,
        page: PageRequest,
    ) -> Result<Page<HostAuthenticationToken>, StoreError> {
        let listed = Listed::Tokens(filter.clone(), page);
        self.listed(listed, |connection| tokens::page(connection, &filter, page))
    }

    async fn update_host_authentication_token<E, F>(
        &self,
        change: Change,
        id: Uuid,
        mut updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut HostAuthenticationTokenRecord) -> Result<(), E> + Send + 'static,
    {
        self.writer
            .run(move |connection| tokens::update(connection, &change, id, &mut updater))
            .await
    }

    async fn delete_host_authentication_token(
        &self,
        change: Change,
        id: Uuid,
        owner: Option<SubjectKey>,
    ) -> Result<bool, StoreError> {
        self.writer
            .run(move |connection| tokens::delete(connection, &change, id, owner))
            .await
    }

    async fn create_scm_integration(
        &self,
        change: Change,
        integration: ScmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.writer
            .run(move |connection| scm::create(connection, &change, &integration))
            .await
    }

    async fn scm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<ScmIntegration>>, StoreError> {
        self.readers
            .with(|connection| scm::get(connection, id, form))
    }

    async fn scm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<ScmIntegration>, StoreError> {
        let listed = Listed::ScmIntegrations(filter.clone(), page);
        self.listed(listed, |connection| scm::page(connection, &filter, page))
    }

    async fn update_scm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        mut updater: F,
    ) -> Result<Updated<u64, E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut ScmIntegrationRecord) -> Result<TokenDeletions, E> + Send + 'static,
    {
        self.writer
            .run(move |connection| scm::update(connection, &change, id, &mut updater))
            .await
    }

    async fn delete_scm_integration(
        &self,
        change: Change,
        id: Uuid,
    ) -> Result<Option<u64>, StoreError> {
        self.writer
            .run(move |connection| scm::delete(connection, &change, id))
            .await
    }

    async fn create_llm_integration(
        &self,
        change: Change,
        integration: LlmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.writer
            .run(move |connection| llm::create(connection, &change, &integration))
            .await
    }

    async fn llm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<LlmIntegration>>, StoreError> {
        self.readers
            .with(|connection| llm::get(connection, id, form))
    }

    async fn llm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<LlmIntegration>, StoreError> {
        let listed = Listed::LlmIntegrations(filter.clone(), page);
        self.listed(listed, |connection| llm::page(connection, &filter, page))
    }

    async fn update_llm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        mut updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut LlmIntegrationRecord) -> Result<(), E> + Send + 'static,
    {
        self.writer
            .run(move |connection| llm::update(connection, &change, id, &mut updater))
            .await
    }

    async fn delete_llm_integration(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<LlmIntegrationDeleted, StoreError> {
        self.writer
            .run(move |connection| llm::delete(connection, &change, id, force))
            .await
    }

    async fn set_admin_key(
        &self,
        change: Change,
        hash: KeyHash,
        subject: SubjectKey,
    ) -> Result<(), StoreError> {
        self.writer
            .run(move |connection| keys::set_admin(connection, &change, hash, subject))
            .await
    }

    async fn create_api_key(
        &self,
        change: Change,
        key: ApiKey,
        hash: KeyHash,
    ) -> Result<ApiKeyCreated, StoreError> {
        self.writer
            .run(move |connection| keys::create(connection, &change, &key, hash))
            .await
    }

    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.readers
            .with_cache(|connection, cache| cache.key(connection, hash, keys::get))
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.with(keys::list)
    }

    async fn revoke_api_key(&self, change: Change, id: Uuid) -> Result<ApiKeyRevoked, StoreError> {
        self.writer
            .run(move |connection| keys::revoke(connection, &change, id))
            .await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<RecordedChange>, StoreError> {
        self.readers
            .with(|connection| changes::list(connection, after, limit))
    }

    async fn forget_changes(&self, before: SystemTime) -> Result<u64, StoreError> {
        self.writer
            .run(move |connection| changes::forget(connection, before))
            .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.writer.close().await;
        Ok(())
    }
}
