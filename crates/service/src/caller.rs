//! Who makes a call.

use crate::store::SubjectKey;

/// Who makes a call, as authentication found out. It travels in the extensions of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who that is: the owner of what the caller creates for itself.
    pub subject: SubjectKey,
    /// What the caller may do.
    pub role: Role,
}

/// What a caller may do; [`authorize`](crate::authorize::authorize) has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reads the configuration of all runners, and has host authentication tokens of its own.
    User,
}
