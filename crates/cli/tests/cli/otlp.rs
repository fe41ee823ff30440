//! Traces and metrics, as an OpenTelemetry collector receives them.

mod collector;
mod trace_context;

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use runner_configuration::v1::ListEnvironmentClassesRequest;
use runner_configuration_client::{Client, Protocol};
use serde_json::json;

use self::collector::{Behaviour, Collector};
use crate::observed::{Metrics, ask, block_on, metrics_address};
use crate::support::{Folder, Server, complaint, path, printed, runnerconf};

const LIST: &str = "ListEnvironmentClasses";
const FULL_NAME: &str = "gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const STATE: &str = "vendor=of-the-test";

/// The last byte of the caller's span says what it calls.
fn traceparent(span: u8, flags: &str) -> String {
    format!("00-{TRACE}-b7ad6b71692033{span:02x}-{flags}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The attributes as text.
fn texts(attributes: &[KeyValue]) -> Vec<(&str, String)> {
    let text = |value: &AnyValue| match value.value.as_ref().unwrap() {
        Any::StringValue(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let mut texts: Vec<(&str, String)> = attributes
        .iter()
        .map(|one| (one.key.as_str(), text(one.value.as_ref().unwrap())))
        .collect();
    texts.sort();
    texts
}

fn text<'a>(attributes: &'a [(&str, String)], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.as_str())
}

fn post(server: &Server, content_type: &str, more: &str, body: &[u8]) -> u16 {
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let rpc = path(LIST);
    let head = format!("POST {rpc} HTTP/1.1\r\nContent-Type: {content_type}\r\n{more}");
    ask(address, &head, body).0
}

/// One call in each protocol and codec, each of a span of its own of the caller.
fn call_in_every_protocol(server: &Server, key: &str) {
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let head = |span| {
        let parent = traceparent(span, "01");
        format!("Authorization: Bearer {key}\r\ntraceparent: {parent}\r\ntracestate: {STATE}\r\n")
    };
    assert_eq!(post(server, "application/json", &head(1), b"{}"), 200);
    assert_eq!(post(server, "application/proto", &head(2), b""), 200);
    assert_eq!(
        post(server, "application/grpc-web+proto", &head(3), &[0; 5]),
        200
    );
    let rpc = path(LIST);
    let get = format!(
        "GET {rpc}?encoding=json&message=%7B%7D HTTP/1.1\r\n{}",
        head(4)
    );
    assert_eq!(ask(address, &get, b"").0, 200);
    block_on(async {
        let client = Client::builder()
            .base_url(format!("http://{address}"))
            .api_key(key)
            .protocol(Protocol::Grpc)
            .build()
            .unwrap();
        let header = |name| HeaderName::from_static(name);
        let parent = HeaderValue::try_from(traceparent(5, "01")).unwrap();
        let call = client
            .environment_classes()
            .list(ListEnvironmentClassesRequest::default())
            .header(header("traceparent"), parent)
            .header(header("tracestate"), HeaderValue::from_static(STATE));
        call.await.unwrap();
    });
}

/// The span of the call that the caller made in this span of its own.
fn of_caller(spans: &[Span], span: u8) -> Option<&Span> {
    let parent = format!("b7ad6b71692033{span:02x}");
    let mut found = spans
        .iter()
        .filter(|one| hex(&one.parent_span_id) == parent);
    let first = found.next();
    assert!(found.next().is_none(), "two spans of {parent}");
    first
}

#[test]
fn a_call_of_each_protocol_is_a_span_of_its_callers_trace_with_those_of_the_store() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    serve.env("OTEL_EXPORTER_OTLP_HEADERS", "x-of-environment=s3cret");
    serve.args(["--otlp-service-name", "service-of-the-test"]);
    let file = folder.file("headers", "X-Of-File: s3cret\n");
    serve.arg("--otlp-headers-file").arg(file);
    // What the log leaves out is sent all the same.
    serve.args(["--log-filter", "warn", "--max-buffered-bytes", "1000"]);
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    call_in_every_protocol(&server, &key);
    let head = |key: &str, span, flags| {
        let parent = traceparent(span, flags);
        format!("Authorization: Bearer {key}\r\ntraceparent: {parent}\r\n")
    };
    let json = "application/json";
    assert_eq!(post(&server, json, &head("wrong", 6, "01"), b"{}"), 401);
    assert_eq!(
        post(&server, json, &head(&key, 7, "01"), &[b' '; 2000]),
        503
    );
    // The caller records nothing, so there would be nothing that it belongs to.
    assert_eq!(post(&server, json, &head(&key, 8, "00"), b"{}"), 200);
    // No trace of the caller's.
    server.call(&key, LIST, &json!({})).ok();
    server.stop();

    let received = collector.received();
    for headers in &received.headers {
        assert_eq!(headers["x-of-file"], "s3cret");
        assert_eq!(headers["x-of-environment"], "s3cret");
        assert_eq!(headers["content-type"], "application/x-protobuf");
    }
    let exported = format!("{:?}{:?}", received.traces, received.metrics);
    assert!(!exported.contains(&key) && !exported.contains("s3cret"));
    for resource in received.resources() {
        let attributes = texts(&resource.attributes);
        let name = text(&attributes, "service.name");
        assert_eq!(name, Some("service-of-the-test"));
        let version = text(&attributes, "service.version");
        assert_eq!(version, Some(env!("RUNNERCONF_VERSION")));
    }

    let spans = received.spans();
    for (span, system, protocol, codec, code) in [
        (1, "connectrpc", "connect", "json", None),
        (2, "connectrpc", "connect", "proto", None),
        (3, "grpc", "grpc-web", "proto", Some("OK")),
        (4, "connectrpc", "connect-get", "json", None),
        (5, "grpc", "grpc", "proto", Some("OK")),
        (6, "connectrpc", "connect", "json", Some("unauthenticated")),
        (7, "connectrpc", "connect", "json", Some("unavailable")),
    ] {
        let call = of_caller(&spans, span).unwrap_or_else(|| panic!("{protocol}: {spans:?}"));
        assert_eq!(hex(&call.trace_id), TRACE);
        assert_eq!(call.name, FULL_NAME);
        assert_eq!(call.kind(), SpanKind::Server);
        assert!(call.end_time_unix_nano > call.start_time_unix_nano);
        assert!(call.events.is_empty());
        let mut attributes = texts(&call.attributes);
        attributes.retain(|(name, value)| {
            let is_id = *name == "runnerconf.request_id";
            assert!(!is_id || value.len() == 32, "{value}");
            !is_id
        });
        let is_error = code == Some("unavailable");
        let is_known = code != Some("unauthenticated");
        let admin = "service-account:01995f2b-7c00-7000-8000-000000000001";
        let expected = [
            ("enduser.id", Some(admin).filter(|_| is_known)),
            ("error.type", code.filter(|_| is_error)),
            ("rpc.method", Some(FULL_NAME)),
            ("rpc.response.status_code", code),
            ("rpc.system.name", Some(system)),
            ("runnerconf.codec", Some(codec)),
            ("runnerconf.protocol", Some(protocol)),
        ];
        let expected: Vec<(&str, String)> = expected
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_owned())))
            .collect();
        assert_eq!(attributes, expected, "{span}");
        let status = call.status.clone().unwrap_or_default().code();
        let expected = match is_error {
            true => StatusCode::Error,
            false => StatusCode::Unset,
        };
        assert_eq!(status, expected, "{span}");
        assert_eq!(call.trace_state, if span <= 5 { STATE } else { "" });

        let mut operations: Vec<&Span> = spans
            .iter()
            .filter(|one| one.parent_span_id == call.span_id)
            .collect();
        operations.sort_by_key(|one| one.start_time_unix_nano);
        let names: Vec<&str> = operations.iter().map(|one| one.name.as_str()).collect();
        let expected: &[&str] = match code {
            None | Some("OK") => &["api_key", "environment_classes"],
            _ => &["api_key"],
        };
        assert_eq!(names, expected, "{span}");
        for operation in operations {
            assert_eq!(hex(&operation.trace_id), TRACE);
            assert_eq!(operation.kind(), SpanKind::Client);
            let expected = [
                ("db.operation.name", operation.name.clone()),
                ("db.system.name", "sqlite".into()),
            ];
            assert_eq!(texts(&operation.attributes), expected);
            assert!(operation.start_time_unix_nano >= call.start_time_unix_nano);
        }
    }
    assert_eq!(of_caller(&spans, 8), None);
    let roots: Vec<&Span> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_empty())
        .collect();
    let [root] = roots[..] else {
        panic!("{roots:?}");
    };
    assert_eq!(root.name, FULL_NAME);
    assert_ne!(hex(&root.trace_id), TRACE);
}

