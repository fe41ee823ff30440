//! Who makes a call.

use crate::store::{Role, SubjectKey};

/// Who makes a call, as authentication found out. It travels in the extensions of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// Who that is: the owner of what the caller creates for itself.
    pub subject: SubjectKey,
    /// What the caller may do.
    pub role: Role,
    /// The caller may change nothing, whatever its role.
    pub read_only: bool,
}

impl Caller {
    /// A caller that may do all that its role may.
    ///
    /// ```
    /// use runner_configuration_service::store::SubjectKey;
    /// use runner_configuration_service::{Caller, Role};
    ///
    /// let caller = Caller::new(SubjectKey::user(uuid::Uuid::max()), Role::User);
    /// assert!(!caller.read_only);
    /// ```
    pub const fn new(subject: SubjectKey, role: Role) -> Self {
        Self {
            subject,
            role,
            read_only: false,
        }
    }

    /// The same caller, if it may not change anything.
    #[must_use]
    pub const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }
}
