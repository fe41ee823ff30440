//! Who may do what: the one place that decides it.
//!
//! | | admin | user |
//! |---|---|---|
//! | environment classes, SCM integrations, LLM integrations: read, list | yes | yes |
//! | the same: create, update, delete | yes | permission denied |
//! | schema: read; a configuration: validate | yes | yes |
//! | start an environment on a class | yes | yes |
//! | host authentication tokens of its own: everything | yes | yes |
//! | tokens of others: create | yes | permission denied |
//! | tokens of others: read, update, delete | yes | hidden: as if they were not there |
//! | tokens of others: list | yes | left out |

use uuid::Uuid;

use crate::caller::{Caller, Role};
use crate::store::SubjectKey;

/// What a caller wants to do with a [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make a new one.
    Create,
    /// See one.
    Read,
    /// See all that the resource stands for, page by page.
    List,
    /// Change one.
    Update,
    /// Delete one.
    Delete,
    /// Have a configuration checked, without storing it.
    Validate,
    /// Start an environment, for which an environment class is there.
    StartEnvironment,
}

/// The kind of a [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What can be configured on a runner.
    Schema,
    /// An environment class.
    EnvironmentClass,
    /// A host authentication token: the one kind that belongs to a subject, and not just to a runner.
    HostAuthenticationToken,
    /// An SCM integration.
    ScmIntegration,
    /// An LLM integration.
    LlmIntegration,
}

/// What a caller wants to reach: one object, or all of a kind that are not told apart further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    kind: Kind,
    runner: Option<Uuid>,
    owner: Option<SubjectKey>,
}

impl Resource {
    /// Everything of a kind: of all runners and all owners.
    pub const fn every(kind: Kind) -> Self {
        Self {
            kind,
            runner: None,
            owner: None,
        }
    }

    /// Something of this kind that belongs to this runner.
    pub const fn of_runner(kind: Kind, runner: Uuid) -> Self {
        Self {
            kind,
            runner: Some(runner),
            owner: None,
        }
    }

    /// The same, where it belongs to this subject.
    #[must_use]
    pub const fn owned_by(self, owner: SubjectKey) -> Self {
        Self {
            owner: Some(owner),
            ..self
        }
    }

    /// The runner that it belongs to; `None` means any.
    pub const fn runner(&self) -> Option<Uuid> {
        self.runner
    }
}

/// The caller may not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// And is told so.
    Forbidden,
    /// And is not to learn whether the object is there at all.
    Hidden,
}

/// Whether the caller may do this.
///
/// # Errors
///
/// [`Denied`], which also says whether the caller may know that the object is there.
pub fn authorize(caller: &Caller, action: Action, resource: Resource) -> Result<(), Denied> {
    match caller.role {
        Role::Admin => Ok(()),
        Role::User => authorize_user(caller, action, resource),
    }
}

fn authorize_user(caller: &Caller, action: Action, resource: Resource) -> Result<(), Denied> {
    use Action::{Create, Delete, List, Read, StartEnvironment, Update, Validate};

    match (resource.kind, action) {
        (Kind::HostAuthenticationToken, Validate | StartEnvironment) => Err(Denied::Forbidden),
        (Kind::HostAuthenticationToken, _) if resource.owner == Some(caller.subject) => Ok(()),
        (Kind::HostAuthenticationToken, Create | List) => Err(Denied::Forbidden),
        (Kind::HostAuthenticationToken, Read | Update | Delete) => Err(Denied::Hidden),
        (_, Read | List | Validate | StartEnvironment) => Ok(()),
        (_, Create | Update | Delete) => Err(Denied::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: SubjectKey = SubjectKey::user(Uuid::from_u128(1));
    const OTHER: SubjectKey = SubjectKey::user(Uuid::from_u128(2));
    const RUNNER: Uuid = Uuid::from_u128(3);

    const ACTIONS: [Action; 7] = [
        Action::Create,
        Action::Read,
        Action::List,
        Action::Update,
        Action::Delete,
        Action::Validate,
        Action::StartEnvironment,
    ];
    const KINDS: [Kind; 4] = [
        Kind::Schema,
        Kind::EnvironmentClass,
        Kind::ScmIntegration,
        Kind::LlmIntegration,
    ];

    fn decision(role: Role, action: Action, resource: Resource) -> Result<(), Denied> {
        authorize(&Caller { subject: ME, role }, action, resource)
    }

    #[test]
    fn an_admin_may_do_everything() {
        for action in ACTIONS {
            for kind in KINDS.into_iter().chain([Kind::HostAuthenticationToken]) {
                let resource = Resource::of_runner(kind, RUNNER);
                for resource in [Resource::every(kind), resource, resource.owned_by(OTHER)] {
                    assert_eq!(decision(Role::Admin, action, resource), Ok(()));
                }
            }
        }
    }

    #[test]
    fn a_user_reads_the_configuration_of_all_runners_and_changes_none() {
        for kind in KINDS {
            for resource in [Resource::every(kind), Resource::of_runner(kind, RUNNER)] {
                for action in ACTIONS {
                    let changes =
                        matches!(action, Action::Create | Action::Update | Action::Delete);
                    let expected = if changes {
                        Err(Denied::Forbidden)
                    } else {
                        Ok(())
                    };
                    assert_eq!(
                        decision(Role::User, action, resource),
                        expected,
                        "{action:?} {kind:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_user_has_tokens_of_its_own_and_sees_no_others() {
        use Action::{Create, Delete, List, Read, Update};

        let tokens = Resource::of_runner(Kind::HostAuthenticationToken, RUNNER);
        for action in [Create, Read, List, Update, Delete] {
            assert_eq!(decision(Role::User, action, tokens.owned_by(ME)), Ok(()));
        }
        for resource in [tokens, tokens.owned_by(OTHER)] {
            for action in [Create, List] {
                assert_eq!(
                    decision(Role::User, action, resource),
                    Err(Denied::Forbidden)
                );
            }
            for action in [Read, Update, Delete] {
                assert_eq!(decision(Role::User, action, resource), Err(Denied::Hidden));
            }
        }
    }

    #[test]
    fn a_subject_is_its_principal_and_its_id() {
        use runner_configuration::v1::Principal;

        let same_id = SubjectKey {
            principal: Principal::ServiceAccount,
            id: ME.id,
        };
        let token = Resource::of_runner(Kind::HostAuthenticationToken, RUNNER).owned_by(same_id);
        assert_eq!(
            decision(Role::User, Action::Read, token),
            Err(Denied::Hidden)
        );
    }
}
