//! A store that returns what was prepared: what is left is the stack above it.

use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use runner_configuration_service::ADMIN_SUBJECT;
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

use crate::objects;

/// The sizes of pages that are prepared.
const PAGES: [usize; 2] = [25, 100];

/// Answers Get, List of 25 and of 100, Create, and look-ups of the admin key and of one runner from memory; passes the
/// rest on to a store in memory.
pub struct Prepared {
    inner: SqliteStore,
    key: (KeyHash, ApiKey),
    runner: Runner,
    class: [Stored<EnvironmentClass>; 2],
    pages: Vec<(PageRequest, Page<EnvironmentClass>)>,
}

impl Prepared {
    /// With this admin key.
    pub async fn new(key: &str) -> Result<Self, StoreError> {
        let inner = SqliteStore::in_memory()?;
        let now = SystemTime::now();
        let change = || Change::by_operator("bench", now);
        inner
            .set_admin_key(change(), KeyHash::of(key), ADMIN_SUBJECT)
            .await?;
        for number in 0..objects::RUNNERS {
            let _created = inner.put_runner(change(), objects::runner(number)).await?;
        }
        for number in 0..=PAGES[1] {
            let class = objects::class(number);
            let _created = inner.create_environment_class(change(), class).await?;
        }
        let missing = || StoreError::Damaged {
            what: "what was prepared is not there".into(),
        };
        let asked = objects::class_id(objects::ASKED);
        let mut class = Vec::new();
        let mut pages = Vec::new();
        for form in [Form::Protobuf, Form::Json] {
            class.push(
                inner
                    .environment_class(asked, form)
                    .await?
                    .ok_or_else(missing)?,
            );
            for limit in PAGES {
                let request = PageRequest {
                    after: None,
                    limit,
                    form,
                };
                let filter = EnvironmentClassFilter::default();
                pages.push((request, inner.environment_classes(filter, request).await?));
            }
        }
        let hash = KeyHash::of(key);
        Ok(Self {
            key: (hash, inner.api_key(hash).await?.ok_or_else(missing)?),
            runner: inner
                .runner(objects::runner_id(7))
                .await?
                .ok_or_else(missing)?,
            class: class.try_into().map_err(|_| missing())?,
            pages,
            inner,
        })
    }
}

impl Store for Prepared {
    async fn runner(&self, id: Uuid) -> Result<Option<Runner>, StoreError> {
        if id == self.runner.id {
            return Ok(Some(self.runner.clone()));
        }
        self.inner.runner(id).await
    }

    async fn create_environment_class(
        &self,
        _: Change,
        _: EnvironmentClassRecord,
    ) -> Result<Created, StoreError> {
        Ok(Created::Done)
    }

    async fn environment_class(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<EnvironmentClass>>, StoreError> {
        if id == objects::class_id(objects::ASKED) {
            let [protobuf, json] = &self.class;
            let class = match form {
                Form::Protobuf => protobuf,
                Form::Json => json,
            };
            return Ok(Some(class.clone()));
        }
        self.inner.environment_class(id, form).await
    }

    async fn environment_classes(
        &self,
        filter: EnvironmentClassFilter,
        page: PageRequest,
    ) -> Result<Page<EnvironmentClass>, StoreError> {
        if filter.runner_ids.is_empty()
            && let Some((_, page)) = self.pages.iter().find(|(request, _)| *request == page)
        {
            return Ok(page.clone());
        }
        self.inner.environment_classes(filter, page).await
    }

    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
        let (known, key) = &self.key;
        // As quickly as by an index.
        if known.into_bytes() == hash.into_bytes() {
            return Ok(Some(key.clone()));
        }
        Ok(None)
    }

    // --- Not measured ---

    async fn runners(&self) -> Result<Vec<Runner>, StoreError> {
        self.inner.runners().await
    }

    async fn put_runner(&self, change: Change, runner: Runner) -> Result<RunnerPut, StoreError> {
        self.inner.put_runner(change, runner).await
    }

    async fn remove_runner(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<RunnerRemoved, StoreError> {
        self.inner.remove_runner(change, id, force).await
    }

    async fn stale_secrets(
        &self,
        runner: Uuid,
        present: Option<KeyFingerprint>,
    ) -> Result<Vec<StaleSecret>, StoreError> {
        self.inner.stale_secrets(runner, present).await
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
        self.inner
            .update_environment_class(change, id, updater)
            .await
    }

    async fn create_host_authentication_token(
        &self,
        change: Change,
        token: HostAuthenticationTokenRecord,
    ) -> Result<TokenCreated, StoreError> {
        self.inner
            .create_host_authentication_token(change, token)
            .await
    }

    async fn host_authentication_token(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<StoredToken>, StoreError> {
        self.inner.host_authentication_token(id, form).await
    }

    async fn host_authentication_token_record(
        &self,
        id: Uuid,
    ) -> Result<Option<HostAuthenticationTokenRecord>, StoreError> {
        self.inner.host_authentication_token_record(id).await
    }

    async fn host_authentication_tokens(
        &self,
        filter: HostAuthenticationTokenFilter,
        page: PageRequest,
    ) -> Result<Page<HostAuthenticationToken>, StoreError> {
        self.inner.host_authentication_tokens(filter, page).await
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
        self.inner
            .update_host_authentication_token(change, id, updater)
            .await
    }

    async fn delete_host_authentication_token(
        &self,
        change: Change,
        id: Uuid,
        owner: Option<SubjectKey>,
    ) -> Result<bool, StoreError> {
        self.inner
            .delete_host_authentication_token(change, id, owner)
            .await
    }

    async fn create_scm_integration(
        &self,
        change: Change,
        integration: ScmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.inner.create_scm_integration(change, integration).await
    }

    async fn scm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<ScmIntegration>>, StoreError> {
        self.inner.scm_integration(id, form).await
    }

    async fn scm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<ScmIntegration>, StoreError> {
        self.inner.scm_integrations(filter, page).await
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
        self.inner.update_scm_integration(change, id, updater).await
    }

    async fn delete_scm_integration(
        &self,
        change: Change,
        id: Uuid,
    ) -> Result<Option<u64>, StoreError> {
        self.inner.delete_scm_integration(change, id).await
    }

    async fn create_llm_integration(
        &self,
        change: Change,
        integration: LlmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.inner.create_llm_integration(change, integration).await
    }

    async fn llm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<LlmIntegration>>, StoreError> {
        self.inner.llm_integration(id, form).await
    }

    async fn llm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<LlmIntegration>, StoreError> {
        self.inner.llm_integrations(filter, page).await
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
        self.inner.update_llm_integration(change, id, updater).await
    }

    async fn delete_llm_integration(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<LlmIntegrationDeleted, StoreError> {
        self.inner.delete_llm_integration(change, id, force).await
    }

    async fn set_admin_key(
        &self,
        change: Change,
        hash: KeyHash,
        subject: SubjectKey,
    ) -> Result<(), StoreError> {
        self.inner.set_admin_key(change, hash, subject).await
    }

    async fn create_api_key(
        &self,
        change: Change,
        key: ApiKey,
        hash: KeyHash,
    ) -> Result<ApiKeyCreated, StoreError> {
        self.inner.create_api_key(change, key, hash).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.inner.api_keys().await
    }

    async fn revoke_api_key(&self, change: Change, id: Uuid) -> Result<ApiKeyRevoked, StoreError> {
        self.inner.revoke_api_key(change, id).await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<RecordedChange>, StoreError> {
        self.inner.changes(after, limit).await
    }

    async fn forget_changes(&self, before: SystemTime) -> Result<u64, StoreError> {
        self.inner.forget_changes(before).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