#[test]
fn calls_and_refusals_are_metrics_by_system_rpc_and_code() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let mut serve = folder.serve();
    let url = collector.url();
    serve.args(["--otlp-endpoint", &url, "--otlp-sampler", "always_off"]);
    serve.args([
        "--max-buffered-bytes",
        "1000",
        "--otlp-metrics-interval",
        "1",
    ]);
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    call_in_every_protocol(&server, &key);
    let authorization = format!("Authorization: Bearer {key}\r\n");
    let status = post(&server, "application/json", &authorization, &[b' '; 2000]);
    assert_eq!(status, 503);
    // Metrics are sent from time to time, not only at the end.
    let start = Instant::now();
    while collector.received().metrics.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(20));
    }
    server.stop();

    let received = collector.received();
    assert_eq!(received.spans(), []);
    let last = received.last_metrics();
    let calls = last
        .iter()
        .find(|one| one.name == "rpc.server.call.duration");
    let calls = calls.unwrap_or_else(|| panic!("{last:?}"));
    assert_eq!(calls.unit, "s");
    let Some(Data::Histogram(histogram)) = &calls.data else {
        panic!("{calls:?}");
    };
    for (system, code, error, count) in [
        ("connectrpc", None, None, 3),
        ("grpc", Some("OK"), None, 2),
        ("connectrpc", Some("unavailable"), Some("unavailable"), 1),
    ] {
        let point = histogram.data_points.iter().find(|point| {
            let attributes = texts(&point.attributes);
            text(&attributes, "rpc.system.name") == Some(system)
                && text(&attributes, "rpc.response.status_code") == code
                && text(&attributes, "error.type") == error
                && text(&attributes, "rpc.method") == Some(FULL_NAME)
        });
        let point = point.unwrap_or_else(|| panic!("{system} {code:?}: {histogram:?}"));
        assert_eq!(point.count, count, "{system} {code:?}");
        assert!(point.sum() > 0.0);
    }
    assert_eq!(histogram.data_points.len(), 3);
    let refused = last.iter().find(|one| one.name == "runnerconf.refused");
    let Some(Data::Sum(refused)) = refused.and_then(|one| one.data.as_ref()) else {
        panic!("{last:?}");
    };
    let [point] = &refused.data_points[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(texts(&point.attributes), [("reason", "memory".to_owned())]);
}

