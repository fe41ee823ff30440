//! Spans, as [OpenTelemetry's conventions][rpc] describe calls and work on databases.
//!
//! Spans are made for the log first, whose fields have short names. They are renamed where they are sent, and not where
//! calls are answered.
//!
//! [rpc]: https://opentelemetry.io/docs/specs/semconv/rpc/

use std::mem;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use runner_configuration_server::rpc::code_name;
use runner_configuration_server::tonic_server::SERVICE_NAME;
use tonic::Code;

/// The names of the spans that are sent: a call, and an operation of the store.
pub(super) const CALL: &str = "rpc";
pub(super) const OPERATION: &str = "store";

pub(super) const RPC_SYSTEM: &str = "rpc.system.name";
pub(super) const RPC_METHOD: &str = "rpc.method";
pub(super) const RPC_STATUS: &str = "rpc.response.status_code";
pub(super) const ERROR_TYPE: &str = "error.type";

/// Writes a span as the conventions have it. The store is in this kind of database.
pub(super) fn apply(database: &'static str, span: &mut SpanData) {
    match &*span.name {
        CALL => call(span),
        OPERATION => operation(database, span),
        _ => {}
    }
}

fn call(span: &mut SpanData) {
    span.span_kind = SpanKind::Server;
    let fields = mem::take(&mut span.attributes);
    let find = |name: &str| {
        let field = fields.iter().find(|field| field.key.as_str() == name);
        field.map(|field| field.value.as_str().into_owned())
    };
    let protocol = find("protocol").unwrap_or_default();
    let is_grpc = is_grpc(&protocol);
    let method = full_name(&find("rpc").unwrap_or_default());
    span.name = method.clone().into();
    span.attributes = vec![
        KeyValue::new(RPC_SYSTEM, system(is_grpc)),
        KeyValue::new(RPC_METHOD, method),
    ];
    if let Some(code) = find("code").and_then(|name| code_of(&name)) {
        span.attributes.extend(status(is_grpc, code));
        if is_error(code) {
            span.status = Status::error("");
        }
    }
    let others = [
        ("runnerconf.protocol", Some(protocol)),
        ("runnerconf.codec", find("codec")),
        ("runnerconf.request_id", find("request_id")),
        ("enduser.id", find("subject")),
    ];
    let others = others
        .into_iter()
        .filter_map(|(name, value)| Some(KeyValue::new(name, value?)));
    span.attributes.extend(others);
}

fn operation(database: &'static str, span: &mut SpanData) {
    span.span_kind = SpanKind::Client;
    let fields = mem::take(&mut span.attributes);
    span.attributes = vec![KeyValue::new("db.system.name", database)];
    for KeyValue { key, value, .. } in fields {
        match key.as_str() {
            "operation" => {
                span.name = value.as_str().into_owned().into();
                span.attributes
                    .push(KeyValue::new("db.operation.name", value));
            }
            "error" => {
                span.attributes.push(KeyValue::new(ERROR_TYPE, value));
                span.status = Status::error("");
            }
            _ => {}
        }
    }
}

/// As in `gitpod.v1.RunnerConfigurationService/GetEnvironmentClass`.
pub(super) fn full_name(rpc: &str) -> String {
    format!("{SERVICE_NAME}/{rpc}")
}

/// Whether a protocol, by its name, is one of gRPC.
pub(super) fn is_grpc(protocol: &str) -> bool {
    protocol.starts_with("grpc")
}

pub(super) fn system(is_grpc: bool) -> &'static str {
    match is_grpc {
        true => "grpc",
        false => "connectrpc",
    }
}

/// How a call ended. Connect has no code for success.
pub(super) fn status(is_grpc: bool, code: Code) -> impl Iterator<Item = KeyValue> {
    let name = match (is_grpc, code) {
        (true, code) => Some(grpc_name(code)),
        (false, Code::Ok) => None,
        (false, code) => Some(code_name(code)),
    };
    let value = |name| Value::from(name);
    let status = name.map(|name| KeyValue::new(RPC_STATUS, value(name)));
    let error = name.filter(|_| is_error(code));
    let error = error.map(|name| KeyValue::new(ERROR_TYPE, value(name)));
    status.into_iter().chain(error)
}

/// Whether a code tells of a fault of the server, rather than of its caller.
fn is_error(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

fn code_of(name: &str) -> Option<Code> {
    (0..=16)
        .map(Code::from)
        .find(|code| code_name(*code) == name)
}

/// The names that gRPC has for codes.
fn grpc_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_in_each_system() {
        for code in (0..=16).map(Code::from) {
            assert_eq!(code_of(code_name(code)), Some(code));
            let plain = grpc_name(code).to_lowercase();
            let connect = code_name(code);
            assert!(
                plain == connect || code == Code::Cancelled,
                "{plain} {connect}"
            );
        }
        assert_eq!(code_of("another"), None);
    }

    #[test]
    fn faults_of_the_server_are_errors_and_those_of_callers_are_not() {
        let names = |is_grpc, code| {
            let attributes = status(is_grpc, code);
            let shown = attributes.map(|one| format!("{}={}", one.key, one.value));
            shown.collect::<Vec<_>>()
        };
        assert_eq!(names(true, Code::Ok), ["rpc.response.status_code=OK"]);
        assert_eq!(names(false, Code::Ok), Vec::<String>::new());
        assert_eq!(
            names(false, Code::NotFound),
            ["rpc.response.status_code=not_found"]
        );
        assert_eq!(
            names(true, Code::Internal),
            ["rpc.response.status_code=INTERNAL", "error.type=INTERNAL"]
        );
    }
}
