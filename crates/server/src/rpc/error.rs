//! Errors on the wire: the one place that writes them, in the caller's protocol.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse as _;
use connectrpc_axum::ConnectError;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use prost::{Message as _, Name};
use runner_configuration_runtime::validate::Violations;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use super::Protocol;
use super::observe::Failure;
use super::protocol::{Unsupported, for_error};
use super::reply::NotTheMessage;

/// `google.rpc.Status`, the form in which gRPC carries error details.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

impl Name for RetryInfo {
    const NAME: &'static str = "RetryInfo";
    const PACKAGE: &'static str = "google.rpc";
}

/// An error with a detail, which Connect and gRPC clients can read by its type.
///
/// ```
/// use runner_configuration::validate::Violations;
/// use runner_configuration_server::rpc::with_details;
///
/// let status = with_details(tonic::Code::InvalidArgument, "wrong", &Violations::default());
/// assert_eq!(status.message(), "wrong");
/// ```
pub fn with_details<M: prost::Message + Name>(
    code: Code,
    message: impl Into<String>,
    detail: &M,
) -> Status {
    let message = message.into();
    let detail = prost_types::Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: detail.encode_to_vec(),
    };
    let status = RpcStatus {
        code: code.into(),
        message: message.clone(),
        details: vec![detail],
    };
    Status::with_details(code, message, status.encode_to_vec().into())
}

/// An error that passes by itself, with when to try again: in the detail `google.rpc.RetryInfo`, and, in whole seconds, in the
/// header `retry-after`.
///
/// ```
/// use std::time::Duration;
/// use runner_configuration_server::rpc::retry_later;
///
/// let status = retry_later(tonic::Code::Unavailable, "come back", Duration::from_millis(1500));
/// assert_eq!(status.metadata().get("retry-after").unwrap(), "2");
/// ```
pub fn retry_later(code: Code, message: impl Into<String>, after: Duration) -> Status {
    let delay = prost_types::Duration::try_from(after).unwrap_or(prost_types::Duration {
        seconds: i64::MAX,
        nanos: 0,
    });
    let info = RetryInfo {
        retry_delay: Some(delay),
    };
    let mut status = with_details(code, message, &info);
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    status
        .metadata_mut()
        .insert("retry-after", seconds.max(1).into());
    status
}

/// The error for a request that breaks rules: `invalid_argument` whose text names the fields and whose detail is the
/// `buf.validate.Violations`.
pub fn invalid_argument(violations: &Violations) -> Status {
    with_details(Code::InvalidArgument, violations.to_string(), violations)
}

/// Writes an error.
pub(super) fn respond(status: Status, protocol: Protocol) -> Response<Body> {
    let status = annotated(status);
    let failure = Failure::of(&status);
    let mut response = match protocol {
        Protocol::Connect(_) | Protocol::ConnectGet(_) => {
            ConnectError::from(status).into_response()
        }
        Protocol::Grpc => status.into_http(),
        // Also as an error in the headers alone, which gRPC-Web clients read as well.
        Protocol::GrpcWeb => {
            let mut response = status.into_http();
            let content_type = HeaderValue::from_static("application/grpc-web+proto");
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, content_type);
            response
        }
    };
    response.extensions_mut().insert(failure);
    response
}

/// Tells the caller not to repeat a call that would fail again.
fn annotated(mut status: Status) -> Status {
    if is_final(status.code()) && !status.metadata().contains_key(SHOULD_RETRY) {
        status
            .metadata_mut()
            .insert(SHOULD_RETRY, MetadataValue::from_static("false"));
    }
    status
}

/// An error of reading a request: what was too large will be so again, unlike what an implementation has too much of.
pub(super) fn of_request(mut status: Status) -> Status {
    if status.code() == Code::ResourceExhausted {
        let never = MetadataValue::from_static("false");
        status.metadata_mut().insert(SHOULD_RETRY, never);
    }
    status
}

/// An implementation replied with something that is not the message.
pub(super) fn undecodable_reply(error: NotTheMessage) -> Status {
    let mut status = Status::internal("internal error");
    status.set_source(Arc::new(error));
    status
}

/// The generated official SDKs repeat a call after HTTP 408, 409, 429 and from 500 on, unless a reply says otherwise.
const SHOULD_RETRY: &str = "x-should-retry";

/// Whether the same call would fail again.
fn is_final(code: Code) -> bool {
    !matches!(
        code,
        Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::Unavailable
    )
}

/// Answers a path that is no RPC's: clients expect Connect's or gRPC's error form there too.
pub(super) fn unknown_path(path: &str, headers: &HeaderMap) -> Response<Body> {
    let status = Status::unimplemented(format!("there is no RPC at {path}"));
    let protocol = for_error(headers);
    let mut response = respond(status, protocol);
    if protocol.is_connect() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Answers a request to an RPC that comes with the wrong method or content type. Connect's clients take the code from the
/// HTTP status, so the body has the one that they come to.
pub(super) fn unsupported(reason: Unsupported, headers: &HeaderMap) -> Response<Body> {
    let (text, code, header) = match reason {
        Unsupported::Method(allowed) => (
            format!("this RPC takes the methods {allowed}"),
            StatusCode::METHOD_NOT_ALLOWED,
            (header::ALLOW, HeaderValue::from_static(allowed)),
        ),
        Unsupported::ContentType(accepted) => (
            format!("Content-Type: must be one of {accepted}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            (
                HeaderName::from_static("accept-post"),
                HeaderValue::from_static(accepted),
            ),
        ),
    };
    let protocol = for_error(headers);
    let mut status = match protocol.is_connect() {
        true => Status::unknown(text),
        false => Status::unimplemented(text),
    };
    let never = MetadataValue::from_static("false");
    status.metadata_mut().insert(SHOULD_RETRY, never);
    let mut response = respond(status, protocol);
    *response.status_mut() = code;
    response.headers_mut().insert(header.0, header.1);
    if protocol.is_connect() {
        // Whoever sent this need not be a Connect client, and `application/json` alone is the mark of Connect's errors;
        // Connect's clients read both.
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    response
}