/// A server with a listener for metrics that sends to this collector.
fn start_with(collector: &Collector, folder: &Folder) -> (Server, SocketAddr) {
    let mut serve = folder.serve();
    let url = collector.url();
    serve.args(["--otlp-endpoint", &url, "--metrics-listen", "127.0.0.1:0"]);
    let server = Server::start(serve, folder);
    (server, metrics_address(&folder.logs()))
}

/// How many spans had this outcome.
fn spans(address: SocketAddr, outcome: &str) -> f64 {
    let labels = [("outcome", outcome)];
    let spans = Metrics::of(address).number("runnerconf_otlp_spans_total", &labels);
    spans.unwrap()
}

fn wait_for_spans(address: SocketAddr, outcome: &str) {
    let start = Instant::now();
    while spans(address, outcome) == 0.0 {
        assert!(start.elapsed() < Duration::from_secs(60), "{outcome}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn calls_go_on_while_the_collector_refuses() {
    let collector = Collector::start(Behaviour::Refuses);
    let folder = Folder::new();
    let (server, metrics) = start_with(&collector, &folder);
    let key = folder.admin_key();
    for _ in 0..20 {
        server.call(&key, LIST, &json!({})).ok();
    }
    wait_for_spans(metrics, "failed");
    assert_eq!(spans(metrics, "sent"), 0.0);
    server.call(&key, LIST, &json!({})).ok();
    server.stop();
    let logs = folder.logs();
    let reports = logs.matches("the OpenTelemetry collector takes nothing");
    assert_eq!(reports.count(), 1, "{logs}");
    assert!(logs.contains("it answered with HTTP status 503"), "{logs}");
    assert!(logs.contains("spans were not sent"), "{logs}");
}

#[test]
fn calls_go_on_while_the_collector_hangs_and_so_does_the_end() {
    let collector = Collector::start(Behaviour::Hangs);
    let folder = Folder::new();
    let (server, metrics) = start_with(&collector, &folder);
    let key = folder.admin_key();
    let start = Instant::now();
    while collector.requests() == 0 {
        server.call(&key, LIST, &json!({})).ok();
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    // It has been asked, and has not answered.
    for _ in 0..20 {
        server.call(&key, LIST, &json!({})).ok();
    }
    assert_eq!(spans(metrics, "sent"), 0.0);
    server.stop();
    let logs = folder.logs();
    assert!(
        logs.contains("did not take the last spans and metrics in time"),
        "{logs}"
    );
}

#[test]
fn calls_go_on_when_the_collector_dies_and_are_sent_when_it_is_back() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let (server, metrics) = start_with(&collector, &folder);
    let key = folder.admin_key();
    server.call(&key, LIST, &json!({})).ok();
    wait_for_spans(metrics, "sent");
    let address = collector.stop();
    for _ in 0..20 {
        server.call(&key, LIST, &json!({})).ok();
    }
    wait_for_spans(metrics, "failed");
    assert!(folder.logs().contains("no connection can be made"));

    let collector = Collector::start_on(address, Behaviour::Takes);
    server.call(&key, LIST, &json!({})).ok();
    server.stop();
    let names: Vec<String> = collector
        .received()
        .spans()
        .into_iter()
        .map(|span| span.name)
        .collect();
    assert!(names.contains(&FULL_NAME.to_owned()), "{names:?}");
}

#[test]
fn settings_that_cannot_be_used_end_the_start() {
    let folder = Folder::new();
    let missing = folder.path("missing");
    let headers = folder.file("headers", "X-Key: s3cret\n");
    // Otherwise there is a warning, too.
    fs::set_permissions(&headers, Permissions::from_mode(0o600)).unwrap();
    for (endpoint, headers, expected) in [
        ("http://localhost:1", missing, "correct --otlp-headers-file"),
        ("http://otel.example.com", headers, "in the clear"),
    ] {
        for command in [&["config", "check"][..], &["serve"]] {
            let mut command = runnerconf(command.iter().copied());
            command.arg("--data").arg(folder.data());
            command.args(["--listen", "127.0.0.1:0", "--otlp-endpoint", endpoint]);
            command.arg("--otlp-headers-file").arg(&headers);
            let told = complaint(command);
            assert!(
                told.contains(expected) && !told.contains("s3cret"),
                "{told}"
            );
        }
    }
}

#[test]
fn headers_of_the_environment_do_not_cross_a_network_in_the_clear_either() {
    for (endpoint, is_refused) in [
        ("http://otel.example.com", true),
        ("https://otel.example.com", false),
        ("http://127.0.0.1:1", false),
    ] {
        let mut check = runnerconf(["config", "check", "--otlp-endpoint", endpoint]);
        check.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret");
        match is_refused {
            true => assert!(complaint(check).contains("in the clear")),
            false => assert_eq!(printed(check), "the settings are in order\n"),
        }
    }
}

#[test]
fn of_traces_that_part_is_recorded_that_was_asked_for() {
    for (ratio, is_recorded) in [("0", false), ("1", true)] {
        let collector = Collector::start(Behaviour::Takes);
        let folder = Folder::new();
        let mut serve = folder.serve();
        let url = collector.url();
        serve.args(["--otlp-endpoint", &url, "--otlp-sampler", "traceidratio"]);
        serve.args(["--otlp-sampling-ratio", ratio]);
        let server = Server::start(serve, &folder);
        let key = folder.admin_key();
        let authorization = format!("Authorization: Bearer {key}\r\n");
        let status = post(&server, "application/json", &authorization, b"{}");
        assert_eq!(status, 200);
        server.stop();
        let spans = collector.received().spans();
        assert_eq!(!spans.is_empty(), is_recorded, "{ratio}: {spans:?}");
    }
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused() {
    let check = |protocol| runnerconf(["config", "check", "--otlp-protocol", protocol]);
    assert_eq!(
        printed(check("http/protobuf")),
        "the settings are in order\n"
    );
    let mut of_environment = runnerconf(["config", "check"]);
    of_environment.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    for mut command in [check("grpc"), of_environment] {
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{told}");
        assert!(told.contains("http/protobuf"), "{told}");
    }
}
