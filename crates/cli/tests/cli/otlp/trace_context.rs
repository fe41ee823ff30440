//! One trace from a caller's span to the server's log.

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::SdkTracerProvider;
use runner_configuration::v1::ListEnvironmentClassesRequest;
use runner_configuration_client::{Client, Protocol};
use serde_json::{Value, json};

use super::collector::{Behaviour, Collector};
use super::{LIST, hex, text, texts};
use crate::observed::block_on;
use crate::support::{Folder, Server};

/// A server whose log has a line for each call, in JSON.
fn serve(folder: &Folder, collector: &Collector, more: &[&str]) -> Server {
    let mut serve = folder.serve();
    serve.args(["--otlp-endpoint", &collector.url(), "--log-format", "json"]);
    serve.args(["--log-filter", "info,runner_configuration_server=debug"]);
    serve.args(more);
    Server::start(serve, folder)
}

/// The fields that the log has of each call, in their order.
fn logged(folder: &Folder) -> Vec<Value> {
    let logs = folder.logs();
    let lines = logs.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        line["span"].take()
    });
    lines.filter(|span| span["name"] == "rpc").collect()
}

/// The span of the call with this request id.
fn of_request<'a>(spans: &'a [Span], id: &str) -> &'a Span {
    let is_of = |span: &&Span| text(&texts(&span.attributes), "runnerconf.request_id") == Some(id);
    spans.iter().find(is_of).unwrap()
}

#[test]
fn the_clients_current_span_is_the_parent_of_the_servers_and_the_log_has_their_trace() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let server = serve(&folder, &collector, &[]);
    let tracer = SdkTracerProvider::default().tracer("caller");
    let callers = [Protocol::default(), Protocol::Grpc].map(|protocol| {
        let client = Client::builder()
            .base_url(format!("http://127.0.0.1:{}", server.port()))
            .api_key(folder.admin_key())
            .protocol(protocol)
            .build()
            .unwrap();
        let context = Context::new().with_span(tracer.start("work"));
        let caller = context.span().span_context().clone();
        let call = async {
            let request = ListEnvironmentClassesRequest::default();
            client.environment_classes().list(request).await.unwrap();
        };
        block_on(call.with_context(context));
        caller
    });
    server.stop();

    assert_ne!(callers[0].trace_id(), callers[1].trace_id());
    let (spans, lines) = (collector.received().spans(), logged(&folder));
    assert_eq!(lines.len(), callers.len());
    for (caller, line) in callers.iter().zip(&lines) {
        assert!(caller.is_valid());
        assert_eq!(line["trace_id"], caller.trace_id().to_string());
        let span = of_request(&spans, line["request_id"].as_str().unwrap());
        assert_eq!(hex(&span.trace_id), caller.trace_id().to_string());
        assert_eq!(hex(&span.parent_span_id), caller.span_id().to_string());
    }
}

#[test]
fn the_log_has_the_trace_that_begins_with_a_call() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let server = serve(&folder, &collector, &[]);
    let key = folder.admin_key();
    server.call(&key, LIST, &json!({})).ok();
    assert_eq!(server.call("wrong", LIST, &json!({})).status, 401);
    server.stop();

    let (spans, lines) = (collector.received().spans(), logged(&folder));
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0]["trace_id"], lines[1]["trace_id"]);
    for line in &lines {
        let span = of_request(&spans, line["request_id"].as_str().unwrap());
        assert!(span.parent_span_id.is_empty());
        assert_eq!(line["trace_id"], hex(&span.trace_id));
    }
}

#[test]
fn the_log_has_the_trace_of_a_call_of_which_nothing_is_sent() {
    let collector = Collector::start(Behaviour::Takes);
    let folder = Folder::new();
    let server = serve(&folder, &collector, &["--otlp-sampler", "always_off"]);
    server.call(&folder.admin_key(), LIST, &json!({})).ok();
    server.stop();

    assert_eq!(collector.received().spans(), []);
    let lines = logged(&folder);
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(line["trace_id"].as_str().map(str::len), Some(32), "{line}");
}
