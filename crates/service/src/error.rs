//! What can go wrong in an RPC, and the one place that says it on the wire.

use std::sync::Arc;
use std::time::Duration;

use runner_configuration::v1::SupportedModel;
use runner_configuration::validate::{Checker, Field, Violations};
use runner_configuration_server::rpc::retry_later;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::authorize::Denied;
use crate::randomness::NoRandomness;
use crate::seal::SealError;
use crate::store::StoreError;

/// Why an RPC did not do what it was asked to. The texts are for callers: they name what is wrong and what to do,
/// and never repeat a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The call carries no valid key. The same for every cause.
    #[error(
        "no valid API key: send the header \"Authorization: Bearer <key>\" with a key of this service"
    )]
    Unauthenticated,

    /// The caller may not do this.
    #[error("this key may not {0}: use one with the role admin that is not read-only")]
    Forbidden(&'static str),

    /// Fields of the request are wrong.
    #[error("{0}")]
    Invalid(Violations),

    /// There is no such object, or the caller is not to know of it.
    #[error("{kind} {id} does not exist")]
    NotFound {
        /// What was looked for, in words.
        kind: &'static str,
        /// Its id.
        id: Uuid,
    },

    /// There is a token of the same runner, host and owner.
    #[error(
        "the owner has a token for this host on this runner already: update it, or delete it first"
    )]
    TokenExists,

    /// The runner has not registered a schema yet.
    #[error("runner {0} has not registered its configuration schema yet: start it, then try again")]
    NoSchema(Uuid),

    /// There is nothing to seal a secret to. A client looks for the words after the id.
    #[error(
        "runner does not have a public key: start runner {0} so that it registers one, then try again"
    )]
    NoPublicKey(Uuid),

    /// SCM integrations of a managed runner are not the caller's to add.
    #[error("cannot add SCM integrations to managed runners")]
    ManagedRunner,

    /// Deleting would leave the runner without an enabled integration for these models.
    #[error("this is the runner's last enabled LLM integration for {}: enable another one first, or use force", names(.0))]
    LastForModels(Vec<SupportedModel>),

    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// Something failed that no caller can do anything about.
    #[error("{0}")]
    Internal(String),
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Internal(error.to_string())
    }
}

impl Denied {
    /// Says that the caller may not do `what`, where there is no object whose existence could be private.
    pub(crate) const fn forbidden(self, what: &'static str) -> Error {
        Error::Forbidden(what)
    }

    /// Says that the caller may not do `what`; or, where even the existence of the object is private, what is said
    /// about an object that is not there.
    pub(crate) fn hiding(self, what: &'static str, not_found: Error) -> Error {
        match self {
            Self::Forbidden => Error::Forbidden(what),
            Self::Hidden => not_found,
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unauthenticated => Code::Unauthenticated,
            Error::Forbidden(_) => Code::PermissionDenied,
            Error::Invalid(_) => Code::InvalidArgument,
            Error::NotFound { .. } => Code::NotFound,
            Error::TokenExists => Code::AlreadyExists,
            Error::NoSchema(_)
            | Error::NoPublicKey(_)
            | Error::ManagedRunner
            | Error::LastForModels(_) => Code::FailedPrecondition,
            Error::Store(store) => {
                let mut status = store_status(store);
                status.set_source(Arc::new(error));
                return status;
            }
            Error::Internal(_) => {
                let mut status = internal_status();
                status.set_source(Arc::new(error));
                return status;
            }
        };
        if let Error::Invalid(violations) = error {
            return runner_configuration_server::rpc::invalid_argument(&violations);
        }
        Self::new(code, error.to_string())
    }
}

/// When a call that found the store unavailable may be tried again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// The store's own texts are for operators: they go to the log, as the status's source.
fn store_status(error: &StoreError) -> Status {
    match error {
        StoreError::Busy | StoreError::Unavailable { .. } => retry_later(
            Code::Unavailable,
            "the service can't reach its store at the moment: try again later",
            STORE_RETRY,
        ),
        StoreError::OutcomeUnknown { .. } => {
            let mut status = Status::unknown(
                "it is not known whether the change was stored: look before you try again",
            );
            // Otherwise clients would repeat a Create that may have happened.
            status
                .metadata_mut()
                .insert("x-should-retry", MetadataValue::from_static("false"));
            status
        }
        // It says nothing of the store, and something to the caller.
        StoreError::Unstorable { reason } => Status::invalid_argument(reason),
        _ => internal_status(),
    }
}

