//! What a server, or the way to it, did not do: as people read it, and as an exit code.

use std::error::Error as _;
use std::fmt;

use runner_configuration_client::{Code, Error};

use crate::table::printable;

/// Where the URL and the key of a server came from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) url: String,
    pub(crate) key: String,
}

/// A client that could not be made, or a call that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Box<Error>,
    hint: Option<String>,
}

impl Failure {
    /// That there is no client for this server.
    pub(crate) fn of_client(error: Error, origin: &Origin) -> Self {
        let Origin { url, key } = origin;
        Self {
            error: error.into(),
            hint: Some(format!("the URL is from {url}, the key from {key}")),
        }
    }

    /// That a call failed.
    pub(crate) fn of_call(error: Error, origin: &Origin) -> Self {
        let hint = if error.is_unauthenticated() {
            Some(format!("the key is from {}", origin.key))
        } else if error.is_connect() {
            Some(format!("the URL is from {}", origin.url))
        } else {
            None
        };
        Self {
            error: error.into(),
            hint,
        }
    }

    /// As [`HELP`](crate::server_choice::HELP) lists them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.error.code() {
            // What was found out on this side is no verdict of the server.
            Code::InvalidArgument if !self.error.is_from_server() => 1,
            Code::InvalidArgument | Code::OutOfRange => 3,
            Code::NotFound => 4,
            Code::Unauthenticated | Code::PermissionDenied => 5,
            Code::AlreadyExists => 6,
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted => 7,
            Code::FailedPrecondition => 8,
            _ => 1,
        }
    }

    /// What the server found wrong, with the paths of the fields.
    fn violations(&self) -> Vec<String> {
        let violations = self.error.violations().unwrap_or_default().violations;
        let texts = violations.iter().map(|violation| {
            let what = violation.message();
            match &violation.field {
                Some(field) => printable(&format!("{field}: {what}")),
                None => printable(what),
            }
        });
        texts.collect()
    }

    /// The innermost cause, which says most.
    fn cause(&self) -> Option<String> {
        let mut cause = self.error.source()?;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let cause = printable(&cause.to_string());
        (!self.error.message().contains(&cause)).then_some(cause)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.error.code())?;
        match self.violations().as_slice() {
            [] => f.write_str(&printable(self.error.message()))?,
            [one] => f.write_str(one)?,
            several => {
                write!(f, "the request has {} faults", several.len())?;
                several.iter().try_for_each(|one| write!(f, "\n  {one}"))?;
            }
        }
        if let Some(cause) = self.cause() {
            write!(f, " ({cause})")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use runner_configuration::validate::{FieldPath, FieldPathElement, Violation, Violations};

    use super::*;

    fn origin() -> Origin {
        Origin {
            url: "--url".into(),
            key: "ONA_API_KEY".into(),
        }
    }

    #[test]
    fn every_code_has_an_exit_code() {
        for (code, exit_code) in [
            (Code::Canceled, 1),
            (Code::Unknown, 1),
            (Code::InvalidArgument, 3),
            (Code::DeadlineExceeded, 7),
            (Code::NotFound, 4),
            (Code::AlreadyExists, 6),
            (Code::PermissionDenied, 5),
            (Code::ResourceExhausted, 7),
            (Code::FailedPrecondition, 8),
            (Code::Aborted, 7),
            (Code::OutOfRange, 3),
            (Code::Unimplemented, 1),
            (Code::Internal, 1),
            (Code::Unavailable, 7),
            (Code::DataLoss, 1),
            (Code::Unauthenticated, 5),
        ] {
            let failure = Failure::of_call(Error::new(code, ""), &origin());
            assert_eq!(failure.exit_code(), exit_code, "{code}");
        }
        let local = Error::local(Code::InvalidArgument, "the base URL is no absolute URL");
        assert_eq!(Failure::of_client(local, &origin()).exit_code(), 1);
    }

    #[test]
    fn each_field_is_named() {
        let violation = |name: &str| Violation {
            field: Some(FieldPath {
                elements: vec![FieldPathElement {
                    field_name: Some(name.into()),
                    ..Default::default()
                }],
            }),
            message: Some("is \u{1b}wrong".into()),
            rule_id: Some("rule".into()),
            ..Default::default()
        };
        let shown = |violations| {
            let error = Error::new(Code::InvalidArgument, "all of it");
            let error = error.with_detail(&Violations { violations });
            Failure::of_call(error, &origin()).to_string()
        };
        assert_eq!(shown(vec![]), "invalid_argument: all of it");
        assert_eq!(
            shown(vec![violation("host")]),
            "invalid_argument: host: is \u{fffd}wrong"
        );
        assert_eq!(
            shown(vec![violation("host"), violation("token")]),
            "invalid_argument: the request has 2 faults\n  host: is \u{fffd}wrong\n  token: is \u{fffd}wrong"
        );
    }

    #[test]
    fn it_is_said_where_a_wrong_key_comes_from() {
        let error = Error::new(Code::Unauthenticated, "a valid API key is needed");
        assert_eq!(
            Failure::of_call(error, &origin()).to_string(),
            "unauthenticated: a valid API key is needed; the key is from ONA_API_KEY"
        );
    }
}
