//! What lists are restricted to. All parts of a filter combine with AND; an empty part is no restriction.

use runner_configuration::v1::{Principal, RunnerKind, RunnerProvider};
use uuid::Uuid;

use super::SubjectKey;

/// Restricts a list of environment classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RunnerFilter {
    /// Integrations of one of these runners.
    pub runner_ids: Vec<Uuid>,
}

/// Restricts a list of host authentication tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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

impl EnvironmentClassFilter {
    /// Whether classes are wanted that are enabled, or that are not; `Err` if the parts of the filter contradict each
    /// other.
    pub(super) const fn wants_enabled(&self) -> Result<Option<bool>, Contradiction> {
        match (self.enabled, self.usable_only) {
            (Some(false), true) => Err(Contradiction),
            (enabled, false) => Ok(enabled),
            (_, true) => Ok(Some(true)),
        }
    }

    /// Whether the filter asks for something that only the runners' own rows tell.
    pub(super) fn looks_at_runners(&self) -> bool {
        self.usable_only || !self.runner_kinds.is_empty() || !self.runner_providers.is_empty()
    }

    /// Whether classes of this runner may pass. Kind and provider are as they are stored.
    pub(super) fn allows_runner(
        &self,
        id: &Uuid,
        kind: i32,
        provider: i32,
        registered: bool,
    ) -> bool {
        (self.runner_ids.is_empty() || self.runner_ids.contains(id))
            && allows(&self.runner_kinds, kind)
            && allows(&self.runner_providers, provider)
            && (registered || !self.usable_only)
    }
}

fn allows<T: Copy + Into<i32>>(part: &[T], value: i32) -> bool {
    part.is_empty() || part.iter().any(|&one| one.into() == value)
}

/// Nothing can pass all parts of a filter.
pub(super) struct Contradiction;

/// What the parts of a filter that speak of owners come to.
pub(super) struct Owners {
    pub(super) subject_id: Option<Uuid>,
    pub(super) principal: Option<Principal>,
}

impl HostAuthenticationTokenFilter {
    pub(super) fn owners(&self) -> Result<Owners, Contradiction> {
        let mut owners = Owners {
            subject_id: self.subject_id,
            principal: None,
        };
        for subject in [self.user_id.map(SubjectKey::user), self.owner]
            .into_iter()
            .flatten()
        {
            if *owners.subject_id.get_or_insert(subject.id) != subject.id
                || *owners.principal.get_or_insert(subject.principal) != subject.principal
            {
                return Err(Contradiction);
            }
        }
        Ok(owners)
    }
}

/// The runners that a list is restricted to.
pub(super) enum Runners {
    All,
    /// In order, each of them once.
    These(Vec<Uuid>),
}

impl Runners {
    pub(super) fn these(mut ids: Vec<Uuid>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self::These(ids)
    }

    /// An empty filter is no restriction.
    pub(super) fn from_filter(ids: &[Uuid]) -> Self {
        if ids.is_empty() {
            Self::All
        } else {
            Self::these(ids.to_vec())
        }
    }
}