fn internal_status() -> Status {
    Status::internal("internal error: the service's log says more")
}

fn names(models: &[SupportedModel]) -> String {
    let names: Vec<&str> = models.iter().map(SupportedModel::as_str_name).collect();
    names.join(", ")
}

/// Whether every store can hold a text: PostgreSQL has none with the character NUL.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn storable(text: &str) -> Result<(), &'static str> {
    match text.contains('\0') {
        true => Err("must not contain the character NUL (U+0000)"),
        false => Ok(()),
    }
}

/// Collects what is wrong with the fields of a request.
#[derive(Default)]
pub(crate) struct Problems {
    checker: Checker,
}

/// One step of the way from a request to a field inside it.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    field: Field,
    index: Option<usize>,
}

impl Step {
    /// A field.
    pub(crate) const fn to(field: Field) -> Self {
        Self { field, index: None }
    }

    /// An element of a repeated field.
    pub(crate) const fn into_element(field: Field, index: usize) -> Self {
        Self {
            field,
            index: Some(index),
        }
    }
}

impl Problems {
    /// Reports the field at the end of `path`; an empty path means the request as a whole. `rule` is a stable name
    /// for what the field breaks.
    pub(crate) fn report(&mut self, path: &[Step], rule: &str, message: impl Into<String>) {
        report(&mut self.checker, path, rule, message.into());
    }

    /// Reports a text that is to be stored and that not every store can hold.
    pub(crate) fn check_text(&mut self, path: &[Step], text: &str) {
        if let Err(message) = storable(text) {
            self.report(path, "text.nul", message);
        }
    }

    /// The outcome.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`], where anything was reported.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.checker.finish().map_err(Error::Invalid)
    }
}

fn report(checker: &mut Checker, path: &[Step], rule: &str, message: String) {
    match path {
        [] => checker.violation(&[], rule, message),
        [Step { field, index: None }, rest @ ..] => {
            checker.field(*field, |checker| report(checker, rest, rule, message));
        }
        [
            Step {
                field,
                index: Some(index),
            },
            rest @ ..,
        ] => {
            checker.element(*field, *index, |checker| {
                report(checker, rest, rule, message)
            });
        }
    }
}

impl Error {
    /// A single wrong field.
    pub(crate) fn invalid(path: &[Step], rule: &str, message: impl Into<String>) -> Self {
        let mut violations = Checker::new();
        report(&mut violations, path, rule, message.into());
        match violations.finish() {
            Err(violations) => Self::Invalid(violations),
            Ok(()) => Self::Invalid(Violations::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_store_keep_their_texts_to_the_log() {
        let reason = || "secret-path".to_owned();
        for (error, code) in [
            (StoreError::Busy, Code::Unavailable),
            (
                StoreError::Unavailable { reason: reason() },
                Code::Unavailable,
            ),
            (
                StoreError::OutcomeUnknown { reason: reason() },
                Code::Unknown,
            ),
            (StoreError::Damaged { what: reason() }, Code::Internal),
            (StoreError::DuplicateId, Code::Internal),
        ] {
            let status = Status::from(Error::from(error));
            assert_eq!(status.code(), code);
            assert!(!status.message().contains("secret-path"), "{status:?}");
        }
        let status = Status::from(Error::Internal("secret-path".to_owned()));
        assert_eq!(
            (status.code(), status.message().contains("secret-path")),
            (Code::Internal, false)
        );
    }

    #[test]
    fn what_no_store_can_hold_is_the_callers_to_change() {
        let reason = "send it without".to_owned();
        let status = Status::from(Error::from(StoreError::Unstorable { reason }));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "send it without");
    }

    #[test]
    fn a_change_of_unknown_outcome_is_not_to_be_repeated() {
        let error = StoreError::OutcomeUnknown {
            reason: String::new(),
        };
        let status = Status::from(Error::from(error));
        assert_eq!(status.metadata().get("x-should-retry").unwrap(), "false");
        for error in [
            StoreError::Busy,
            StoreError::Unavailable {
                reason: String::new(),
            },
        ] {
            let status = Status::from(Error::from(error));
            assert!(status.metadata().get("x-should-retry").is_none());
            assert_eq!(status.metadata().get("retry-after").unwrap(), "1");
        }
    }
}
