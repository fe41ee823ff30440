//! A store that tells of what is asked of it: how long each operation takes, and how it fails.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use super::{
    ApiKey, ApiKeyCreated, ApiKeyRevoked, Change, Created, EnvironmentClassFilter,
    EnvironmentClassRecord, Form, HostAuthenticationTokenFilter, HostAuthenticationTokenRecord,
    KeyFingerprint, KeyHash, LlmIntegrationDeleted, LlmIntegrationRecord, Page, PageRequest,
    RecordedChange, Runner, RunnerFilter, RunnerPut, RunnerRemoved, ScmIntegrationRecord,
    StaleSecret, Store, StoreError, Stored, StoredToken, SubjectKey, TokenCreated, TokenDeletions,
    Updated,
};

/// Is told of every operation of an [`ObservedStore`], in the path of each: it should take nanoseconds and wait for nothing.
///
/// An operation whose future is dropped is not told of.
pub trait StoreObserver: Send + Sync + 'static {
    /// An operation ended after this time, and failed if there is an error.
    fn on_end(&self, operation: Operation, duration: Duration, error: Option<&StoreError>);
}

/// A [`Store`] that tells an observer of what is asked of another one. Without an observer it passes everything on.
///
/// Every operation is a span `store` of level TRACE, with its `operation` and, if it failed, the kind of its `error`.
///
/// ```
/// use std::time::Duration;
/// use runner_configuration_service::store::{
///     ObservedStore, Operation, Store, StoreError, StoreObserver,
/// };
///
/// struct Slow;
///
/// impl StoreObserver for Slow {
///     fn on_end(&self, operation: Operation, duration: Duration, _: Option<&StoreError>) {
///         if duration > Duration::from_secs(1) {
///             eprintln!("{} took {duration:?}", operation.name());
///         }
///     }
/// }
///
/// fn observed<S: Store>(store: S) -> impl Store {
///     ObservedStore::new(store, Some(Slow))
/// }
/// ```
pub struct ObservedStore<S, O> {
    store: S,
    observer: Option<O>,
}

impl<S, O> ObservedStore<S, O> {
    /// Tells `observer`, if there is one, of what is asked of `store`.
    pub const fn new(store: S, observer: Option<O>) -> Self {
        Self { store, observer }
    }

    /// The store behind it.
    pub const fn inner(&self) -> &S {
        &self.store
    }
}

impl<S, O: StoreObserver> ObservedStore<S, O> {
    async fn observe<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let span = tracing::trace_span!("store", operation = operation.name(), error = Empty);
        let work = work.instrument(span.clone());
        let Some(observer) = &self.observer else {
            return noted(&span, work.await);
        };
        let start = Instant::now();
        let result = noted(&span, work.await);
        observer.on_end(operation, start.elapsed(), result.as_ref().err());
        result
    }
}

fn noted<T>(span: &Span, result: Result<T, StoreError>) -> Result<T, StoreError> {
    if let Err(error) = &result {
        span.record("error", error.kind());
    }
    result
}

impl<S, O> fmt::Debug for ObservedStore<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedStore").finish_non_exhaustive()
    }
}

/// The operations, and those methods of the store that need no more than to be passed on.
macro_rules! operations {
    (
        plain { $($operation:ident $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)* }
        with_updater { $($updating:ident $updating_name:ident($record:ty) -> $returned:ty, $deletions:ty;)* }
    ) => {
        /// A method of [`Store`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operation {
            $(
                #[doc = concat!("[`Store::", stringify!($name), "`]")]
                $operation,
            )*
            $(
                #[doc = concat!("[`Store::", stringify!($updating_name), "`]")]
                $updating,
            )*
        }

        impl Operation {
            /// All of them; each has its own number, `operation as usize`, as its index.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)* $(Self::$updating,)*];

            /// The name of the method.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($name),)*
                    $(Self::$updating => stringify!($updating_name),)*
                }
            }
        }

        impl<S: Store, O: StoreObserver> Store for ObservedStore<S, O> {
            $(
                async fn $name(&self, $($argument: $type),*) -> Result<$result, StoreError> {
                    self.observe(Operation::$operation, self.store.$name($($argument),*)).await
                }
            )*

            $(
                async fn $updating_name<E, F>(
                    &self,
                    change: Change,
                    id: Uuid,
                    updater: F,
                ) -> Result<Updated<$returned, E>, StoreError>
                where
                    E: Send + 'static,
                    F: FnMut(&mut $record) -> Result<$deletions, E> + Send + 'static,
                {
                    let work = self.store.$updating_name(change, id, updater);
                    self.observe(Operation::$updating, work).await
                }
            )*
        }
    };
}

