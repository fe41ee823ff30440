//! Who may do what: the one place that decides it.
//!
//! | | admin | user | runner |
//! |---|---|---|---|
//! | environment classes, SCM integrations, LLM integrations: read, list | yes | yes | its own |
//! | the same: create, update, delete | yes | permission denied | permission denied |
//! | schema: read | yes | yes | its own |
//! | a configuration: validate | yes | yes | permission denied |
//! | start an environment on a class | yes | yes | no |
//! | host authentication tokens of its own: everything | yes | yes | – |
//! | tokens of others: create | yes | permission denied | permission denied |
//! | tokens of others: read | yes | hidden | those on itself |
//! | tokens of others: update, delete | yes | hidden | permission denied |
//! | tokens of others: list | yes | left out | those on itself |
//!
//! What a runner may not see is hidden, or left out of lists. A read-only caller may do of this what changes nothing. The same by RPC, as it is tested: `SECURITY.md` in
//! the repository.

use uuid::Uuid;

use crate::caller::Caller;
use crate::store::{Role, SubjectKey};

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

impl Action {
    const fn changes_something(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Delete | Self::StartEnvironment => true,
            Self::Read | Self::List | Self::Validate => false,
        }
    }
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
    if caller.read_only && action.changes_something() {
        return Err(Denied::Forbidden);
    }
    match caller.role {
        Role::Admin => Ok(()),
        Role::User => authorize_user(caller, action, resource),
        Role::Runner => authorize_runner(caller, action, resource),
    }
}

/// What of a kind a caller finds in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Everything.
    All,
    /// What belongs to this runner.
    OfRunner(Uuid),
    /// What belongs to this subject.
    OwnedBy(SubjectKey),
}

impl Visible {
    /// The runners to list for a filter that asks for these (none means all); `None` where nothing is left.
    pub(crate) fn of_runners(self, asked: Vec<Uuid>) -> Option<Vec<Uuid>> {
        match self {
            Self::All => Some(asked),
            Self::OfRunner(own) if asked.is_empty() || asked.contains(&own) => Some(vec![own]),
            Self::OfRunner(_) | Self::OwnedBy(_) => None,
        }
    }
}

/// What of this kind the caller finds in a list.
///
/// # Errors
///
/// [`Denied`], where the caller may not list even what is its own.
pub fn visible(caller: &Caller, kind: Kind) -> Result<Visible, Denied> {
    let everything = Resource::every(kind);
    let own = caller.subject;
    let scopes = [
        (Visible::All, everything),
        (Visible::OfRunner(own.id), Resource::of_runner(kind, own.id)),
        (Visible::OwnedBy(own), everything.owned_by(own)),
    ];
    let may_list =
        |(_, resource): &(_, Resource)| authorize(caller, Action::List, *resource).is_ok();
    let found = scopes.into_iter().find(may_list);
    found.map(|(visible, _)| visible).ok_or(Denied::Forbidden)
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

fn authorize_runner(caller: &Caller, action: Action, resource: Resource) -> Result<(), Denied> {
    let is_own = resource.runner == Some(caller.subject.id);
    match action {
        Action::Read | Action::List if is_own => Ok(()),
        Action::Read => Err(Denied::Hidden),
        // A token on another runner is not to be found out by trying to change it.
        Action::Update | Action::Delete if resource.owner.is_some() && !is_own => {
            Err(Denied::Hidden)
        }
        _ => Err(Denied::Forbidden),
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
        authorize(&Caller::new(ME, role), action, resource)
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
    fn a_runner_reads_what_is_its_own() {
        let own = SubjectKey::runner(RUNNER);
        let other = Uuid::from_u128(4);
        let caller = Caller::new(own, Role::Runner);
        for kind in KINDS.into_iter().chain([Kind::HostAuthenticationToken]) {
            for action in ACTIONS {
                let reads = matches!(action, Action::Read | Action::List);
                let expected = if reads {
                    Ok(())
                } else {
                    Err(Denied::Forbidden)
                };
                let resource = Resource::of_runner(kind, RUNNER);
                assert_eq!(
                    authorize(&caller, action, resource),
                    expected,
                    "{action:?} {kind:?}"
                );
                assert_eq!(
                    authorize(&caller, action, resource.owned_by(OTHER)),
                    expected
                );

                let foreign = [Resource::of_runner(kind, other), Resource::every(kind)];
                for resource in foreign {
                    let expected = match action {
                        Action::Read => Denied::Hidden,
                        _ => Denied::Forbidden,
                    };
                    assert_eq!(authorize(&caller, action, resource), Err(expected));
                }
            }
            assert_eq!(visible(&caller, kind), Ok(Visible::OfRunner(RUNNER)));
        }
        let token = Resource::of_runner(Kind::HostAuthenticationToken, other).owned_by(OTHER);
        for action in [Action::Read, Action::Update, Action::Delete] {
            assert_eq!(authorize(&caller, action, token), Err(Denied::Hidden));
        }
    }

    #[test]
    fn a_read_only_caller_changes_nothing() {
        for role in [Role::Admin, Role::User, Role::Runner] {
            let caller = Caller::new(ME, role);
            for kind in KINDS.into_iter().chain([Kind::HostAuthenticationToken]) {
                let resource = Resource::of_runner(kind, RUNNER).owned_by(ME);
                for action in ACTIONS {
                    let expected = match action {
                        Action::Read | Action::List | Action::Validate => {
                            authorize(&caller, action, resource)
                        }
                        _ => Err(Denied::Forbidden),
                    };
                    let decision = authorize(&caller.read_only(), action, resource);
                    assert_eq!(decision, expected, "{role:?} {action:?} {kind:?}");
                }
            }
        }
    }

    #[test]
    fn lists_have_what_is_visible() {
        let tokens = Kind::HostAuthenticationToken;
        let user = Caller::new(ME, Role::User);
        assert_eq!(
            visible(&Caller::new(ME, Role::Admin), tokens),
            Ok(Visible::All)
        );
        assert_eq!(visible(&user, Kind::EnvironmentClass), Ok(Visible::All));
        assert_eq!(visible(&user, tokens), Ok(Visible::OwnedBy(ME)));
        let own = Visible::OfRunner(RUNNER);
        let other = Uuid::from_u128(4);
        for (visible, asked, left) in [
            (Visible::All, vec![], Some(vec![])),
            (Visible::All, vec![other], Some(vec![other])),
            (own, vec![], Some(vec![RUNNER])),
            (own, vec![other, RUNNER], Some(vec![RUNNER])),
            (own, vec![other], None),
        ] {
            assert_eq!(
                visible.of_runners(asked.clone()),
                left,
                "{visible:?} {asked:?}"
            );
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
