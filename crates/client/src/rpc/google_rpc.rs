//! Details of errors that Google defines and many services send, [`google.rpc`][definitions].
//!
//! [definitions]: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
//!
//! ```
//! use runner_configuration_client::rpc::google_rpc::{BadRequest, ErrorInfo};
//! use runner_configuration_client::{Code, Error};
//!
//! let info = ErrorInfo { reason: "RUNNER_GONE".to_owned(), ..Default::default() };
//! let error = Error::new(Code::FailedPrecondition, "the runner is gone").with_detail(&info);
//! assert_eq!(error.detail::<ErrorInfo>().map(|info| info.reason), Some("RUNNER_GONE".to_owned()));
//! assert!(error.detail::<BadRequest>().is_none());
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Name;

macro_rules! names {
    ($($message:ident)*) => {
        $(impl Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = "google.rpc";
        })*
    };
}

names! {
    ErrorInfo RetryInfo DebugInfo QuotaFailure PreconditionFailure BadRequest RequestInfo ResourceInfo Help LocalizedMessage
}

/// The cause, for programmes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ErrorInfo {
    /// The cause, unique in its domain, such as `API_DISABLED`.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Who defines the reason, such as `pubsub.googleapis.com`.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// More about this occurrence.
    #[prost(btree_map = "string, string", tag = "3")]
    pub metadata: BTreeMap<String, String>,
}

/// When the call may be made again.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RetryInfo {
    /// At least this time should pass first.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

impl RetryInfo {
    /// How long to wait first; `None` where it is not said, or negative.
    pub fn delay(&self) -> Option<Duration> {
        self.retry_delay?.try_into().ok()
    }
}

/// What helps the developers of the server.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebugInfo {
    /// Where the error happened, the innermost first.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: Vec<String>,
    /// More, as the server has it.
    #[prost(string, tag = "2")]
    pub detail: String,
}

/// Which quotas are used up.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuotaFailure {
    /// One for each.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<QuotaViolation>,
}

/// A quota that is used up.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuotaViolation {
    /// Whose quota it is, such as `project:name`.
    #[prost(string, tag = "1")]
    pub subject: String,
    /// How it is used up.
    #[prost(string, tag = "2")]
    pub description: String,
}

/// What would have to be otherwise.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PreconditionFailure {
    /// One for each condition.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<PreconditionViolation>,
}

/// A condition that does not hold.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PreconditionViolation {
    /// The kind, such as `TOS`.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// What it is about.
    #[prost(string, tag = "2")]
    pub subject: String,
    /// Why it does not hold.
    #[prost(string, tag = "3")]
    pub description: String,
}

/// Which fields of the request are wrong.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BadRequest {
    /// One for each.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<FieldViolation>,
}

/// A field that is wrong.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldViolation {
    /// The path of the field, such as `configuration[0].key`.
    #[prost(string, tag = "1")]
    pub field: String,
    /// What is wrong.
    #[prost(string, tag = "2")]
    pub description: String,
    /// The cause, for programmes.
    #[prost(string, tag = "3")]
    pub reason: String,
    /// What is wrong, in the caller's language.
    #[prost(message, optional, tag = "4")]
    pub localized_message: Option<LocalizedMessage>,
}

/// By what the server's developers find the request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RequestInfo {
    /// Says something to them only.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// More of this kind.
    #[prost(string, tag = "2")]
    pub serving_data: String,
}

/// Which object the error is about.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceInfo {
    /// Its type.
    #[prost(string, tag = "1")]
    pub resource_type: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub resource_name: String,
    /// Who has it.
    #[prost(string, tag = "3")]
    pub owner: String,
    /// What happened when it was used.
    #[prost(string, tag = "4")]
    pub description: String,
}

/// Where there is help.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Help {
    /// Pages.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<HelpLink>,
}

/// A page that helps.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HelpLink {
    /// What it says.
    #[prost(string, tag = "1")]
    pub description: String,
    /// Where it is.
    #[prost(string, tag = "2")]
    pub url: String,
}

/// A text for the user.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalizedMessage {
    /// Its language, as in BCP 47: `en-US`.
    #[prost(string, tag = "1")]
    pub locale: String,
    /// The text.
    #[prost(string, tag = "2")]
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{Code, Detail, Error};

    #[test]
    fn details_are_found_by_their_full_name() {
        // retry_delay { seconds: 5 nanos: 7 }
        let encoded = &b"\x0a\x04\x08\x05\x10\x07"[..];
        for (name, expected) in [
            ("google.rpc.RetryInfo", Some(Duration::new(5, 7))),
            (
                "type.googleapis.com/google.rpc.RetryInfo",
                Some(Duration::new(5, 7)),
            ),
            ("google.rpc.ErrorInfo", None),
            ("rpc.RetryInfo", None),
        ] {
            let error =
                Error::new(Code::Unavailable, "").with_details([Detail::new(name, encoded)]);
            let delay = error.detail().and_then(|info: RetryInfo| info.delay());
            assert_eq!(delay, expected, "{name}");
        }
        let seconds = -1;
        let retry_delay = Some(prost_types::Duration { seconds, nanos: 0 });
        assert_eq!(RetryInfo { retry_delay }.delay(), None);
    }
}
