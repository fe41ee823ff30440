//! The store, whichever it is.

use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use runner_configuration_service::store::postgres::{PoolStatus, PostgresStore};
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, Created, EnvironmentClassFilter,
    EnvironmentClassRecord, Form, HostAuthenticationTokenFilter, HostAuthenticationTokenRecord,
    KeyFingerprint, KeyHash, LlmIntegrationDeleted, LlmIntegrationRecord, Page, PageRequest,
    RecordedChange, Runner, RunnerFilter, RunnerPut, RunnerRemoved, ScmIntegrationRecord,
    StaleSecret, Store, StoreError, Stored, StoredToken, SubjectKey, TokenCreated, TokenDeletions,
    Updated,
};
use uuid::Uuid;

/// A store of one kind or the other.
pub(crate) enum AnyStore {
    Sqlite(SqliteStore),
    Postgres(Box<PostgresStore>),
}

impl AnyStore {
    /// How busy its connections are, if it has any.
    pub(crate) fn pool_status(&self) -> Option<PoolStatus> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.pool_status()),
        }
    }
}

/// The same call to the store that there is.
macro_rules! call {
    ($self:ident.$method:ident($($argument:ident),*)) => {
        match $self {
            Self::Sqlite(store) => store.$method($($argument),*).await,
            // Boxed, or every call to SQLite would carry room for it.
            Self::Postgres(store) => Box::pin(store.$method($($argument),*)).await,
        }
    };
}

impl Store for AnyStore {
    async fn runner(&self, id: Uuid) -> Result<Option<Runner>, StoreError> {
        call!(self.runner(id))
    }

    async fn runners(&self) -> Result<Vec<Runner>, StoreError> {
        call!(self.runners())
    }

    async fn put_runner(&self, change: Change, runner: Runner) -> Result<RunnerPut, StoreError> {
        call!(self.put_runner(change, runner))
    }

    async fn remove_runner(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<RunnerRemoved, StoreError> {
        call!(self.remove_runner(change, id, force))
    }

    async fn stale_secrets(
        &self,
        runner: Uuid,
        present: Option<KeyFingerprint>,
    ) -> Result<Vec<StaleSecret>, StoreError> {
        call!(self.stale_secrets(runner, present))
    }

    async fn create_environment_class(
        &self,
        change: Change,
        class: EnvironmentClassRecord,
    ) -> Result<Created, StoreError> {
        call!(self.create_environment_class(change, class))
    }

    async fn environment_class(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<EnvironmentClass>>, StoreError> {
        call!(self.environment_class(id, form))
    }

    async fn environment_classes(
        &self,
        filter: EnvironmentClassFilter,
        page: PageRequest,
    ) -> Result<Page<EnvironmentClass>, StoreError> {
        call!(self.environment_classes(filter, page))
    }

    async fn update_environment_class<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut EnvironmentClassRecord) -> Result<(), E> + Send + 'static,
    {
        call!(self.update_environment_class(change, id, updater))
    }

    async fn create_host_authentication_token(
        &self,
        change: Change,
        token: HostAuthenticationTokenRecord,
    ) -> Result<TokenCreated, StoreError> {
        call!(self.create_host_authentication_token(change, token))
    }

    async fn host_authentication_token(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<StoredToken>, StoreError> {
        call!(self.host_authentication_token(id, form))
    }

    async fn host_authentication_token_record(
        &self,
        id: Uuid,
    ) -> Result<Option<HostAuthenticationTokenRecord>, StoreError> {
        call!(self.host_authentication_token_record(id))
    }

    async fn host_authentication_tokens(
        &self,
        filter: HostAuthenticationTokenFilter,
        page: PageRequest,
    ) -> Result<Page<HostAuthenticationToken>, StoreError> {
        call!(self.host_authentication_tokens(filter, page))
    }

    async fn update_host_authentication_token<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut HostAuthenticationTokenRecord) -> Result<(), E> + Send + 'static,
    {
        call!(self.update_host_authentication_token(change, id, updater))
    }

    async fn delete_host_authentication_token(
        &self,
        change: Change,
        id: Uuid,
        owner: Option<SubjectKey>,
    ) -> Result<bool, StoreError> {
        call!(self.delete_host_authentication_token(change, id, owner))
    }

    async fn create_scm_integration(
        &self,
        change: Change,
        integration: ScmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        call!(self.create_scm_integration(change, integration))
    }

    async fn scm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<ScmIntegration>>, StoreError> {
        call!(self.scm_integration(id, form))
    }

    async fn scm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<ScmIntegration>, StoreError> {
        call!(self.scm_integrations(filter, page))
    }

    async fn update_scm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> Result<Updated<u64, E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut ScmIntegrationRecord) -> Result<TokenDeletions, E> + Send + 'static,
    {
        call!(self.update_scm_integration(change, id, updater))
    }

    async fn delete_scm_integration(
        &self,
        change: Change,
        id: Uuid,
    ) -> Result<Option<u64>, StoreError> {
        call!(self.delete_scm_integration(change, id))
    }

    async fn create_llm_integration(
        &self,
        change: Change,
        integration: LlmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        call!(self.create_llm_integration(change, integration))
    }

    async fn llm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<LlmIntegration>>, StoreError> {
        call!(self.llm_integration(id, form))
    }

    async fn llm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<LlmIntegration>, StoreError> {
        call!(self.llm_integrations(filter, page))
    }

    async fn update_llm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> Result<Updated<(), E>, StoreError>
    where
        E: Send + 'static,
        F: FnMut(&mut LlmIntegrationRecord) -> Result<(), E> + Send + 'static,
    {
        call!(self.update_llm_integration(change, id, updater))
    }

    async fn delete_llm_integration(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<LlmIntegrationDeleted, StoreError> {
        call!(self.delete_llm_integration(change, id, force))
    }

    async fn set_admin_key(
        &self,
        change: Change,
        hash: KeyHash,
        subject: SubjectKey,
    ) -> Result<(), StoreError> {
        call!(self.set_admin_key(change, hash, subject))
    }

    async fn create_api_key(
        &self,
        change: Change,
        key: ApiKey,
        hash: KeyHash,
    ) -> Result<ApiKeyCreated, StoreError> {
        call!(self.create_api_key(change, key, hash))
    }

    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
        call!(self.api_key(hash))
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        call!(self.api_keys())
    }

    async fn revoke_api_key(&self, change: Change, id: Uuid) -> Result<ApiKeyRevoked, StoreError> {
        call!(self.revoke_api_key(change, id))
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<RecordedChange>, StoreError> {
        call!(self.changes(after, limit))
    }

    async fn forget_changes(&self, before: SystemTime) -> Result<u64, StoreError> {
        call!(self.forget_changes(before))
    }

    async fn close(&self) -> Result<(), StoreError> {
        call!(self.close())
    }
}