operations! {
    plain {
    Runner runner(id: Uuid) -> Option<Runner>;
    Runners runners() -> Vec<Runner>;
    PutRunner put_runner(change: Change, runner: Runner) -> RunnerPut;
    RemoveRunner remove_runner(change: Change, id: Uuid, force: bool) -> RunnerRemoved;
    StaleSecrets stale_secrets(runner: Uuid, present: Option<KeyFingerprint>) -> Vec<StaleSecret>;
    CreateEnvironmentClass create_environment_class(change: Change, class: EnvironmentClassRecord) -> Created;
    EnvironmentClass environment_class(id: Uuid, form: Form) -> Option<Stored<EnvironmentClass>>;
    EnvironmentClasses environment_classes(filter: EnvironmentClassFilter, page: PageRequest) -> Page<EnvironmentClass>;
    CreateHostAuthenticationToken create_host_authentication_token(change: Change, token: HostAuthenticationTokenRecord) -> TokenCreated;
    HostAuthenticationToken host_authentication_token(id: Uuid, form: Form) -> Option<StoredToken>;
    HostAuthenticationTokenRecord host_authentication_token_record(id: Uuid) -> Option<HostAuthenticationTokenRecord>;
    HostAuthenticationTokens host_authentication_tokens(filter: HostAuthenticationTokenFilter, page: PageRequest) -> Page<HostAuthenticationToken>;
    DeleteHostAuthenticationToken delete_host_authentication_token(change: Change, id: Uuid, owner: Option<SubjectKey>) -> bool;
    CreateScmIntegration create_scm_integration(change: Change, integration: ScmIntegrationRecord) -> Created;
    ScmIntegration scm_integration(id: Uuid, form: Form) -> Option<Stored<ScmIntegration>>;
    ScmIntegrations scm_integrations(filter: RunnerFilter, page: PageRequest) -> Page<ScmIntegration>;
    DeleteScmIntegration delete_scm_integration(change: Change, id: Uuid) -> Option<u64>;
    CreateLlmIntegration create_llm_integration(change: Change, integration: LlmIntegrationRecord) -> Created;
    LlmIntegration llm_integration(id: Uuid, form: Form) -> Option<Stored<LlmIntegration>>;
    LlmIntegrations llm_integrations(filter: RunnerFilter, page: PageRequest) -> Page<LlmIntegration>;
    DeleteLlmIntegration delete_llm_integration(change: Change, id: Uuid, force: bool) -> LlmIntegrationDeleted;
    SetAdminKey set_admin_key(change: Change, hash: KeyHash, subject: SubjectKey) -> ();
    CreateApiKey create_api_key(change: Change, key: ApiKey, hash: KeyHash) -> ApiKeyCreated;
    ApiKey api_key(hash: KeyHash) -> Option<ApiKey>;
    ApiKeys api_keys() -> Vec<ApiKey>;
    RevokeApiKey revoke_api_key(change: Change, id: Uuid) -> ApiKeyRevoked;
    Changes changes(after: u64, limit: usize) -> Vec<RecordedChange>;
    ForgetChanges forget_changes(before: SystemTime) -> u64;
    Close close() -> ();
    }
    with_updater {
    UpdateEnvironmentClass update_environment_class(EnvironmentClassRecord) -> (), ();
    UpdateHostAuthenticationToken update_host_authentication_token(HostAuthenticationTokenRecord) -> (), ();
    UpdateScmIntegration update_scm_integration(ScmIntegrationRecord) -> u64, TokenDeletions;
    UpdateLlmIntegration update_llm_integration(LlmIntegrationRecord) -> (), ();
    }
}
