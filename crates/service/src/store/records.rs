//! What is kept: one record per kind of object.

use std::fmt;
use std::time::SystemTime;

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, Principal,
    RunnerConfigurationSchema, RunnerKind, RunnerProvider, ScmIntegration, Subject,
};
use uuid::Uuid;

use super::Encoded;
use crate::caller::Caller;

/// A runner: what everything else belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Runner {
    /// The id that objects refer to.
    pub id: Uuid,
    /// For people.
    pub name: String,
    /// What kind of runner it is.
    pub kind: RunnerKind,
    /// Where it runs.
    pub provider: RunnerProvider,
    /// The X25519 key that its secrets are sealed to; may come later than the runner.
    pub public_key: Option<[u8; 32]>,
    /// What can be configured on it; comes when the runner registers, and changes with its version.
    pub schema: Option<Encoded<RunnerConfigurationSchema>>,
}

/// An environment class. `message` repeats `id` and `runner_id`.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentClassRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// The class as clients see it. Its `enabled` is what filters look at.
    pub message: EnvironmentClass,
    /// The key that the values of secret fields are sealed to, if there are any.
    pub sealed_to: Option<KeyFingerprint>,
}

/// A host authentication token. `message` repeats `id`, `runner_id`, `owner`, `host` and `integration_id`.
#[derive(Clone, Debug, PartialEq)]
pub struct HostAuthenticationTokenRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// Whom it belongs to.
    pub owner: SubjectKey,
    /// The host that it is for, as hosts are compared.
    pub host: HostKey,
    /// The SCM integration that it came from, if it names one.
    pub integration_id: Option<Uuid>,
    /// The token as clients see it: without the secrets.
    pub message: HostAuthenticationToken,
    /// The token itself.
    pub token: Sealed,
    /// What renews it.
    pub refresh_token: Option<Sealed>,
}

/// An SCM integration. `message` repeats `id`, `runner_id` and `host`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScmIntegrationRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// The host that it is for, as hosts are compared.
    pub host: HostKey,
    /// The integration as clients see it. Its `oauth` and `pat` say which sources of tokens it offers.
    pub message: ScmIntegration,
    /// The key that the client secret is sealed to, if there is one.
    pub sealed_to: Option<KeyFingerprint>,
}

/// An LLM integration. `message` repeats `id` and `runner_id`.
#[derive(Clone, Debug, PartialEq)]
pub struct LlmIntegrationRecord {
    /// UUIDv7.
    pub id: Uuid,
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// The integration as clients see it. It is enabled when its `phase` is AVAILABLE.
    pub message: LlmIntegration,
    /// The key that the API key is sealed to, if there is one.
    pub api_key_sealed_to: Option<KeyFingerprint>,
    /// The key that the request header values are sealed to, if there are any. They are always set together.
    pub headers_sealed_to: Option<KeyFingerprint>,
}

/// A secret that only a runner can open, and the key that it was sealed to.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The sealed box.
    pub ciphertext: Vec<u8>,
    /// The key it was sealed to.
    pub key: KeyFingerprint,
}

// The box is safe to show, but in a log it is noise.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("bytes", &self.ciphertext.len())
            .field("key", &self.key)
            .finish()
    }
}

/// A secret that was sealed to another key than its runner's present one, so that the runner may not be able to open it
/// any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleSecret {
    /// The kind of the object that it is part of.
    pub kind: ObjectKind,
    /// The object.
    pub object: Uuid,
    /// Which of the object's secrets it is, by the names of the contract, such as `api_key`.
    pub field: &'static str,
    /// The key that it was sealed to.
    pub sealed_to: KeyFingerprint,
}

/// Which of a runner's public keys something was sealed to: the key's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint(pub [u8; 32]);

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A host in the form in which hosts are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostKey(String);

impl HostKey {
    /// Takes a host that was brought into that form already: the store compares it byte by byte.
    pub fn from_normalized(host: impl Into<String>) -> Self {
        Self(host.into())
    }

    /// The host.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A subject, complete: the owner of a token, or who makes a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubjectKey {
    /// What kind of subject it is.
    pub principal: Principal,
    /// Its id.
    pub id: Uuid,
}

impl SubjectKey {
    /// The user with this id.
    pub const fn user(id: Uuid) -> Self {
        Self {
            principal: Principal::User,
            id,
        }
    }

