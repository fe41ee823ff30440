//! Who makes a call.

use std::ops::Deref;

use runner_configuration_server::rpc::RequestId;

use crate::store::{Form, Role, SubjectKey};

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

impl Caller {
    /// A number for the subject: limits count all its calls together, whichever key they come with.
    pub(crate) const fn number(&self) -> u128 {
        // Ids are random enough; two principals with one id are told apart in bits that say nothing.
        self.subject.id.as_u128() ^ ((self.subject.principal as u128) << 76)
    }
}

/// A call that is answered: the caller, and what a record of its changes says of it besides.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) request_id: Option<RequestId>,
    /// In which form the reply will be sent.
    pub(crate) form: Form,
}

impl Deref for Call {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}
