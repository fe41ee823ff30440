//! What the service keeps, and the contract of whatever keeps it.
//!
//! [`Store`] is the only way from the service to its data. Its methods are whole operations, not statements: each
//! change is one transaction, with the checks that only a transaction can make (the runner is there, the
//! combination is new, this is not the last integration for a model) and the deletions that follow from it. So a
//! back-end has no transaction type to offer, and the service has no way to do half of something.
//!
//! Common to all methods:
//!
//! - **Durability.** A change is on stable storage when its future is ready with `Ok`. Every later look-up, by
//!   anyone, sees it.
//! - **All or nothing.** A method that returns an error, or an outcome that refuses, has changed nothing. The one
//!   exception is [`StoreError::OutcomeUnknown`]: the change was sent, and its outcome is not known.
//! - **Dropped futures.** Dropping the future of a change may or may not stop it; it never leaves half of it.
//! - **Order.** Ids are UUIDv7, chosen by the caller. Lists are in the order of ids, which is that of creation.
//! - **Missing objects.** A look-up returns `None`; a change has an outcome that says so. Neither is an error.
//! - **Encoded messages.** Look-ups return messages as they are stored ([`Encoded`], [`Page`]), beside the few typed
//!   columns that authorisation looks at: encoded as protobuf or as JSON text, whichever is asked for ([`Form`]).
//!   Whoever only passes a message on need not decode it.
//! - **Updaters** are pure functions that run inside the transaction, on the latest state, and may run more than
//!   once (a back-end may have to repeat its transaction). What they return as `Err` changes nothing.
//! - **Audit.** Each change is recorded in its own transaction, with who made it ([`Change`]).
//!
//! Work on a store itself ([`copy`], [`check`]) goes through its [`tables`].
//!
//! A new back-end implements [`Store`] and calls the behavioural suite (`tests/store_suite`) from its own test file,
//! which says no more than how to make an empty store.

pub mod check;
pub mod copy;
mod error;
mod filter;
mod json_text;
mod key_hash;
mod models;
mod numbers;
mod observed;
mod outcome;
mod page;
#[cfg(feature = "postgres")]
pub mod postgres;
mod records;
pub mod sqlite;
pub mod tables;
mod time;

pub use error::StoreError;
pub use filter::{EnvironmentClassFilter, HostAuthenticationTokenFilter, RunnerFilter};
pub use key_hash::KeyHash;
pub use observed::{ObservedStore, Operation, StoreObserver};
pub use outcome::{
    ApiKeyCreated, ApiKeyRevoked, Created, LlmIntegrationDeleted, ObjectCounts, RunnerPut,
    RunnerRemoved, TokenCreated, TokenDeletions, Updated,
};
pub(crate) use page::decode_any;
pub use page::{Encoded, Form, Page, PageRequest, Stored, StoredToken};
pub use records::{
    ApiKey, Change, ChangeOutcome, EnvironmentClassRecord, HostAuthenticationTokenRecord, HostKey,
    KeyFingerprint, LlmIntegrationRecord, ObjectKind, RecordedChange, Role, Runner,
    ScmIntegrationRecord, Sealed, StaleSecret, SubjectKey,
};

use std::future::Future;
use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, ScmIntegration,
};
use uuid::Uuid;

