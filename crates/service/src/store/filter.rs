//! What lists are restricted to. All parts of a filter combine with AND; an empty part is no restriction.

use runner_configuration::v1::{RunnerKind, RunnerProvider};
use uuid::Uuid;

use super::SubjectKey;

/// Restricts a list of environment classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentClassFilter {
    /// Classes of one of these runners.
    pub runner_ids: Vec<Uuid>,
    /// Classes that are enabled, or that are not.
    pub enabled: Option<bool>,
    /// Classes whose runner is of one of these kinds.
    pub runner_kinds: Vec<RunnerKind>,
    /// Classes whose runner is of one of these providers.
    pub runner_providers: Vec<RunnerProvider>,
    /// Classes on which environments can be started: enabled, and of a runner that has registered its schema.
    pub usable_only: bool,
}

/// Restricts a list of integrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunnerFilter {
    /// Integrations of one of these runners.
    pub runner_ids: Vec<Uuid>,
}

/// Restricts a list of host authentication tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostAuthenticationTokenFilter {
    /// Tokens of this runner.
    pub runner_id: Option<Uuid>,
    /// Tokens whose owner has this id, whatever its principal.
    pub subject_id: Option<Uuid>,
    /// Tokens of this user.
    pub user_id: Option<Uuid>,
    /// Tokens of this owner: what the caller is restricted to, rather than what it asked for.
    pub owner: Option<SubjectKey>,
}