    /// The runner with this id.
    pub const fn runner(id: Uuid) -> Self {
        Self {
            principal: Principal::Runner,
            id,
        }
    }
}

/// As in `user:0195f2b1-7c00-7000-8000-000000000001`.
impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let principal = match self.principal {
            Principal::Unspecified => "unspecified",
            Principal::Account => "account",
            Principal::User => "user",
            Principal::Runner => "runner",
            Principal::Environment => "environment",
            Principal::ServiceAccount => "service-account",
            Principal::RunnerManager => "runner-manager",
        };
        // In the span of each call: without the machinery of `write!`.
        f.write_str(principal)?;
        f.write_str(":")?;
        f.write_str(self.id.hyphenated().encode_lower(&mut [0; 36]))
    }
}

/// What a caller may do; [`authorize`](crate::authorize) has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads the configuration of all runners, and has host authentication tokens of its own.
    User,
    /// Reads what belongs to the runner that it is: the one whose id its subject has.
    Runner,
}

impl From<SubjectKey> for Subject {
    fn from(subject: SubjectKey) -> Self {
        Self {
            id: subject.id.to_string(),
            principal: subject.principal.into(),
        }
    }
}

/// An API key: what is kept of it beside its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// UUIDv7; [`ADMIN`](Self::ADMIN) for the admin key.
    pub id: Uuid,
    /// For people.
    pub name: String,
    /// Whom it stands for.
    pub subject: SubjectKey,
    /// What may be done with it. A key with the role `Runner` has a runner as its subject.
    pub role: Role,
    /// Nothing may be changed with it, whatever its role.
    pub read_only: bool,
    /// When it was made; kept, as the times below, in microseconds.
    pub created_at: SystemTime,
    /// From when on it does not count any more.
    pub expires_at: Option<SystemTime>,
    /// When it was revoked.
    pub revoked_at: Option<SystemTime>,
}

impl ApiKey {
    /// The id of the one admin key that [`set_admin_key`](super::Store::set_admin_key) sets.
    pub const ADMIN: Uuid = Uuid::nil();

    /// Whether calls with it are accepted at this time.
    pub fn counts_at(&self, time: SystemTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| time < end)
    }

    /// Who makes a call with it.
    pub const fn caller(&self) -> Caller {
        let caller = Caller::new(self.subject, self.role);
        if self.read_only {
            caller.read_only()
        } else {
            caller
        }
    }
}

/// Who makes a change, and how. Kept, with the object that was changed, in the transaction of the change.
#[derive(Clone, Debug)]
pub struct Change {
    pub(crate) at: SystemTime,
    pub(crate) by: Option<SubjectKey>,
    pub(crate) action: &'static str,
    pub(crate) request_id: Option<String>,
}

impl Change {
    /// A change that `subject` makes through the RPC or command called `action`.
    pub const fn by(subject: SubjectKey, action: &'static str, at: SystemTime) -> Self {
        Self {
            at,
            by: Some(subject),
            action,
            request_id: None,
        }
    }

    /// A change that the operator of the machine makes, through the command called `action`.
    pub const fn by_operator(action: &'static str, at: SystemTime) -> Self {
        Self {
            at,
            by: None,
            action,
            request_id: None,
        }
    }

    /// The same, for the request with this id.
    #[must_use]
    pub fn in_request(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedChange {
    /// Its place in the order of changes: growing, with gaps.
    pub sequence: u64,
    /// When it was made, by the clock of who made it; kept in microseconds.
    pub at: SystemTime,
    /// Who made it; `None` is the operator of the machine.
    pub by: Option<SubjectKey>,
    /// The RPC or command.
    pub action: String,
    /// What kind of object was changed; `None` for what an older version recorded.
    pub kind: Option<ObjectKind>,
    /// The object that was changed.
    pub object: Uuid,
    /// What became of it; `None` for what an older version recorded.
    pub outcome: Option<ChangeOutcome>,
    /// The request that the RPC was called with.
    pub request_id: Option<String>,
}

/// The kinds of objects that changes are recorded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ObjectKind {
    Runner,
    EnvironmentClass,
    HostAuthenticationToken,
    ScmIntegration,
    LlmIntegration,
    ApiKey,
}

/// What became of an object that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeOutcome {
    /// It was not there before.
    Created,
    /// It was there before.
    Updated,
    /// It is gone.
    Deleted,
    /// It is gone because of a change to another object, whose record follows.
    DeletedAlong,
    /// It counts no more.
    Revoked,
}
