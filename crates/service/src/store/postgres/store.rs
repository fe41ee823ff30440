//! The [`Store`] methods: what each runs, and in which [`Mode`].

use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use uuid::Uuid;

use super::pool::Mode;
use super::{PostgresStore, changes, classes, keys, llm, runners, scm, secrets, tokens};
use crate::store::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, Created, EnvironmentClassFilter,
    EnvironmentClassRecord, Form, HostAuthenticationTokenFilter, HostAuthenticationTokenRecord,
    KeyFingerprint, KeyHash, LlmIntegrationDeleted, LlmIntegrationRecord, Page, PageRequest,
    RecordedChange, Runner, RunnerFilter, RunnerPut, RunnerRemoved, ScmIntegrationRecord,
    StaleSecret, Store, StoreError, Stored, StoredToken, SubjectKey, TokenCreated, TokenDeletions,
    Updated,
};

impl Store for PostgresStore {
    async fn runner(&self, id: Uuid) -> Result<Option<Runner>, StoreError> {
        self.pool
            .run(Mode::LookUp, id, |session, id| {
                Box::pin(runners::get(session, *id))
            })
            .await
    }

    async fn runners(&self) -> Result<Vec<Runner>, StoreError> {
        self.pool
            .run(Mode::LookUp, (), |session, ()| {
                Box::pin(runners::list(session))
            })
            .await
    }

