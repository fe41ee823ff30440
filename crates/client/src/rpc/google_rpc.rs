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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
///
/// let detail = ErrorInfo { reason: "API_DISABLED".to_owned(), ..Default::default() };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::FailedPrecondition, "").with_detail(&detail);
/// assert_eq!(error.detail::<ErrorInfo>(), Some(detail));
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::RetryInfo;
///
/// let detail = RetryInfo { retry_delay: Some(prost_types::Duration { seconds: 5, nanos: 0 }) };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::Unavailable, "").with_detail(&detail);
/// assert_eq!(error.detail::<RetryInfo>(), Some(detail));
/// ```
#[derive(Clone, PartialEq, prost::Message)]
pub struct RetryInfo {
    /// At least this time should pass first.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

impl RetryInfo {
    /// How long to wait first; `None` where it is not said, or negative.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use runner_configuration_client::rpc::google_rpc::RetryInfo;
    ///
    /// let info = RetryInfo { retry_delay: Some(prost_types::Duration { seconds: 5, nanos: 0 }) };
    /// assert_eq!(info.delay(), Some(Duration::from_secs(5)));
    /// ```
    pub fn delay(&self) -> Option<Duration> {
        self.retry_delay?.try_into().ok()
    }
}

/// What helps the developers of the server.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::DebugInfo;
///
/// let detail = DebugInfo { detail: "out of disk".to_owned(), ..Default::default() };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::Internal, "").with_detail(&detail);
/// assert_eq!(error.detail::<DebugInfo>(), Some(detail));
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{QuotaFailure, QuotaViolation};
///
/// let violation = QuotaViolation { subject: "project:x".to_owned(), description: "1000 a day".to_owned() };
/// let detail = QuotaFailure { violations: vec![violation] };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::ResourceExhausted, "").with_detail(&detail);
/// assert_eq!(error.detail::<QuotaFailure>(), Some(detail));
/// ```
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuotaFailure {
    /// One for each.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<QuotaViolation>,
}

/// A quota that is used up.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{QuotaViolation, QuotaFailure};
///
/// fn lines(failure: &QuotaFailure) -> Vec<String> {
///     let line = |it: &QuotaViolation| format!("{}: {}", it.subject, it.description);
///     failure.violations.iter().map(line).collect()
/// }
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{PreconditionFailure, PreconditionViolation};
///
/// let violation = PreconditionViolation { r#type: "TOS".to_owned(), ..Default::default() };
/// let detail = PreconditionFailure { violations: vec![violation] };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::FailedPrecondition, "").with_detail(&detail);
/// assert_eq!(error.detail::<PreconditionFailure>(), Some(detail));
/// ```
#[derive(Clone, PartialEq, prost::Message)]
pub struct PreconditionFailure {
    /// One for each condition.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<PreconditionViolation>,
}

/// A condition that does not hold.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{PreconditionViolation, PreconditionFailure};
///
/// fn lines(failure: &PreconditionFailure) -> Vec<String> {
///     let line = |it: &PreconditionViolation| format!("{} {}: {}", it.r#type, it.subject, it.description);
///     failure.violations.iter().map(line).collect()
/// }
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{BadRequest, FieldViolation};
///
/// let violation = FieldViolation { field: "host".to_owned(), ..Default::default() };
/// let detail = BadRequest { field_violations: vec![violation] };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::InvalidArgument, "").with_detail(&detail);
/// assert_eq!(error.detail::<BadRequest>(), Some(detail));
/// ```
#[derive(Clone, PartialEq, prost::Message)]
pub struct BadRequest {
    /// One for each.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<FieldViolation>,
}

/// A field that is wrong.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{FieldViolation, BadRequest};
///
/// fn lines(request: &BadRequest) -> Vec<String> {
///     let line = |it: &FieldViolation| format!("{}: {}", it.field, it.description);
///     request.field_violations.iter().map(line).collect()
/// }
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::RequestInfo;
///
/// let detail = RequestInfo { request_id: "7f3a".to_owned(), ..Default::default() };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::Internal, "").with_detail(&detail);
/// assert_eq!(error.detail::<RequestInfo>(), Some(detail));
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::ResourceInfo;
///
/// let detail = ResourceInfo { resource_type: "runner".to_owned(), ..Default::default() };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::NotFound, "").with_detail(&detail);
/// assert_eq!(error.detail::<ResourceInfo>(), Some(detail));
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{Help, HelpLink};
///
/// let link = HelpLink { url: "https://example.com/quota".to_owned(), ..Default::default() };
/// let detail = Help { links: vec![link] };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::ResourceExhausted, "").with_detail(&detail);
/// assert_eq!(error.detail::<Help>(), Some(detail));
/// ```
#[derive(Clone, PartialEq, prost::Message)]
pub struct Help {
    /// Pages.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<HelpLink>,
}

/// A page that helps.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::{HelpLink, Help};
///
/// fn urls(help: &Help) -> Vec<&str> {
///     help.links.iter().map(|link: &HelpLink| link.url.as_str()).collect()
/// }
/// ```
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
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::LocalizedMessage;
///
/// let detail = LocalizedMessage { locale: "en-US".to_owned(), message: "Gone".to_owned() };
/// let error = runner_configuration_client::Error::new(runner_configuration_client::Code::NotFound, "").with_detail(&detail);
/// assert_eq!(error.detail::<LocalizedMessage>(), Some(detail));
/// ```
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
