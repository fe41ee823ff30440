use std::fmt;

use http::StatusCode;

/// What kind of error ended a call: the codes that Connect and gRPC share.
///
/// ```
/// use runner_configuration_client::{Code, Error};
///
/// fn exit_code(error: &Error) -> u8 {
///     match error.code() {
///         Code::NotFound => 3,
///         Code::Unauthenticated | Code::PermissionDenied => 4,
///         _ => 1,
///     }
/// }
/// assert_eq!(exit_code(&Error::new(Code::NotFound, "")), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The caller gave the call up.
    Canceled = 1,
    /// The cause is not known.
    Unknown = 2,
    /// The request is wrong, whatever the state of the service.
    InvalidArgument = 3,
    /// The time-out passed first.
    DeadlineExceeded = 4,
    /// There is no such object.
    NotFound = 5,
    /// There is such an object already.
    AlreadyExists = 6,
    /// The caller is known, but may not do this.
    PermissionDenied = 7,
    /// A limit is reached, such as a quota or the size of a message.
    ResourceExhausted = 8,
    /// The state of the service does not allow this.
    FailedPrecondition = 9,
    /// Somebody else's change came between.
    Aborted = 10,
    /// Something is past the end.
    OutOfRange = 11,
    /// There is no such RPC.
    Unimplemented = 12,
    /// The server, or what it sent, is broken.
    Internal = 13,
    /// The service cannot be reached now.
    Unavailable = 14,
    /// Data is lost for good.
    DataLoss = 15,
    /// The call has no valid credential.
    Unauthenticated = 16,
}

impl Code {
    const ALL: [Self; 16] = [
        Self::Canceled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The name that Connect sends, such as `not_found`.
    ///
    /// ```
    /// use runner_configuration_client::Code;
    ///
    /// assert_eq!(Code::NotFound.as_str(), "not_found");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
            Self::InvalidArgument => "invalid_argument",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::PermissionDenied => "permission_denied",
            Self::ResourceExhausted => "resource_exhausted",
            Self::FailedPrecondition => "failed_precondition",
            Self::Aborted => "aborted",
            Self::OutOfRange => "out_of_range",
            Self::Unimplemented => "unimplemented",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::DataLoss => "data_loss",
            Self::Unauthenticated => "unauthenticated",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// From the number that gRPC sends; numbers that it does not define count as `unknown`.
    pub(super) fn from_number(number: i32) -> Self {
        let known = Self::ALL.into_iter().find(|code| *code as i32 == number);
        known.unwrap_or(Self::Unknown)
    }

    /// For a reply that does not say more than its HTTP status: the table that Connect and gRPC share.
    pub(super) fn from_http_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_by_name_and_number() {
        for (index, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, index + 1);
            assert_eq!(Code::from_number(code as i32), code);
            assert_eq!(Code::from_name(code.as_str()), Some(code));
        }
        assert_eq!(Code::from_number(17), Code::Unknown);
        assert_eq!(Code::from_number(0), Code::Unknown);
        assert_eq!(Code::from_name("cancelled"), None);
    }
}