    async fn put_runner(&self, change: Change, runner: Runner) -> Result<RunnerPut, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, runner),
                |session, (change, runner)| Box::pin(runners::put(session, change, runner)),
            )
            .await
    }

    async fn remove_runner(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<RunnerRemoved, StoreError> {
        self.pool
            .run(
                Mode::LongChange,
                (change, id, force),
                |session, (change, id, force)| {
                    Box::pin(runners::remove(session, change, *id, *force))
                },
            )
            .await
    }

    async fn stale_secrets(
        &self,
        runner: Uuid,
        present: Option<KeyFingerprint>,
    ) -> Result<Vec<StaleSecret>, StoreError> {
        self.pool
            .run(
                Mode::LookUp,
                (runner, present),
                |session, (runner, present)| Box::pin(secrets::stale(session, *runner, *present)),
            )
            .await
    }

    async fn create_environment_class(
        &self,
        change: Change,
        class: EnvironmentClassRecord,
    ) -> Result<Created, StoreError> {
        self.pool
            .run(Mode::Change, (change, class), |session, (change, class)| {
                Box::pin(classes::create(session, change, class))
            })
            .await
    }

    async fn environment_class(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<EnvironmentClass>>, StoreError> {
        self.pool
            .run(Mode::LookUp, (id, form), |session, (id, form)| {
                Box::pin(classes::get(session, *id, *form))
            })
            .await
    }

    async fn environment_classes(
        &self,
        filter: EnvironmentClassFilter,
        page: PageRequest,
    ) -> Result<Page<EnvironmentClass>, StoreError> {
        // Runners and classes are read from one state.
        let mode = if filter.looks_at_runners() {
            Mode::Snapshot
        } else {
            Mode::LookUp
        };
        self.pool
            .run(mode, (filter, page), |session, (filter, page)| {
                Box::pin(classes::page(session, filter, *page))
            })
            .await
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
        self.pool
            .run(
                Mode::Change,
                (change, id, updater),
                |session, (change, id, updater)| {
                    Box::pin(classes::update(session, change, *id, updater))
                },
            )
            .await
    }

    async fn create_host_authentication_token(
        &self,
        change: Change,
        token: HostAuthenticationTokenRecord,
    ) -> Result<TokenCreated, StoreError> {
        self.pool
            .run(Mode::Change, (change, token), |session, (change, token)| {
                Box::pin(tokens::create(session, change, token))
            })
            .await
    }

    async fn host_authentication_token(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<StoredToken>, StoreError> {
        self.pool
            .run(Mode::LookUp, (id, form), |session, (id, form)| {
                Box::pin(tokens::get(session, *id, *form))
            })
            .await
    }

    async fn host_authentication_token_record(
        &self,
        id: Uuid,
    ) -> Result<Option<HostAuthenticationTokenRecord>, StoreError> {
        self.pool
            .run(Mode::LookUp, id, |session, id| {
                Box::pin(tokens::get_record(session, *id))
            })
            .await
    }

    async fn host_authentication_tokens(
        &self,
        filter: HostAuthenticationTokenFilter,
        page: PageRequest,
    ) -> Result<Page<HostAuthenticationToken>, StoreError> {
        self.pool
            .run(Mode::LookUp, (filter, page), |session, (filter, page)| {
                Box::pin(tokens::page(session, filter, *page))
            })
            .await
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
        self.pool
            .run(
                Mode::Change,
                (change, id, updater),
                |session, (change, id, updater)| {
                    Box::pin(tokens::update(session, change, *id, updater))
                },
            )
            .await
    }

    async fn delete_host_authentication_token(
        &self,
        change: Change,
        id: Uuid,
        owner: Option<SubjectKey>,
    ) -> Result<bool, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, id, owner),
                |session, (change, id, owner)| {
                    Box::pin(tokens::delete(session, change, *id, *owner))
                },
            )
            .await
    }

    async fn create_scm_integration(
        &self,
        change: Change,
        integration: ScmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, integration),
                |session, (change, integration)| {
                    Box::pin(scm::create(session, change, integration))
                },
            )
            .await
    }

    async fn scm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<ScmIntegration>>, StoreError> {
        self.pool
            .run(Mode::LookUp, (id, form), |session, (id, form)| {
                Box::pin(scm::get(session, *id, *form))
            })
            .await
    }

    async fn scm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<ScmIntegration>, StoreError> {
        self.pool
            .run(Mode::LookUp, (filter, page), |session, (filter, page)| {
                Box::pin(scm::page(session, filter, *page))
            })
            .await
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
        self.pool
            .run(
                Mode::Change,
                (change, id, updater),
                |session, (change, id, updater)| {
                    Box::pin(scm::update(session, change, *id, updater))
                },
            )
            .await
    }

    async fn delete_scm_integration(
        &self,
        change: Change,
        id: Uuid,
    ) -> Result<Option<u64>, StoreError> {
        self.pool
            .run(Mode::Change, (change, id), |session, (change, id)| {
                Box::pin(scm::delete(session, change, *id))
            })
            .await
    }

    async fn create_llm_integration(
        &self,
        change: Change,
        integration: LlmIntegrationRecord,
    ) -> Result<Created, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, integration),
                |session, (change, integration)| {
                    Box::pin(llm::create(session, change, integration))
                },
            )
            .await
    }

    async fn llm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> Result<Option<Stored<LlmIntegration>>, StoreError> {
        self.pool
            .run(Mode::LookUp, (id, form), |session, (id, form)| {
                Box::pin(llm::get(session, *id, *form))
            })
            .await
    }

    async fn llm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> Result<Page<LlmIntegration>, StoreError> {
        self.pool
            .run(Mode::LookUp, (filter, page), |session, (filter, page)| {
                Box::pin(llm::page(session, filter, *page))
            })
            .await
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
        self.pool
            .run(
                Mode::Change,
                (change, id, updater),
                |session, (change, id, updater)| {
                    Box::pin(llm::update(session, change, *id, updater))
                },
            )
            .await
    }

    async fn delete_llm_integration(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> Result<LlmIntegrationDeleted, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, id, force),
                |session, (change, id, force)| Box::pin(llm::delete(session, change, *id, *force)),
            )
            .await
    }

    async fn set_admin_key(
        &self,
        change: Change,
        hash: KeyHash,
        subject: SubjectKey,
    ) -> Result<(), StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, hash, subject),
                |session, (change, hash, subject)| {
                    Box::pin(keys::set_admin(session, change, *hash, *subject))
                },
            )
            .await
    }

    async fn create_api_key(
        &self,
        change: Change,
        key: ApiKey,
        hash: KeyHash,
    ) -> Result<ApiKeyCreated, StoreError> {
        self.pool
            .run(
                Mode::Change,
                (change, key, hash),
                |session, (change, key, hash)| Box::pin(keys::create(session, change, key, *hash)),
            )
            .await
    }

    async fn api_key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StoreError> {
        self.pool
            .run(Mode::LookUp, hash, |session, hash| {
                Box::pin(keys::get(session, *hash))
            })
            .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.pool
            .run(Mode::LookUp, (), |session, ()| {
                Box::pin(keys::list(session))
            })
            .await
    }

    async fn revoke_api_key(&self, change: Change, id: Uuid) -> Result<ApiKeyRevoked, StoreError> {
        self.pool
            .run(Mode::Change, (change, id), |session, (change, id)| {
                Box::pin(keys::revoke(session, change, *id))
            })
            .await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<RecordedChange>, StoreError> {
        self.pool
            .run(Mode::LookUp, (after, limit), |session, (after, limit)| {
                Box::pin(changes::list(session, *after, *limit))
            })
            .await
    }

    async fn forget_changes(&self, before: SystemTime) -> Result<u64, StoreError> {
        self.pool
            .run(Mode::LongChange, before, |session, before| {
                Box::pin(changes::forget(session, *before))
            })
            .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.pool.close().await;
        Ok(())
    }
}
