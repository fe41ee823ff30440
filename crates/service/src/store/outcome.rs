//! How changes turn out, where the data decides. Failures of the store itself are [`StoreError`](super::StoreError).

use runner_configuration::v1::SupportedModel;

/// What became of a new environment class or integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// It was created.
    Done,
    /// Its runner does not exist.
    RunnerNotFound,
}

/// What became of a new host authentication token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum TokenCreated {
    /// It was created.
    Done,
    /// Its runner does not exist.
    RunnerNotFound,
    /// The integration that it names does not exist, or belongs to another runner.
    IntegrationNotFound,
    /// There is a token of the same runner, host and owner.
    AlreadyExists,
}

/// What became of a new API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ApiKeyCreated {
    /// It is kept.
    Done,
    /// There is a key with its hash.
    Taken,
    /// The runner that it is to stand for does not exist.
    RunnerNotFound,
}

/// What became of an API key that was to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum ApiKeyRevoked {
    /// It counts no more.
    Done,
    /// It was revoked before.
    Already,
    /// It does not exist.
    NotFound,
}

/// What became of a change to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Updated<T, E> {
    /// It was changed.
    Done(T),
    /// It does not exist.
    NotFound,
    /// The updater refused; nothing was changed.
    Refused(E),
}

/// What became of a runner that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RunnerPut {
    /// It was not there.
    Created,
    /// It was there, and differed.
    Updated,
    /// It was there, and did not differ.
    Unchanged,
}

/// What became of a runner that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RunnerRemoved {
    /// It was removed, with these objects.
    Done(ObjectCounts),
    /// It does not exist.
    NotFound,
    /// It has these objects, and removing them was not asked for.
    HasObjects(ObjectCounts),
}

/// How many objects a runner has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    /// Environment classes.
    pub environment_classes: u64,
    /// Host authentication tokens.
    pub host_authentication_tokens: u64,
    /// SCM integrations.
    pub scm_integrations: u64,
    /// LLM integrations.
    pub llm_integrations: u64,
}

impl ObjectCounts {
    /// All of them together.
    pub const fn total(&self) -> u64 {
        self.environment_classes
            + self.host_authentication_tokens
            + self.scm_integrations
            + self.llm_integrations
    }
}

/// Which tokens of an SCM integration's runner and host an update takes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenDeletions {
    /// Those that came from OAuth.
    pub oauth: bool,
    /// Personal access tokens.
    pub pat: bool,
}

/// What became of an LLM integration that was to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum LlmIntegrationDeleted {
    /// It was deleted.
    Done,
    /// It does not exist.
    NotFound,
    /// It is the last enabled integration of its runner for these models, and force was not used.
    LastForModels(Vec<SupportedModel>),
}