/// Where runners, their configuration objects and API keys are kept.
///
/// The [module documentation](self) states what holds for all methods; each method states what is particular to it.
pub trait Store: Send + Sync + 'static {
    // --- Runners ---

    /// The runner with this id.
    fn runner(&self, id: Uuid) -> impl Future<Output = Result<Option<Runner>, StoreError>> + Send;

    /// All runners, in the order of their ids.
    fn runners(&self) -> impl Future<Output = Result<Vec<Runner>, StoreError>> + Send;

    /// Creates the runner, or replaces the one with its id, and says which.
    ///
    /// Objects of the runner are left as they are. A runner equal to the one that is there changes nothing, and
    /// leaves no record of a change.
    fn put_runner(
        &self,
        change: Change,
        runner: Runner,
    ) -> impl Future<Output = Result<RunnerPut, StoreError>> + Send;

    /// Removes the runner.
    ///
    /// A runner that still has objects is removed only with `force`, and they are removed with it, in one
    /// transaction, for which other changes wait. Its API keys are revoked. No object can be created for the runner
    /// after that.
    fn remove_runner(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> impl Future<Output = Result<RunnerRemoved, StoreError>> + Send;

    /// The secrets of a runner's objects that were sealed to another key than `present`, in the order of their kinds
    /// and ids.
    fn stale_secrets(
        &self,
        runner: Uuid,
        present: Option<KeyFingerprint>,
    ) -> impl Future<Output = Result<Vec<StaleSecret>, StoreError>> + Send;

    // --- Environment classes ---

    /// Creates the class if its runner exists.
    fn create_environment_class(
        &self,
        change: Change,
        class: EnvironmentClassRecord,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// The class with this id.
    fn environment_class(
        &self,
        id: Uuid,
        form: Form,
    ) -> impl Future<Output = Result<Option<Stored<EnvironmentClass>>, StoreError>> + Send;

    /// The classes that pass all parts of the filter, one page of them.
    fn environment_classes(
        &self,
        filter: EnvironmentClassFilter,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<EnvironmentClass>, StoreError>> + Send;

    /// Changes the class.
    ///
    /// The updater may change `message` and `sealed_to`; what it does to other fields is ignored.
    fn update_environment_class<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> impl Future<Output = Result<Updated<(), E>, StoreError>> + Send
    where
        E: Send + 'static,
        F: FnMut(&mut EnvironmentClassRecord) -> Result<(), E> + Send + 'static;

    // --- Host authentication tokens ---

    /// Creates the token.
    ///
    /// Checked in the same transaction, in this order: the runner exists; the integration, if one is given, exists
    /// and is of the same runner; there is no token of the same runner, host and owner.
    fn create_host_authentication_token(
        &self,
        change: Change,
        token: HostAuthenticationTokenRecord,
    ) -> impl Future<Output = Result<TokenCreated, StoreError>> + Send;

    /// The token with this id, without its secrets.
    fn host_authentication_token(
        &self,
        id: Uuid,
        form: Form,
    ) -> impl Future<Output = Result<Option<StoredToken>, StoreError>> + Send;

    /// The token with this id, with its sealed secrets.
    fn host_authentication_token_record(
        &self,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<HostAuthenticationTokenRecord>, StoreError>> + Send;

    /// The tokens that pass all parts of the filter, one page of them, without their secrets.
    fn host_authentication_tokens(
        &self,
        filter: HostAuthenticationTokenFilter,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<HostAuthenticationToken>, StoreError>> + Send;

    /// Changes the token.
    ///
    /// The updater may change `message`, `token` and `refresh_token`; what it does to other fields is ignored.
    fn update_host_authentication_token<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> impl Future<Output = Result<Updated<(), E>, StoreError>> + Send
    where
        E: Send + 'static,
        F: FnMut(&mut HostAuthenticationTokenRecord) -> Result<(), E> + Send + 'static;

    /// Deletes the token, if it is there and, where `owner` is given, belongs to that subject. Returns whether a
    /// token was deleted.
    fn delete_host_authentication_token(
        &self,
        change: Change,
        id: Uuid,
        owner: Option<SubjectKey>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    // --- SCM integrations ---

    /// Creates the integration if its runner exists.
    fn create_scm_integration(
        &self,
        change: Change,
        integration: ScmIntegrationRecord,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// The integration with this id.
    fn scm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> impl Future<Output = Result<Option<Stored<ScmIntegration>>, StoreError>> + Send;

    /// The integrations that pass the filter, one page of them.
    fn scm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<ScmIntegration>, StoreError>> + Send;

    /// Changes the integration and, in the same transaction, deletes the tokens of its runner and host that the
    /// updater names by their source. Returns how many tokens were deleted.
    ///
    /// The updater may change `message` and `sealed_to`; what it does to other fields is ignored.
    fn update_scm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> impl Future<Output = Result<Updated<u64, E>, StoreError>> + Send
    where
        E: Send + 'static,
        F: FnMut(&mut ScmIntegrationRecord) -> Result<TokenDeletions, E> + Send + 'static;

    /// Deletes the integration and the tokens that rest on it, in one transaction. Returns how many tokens were
    /// deleted, or `None` if there is no such integration.
    ///
    /// The tokens that rest on it are those that name it, and those of its runner and host that name none, unless
    /// another integration of that runner and host still offers their source. A token whose source is unspecified
    /// is offered by any integration.
    fn delete_scm_integration(
        &self,
        change: Change,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    // --- LLM integrations ---

    /// Creates the integration if its runner exists.
    fn create_llm_integration(
        &self,
        change: Change,
        integration: LlmIntegrationRecord,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// The integration with this id.
    fn llm_integration(
        &self,
        id: Uuid,
        form: Form,
    ) -> impl Future<Output = Result<Option<Stored<LlmIntegration>>, StoreError>> + Send;

    /// The integrations that pass the filter, one page of them.
    fn llm_integrations(
        &self,
        filter: RunnerFilter,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<LlmIntegration>, StoreError>> + Send;

    /// Changes the integration.
    ///
    /// The updater may change `message` and the fingerprints; what it does to other fields is ignored.
    fn update_llm_integration<E, F>(
        &self,
        change: Change,
        id: Uuid,
        updater: F,
    ) -> impl Future<Output = Result<Updated<(), E>, StoreError>> + Send
    where
        E: Send + 'static,
        F: FnMut(&mut LlmIntegrationRecord) -> Result<(), E> + Send + 'static;

    /// Deletes the integration.
    ///
    /// Without `force` it is refused where the integration is enabled (its phase is AVAILABLE) and no other enabled
    /// integration of its runner offers one of its models.
    fn delete_llm_integration(
        &self,
        change: Change,
        id: Uuid,
        force: bool,
    ) -> impl Future<Output = Result<LlmIntegrationDeleted, StoreError>> + Send;

    // --- API keys ---

    /// Makes the key with this hash the one admin key, which stands for `subject` and neither expires nor is revoked.
    ///
    /// Setting what is set already changes nothing, and leaves no record of a change. A key that is another one already is
    /// [`Unstorable`](StoreError::Unstorable).
    fn set_admin_key(
        &self,
        change: Change,
        hash: KeyHash,
        subject: SubjectKey,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a key, if there is none with its hash and, where its role is `Runner`, its runner exists.
    fn create_api_key(
        &self,
        change: Change,
        key: ApiKey,
        hash: KeyHash,
    ) -> impl Future<Output = Result<ApiKeyCreated, StoreError>> + Send;

    /// The key with this hash, whether or not it still counts.
    fn api_key(
        &self,
        hash: KeyHash,
    ) -> impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send;

    /// All keys, in the order of their ids.
    fn api_keys(&self) -> impl Future<Output = Result<Vec<ApiKey>, StoreError>> + Send;

    /// Revokes a key, for good. Look-ups go on finding it.
    fn revoke_api_key(
        &self,
        change: Change,
        id: Uuid,
    ) -> impl Future<Output = Result<ApiKeyRevoked, StoreError>> + Send;

    // --- Audit ---

    /// What was changed, oldest first: at most `limit` records whose sequence number is greater than `after`.
    fn changes(
        &self,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedChange>, StoreError>> + Send;

    /// Forgets the changes that were made before this time; returns how many there were. All others stay.
    fn forget_changes(
        &self,
        before: SystemTime,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    // --- The store itself ---

    /// Finishes the changes that were handed over, refuses new ones, and leaves the store tidy for the next start.
    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
