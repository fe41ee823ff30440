//! What the log says of calls: those that fail without the caller's fault at every level, with all that is known of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

#[path = "support/call.rs"]
mod call;
mod support;

use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex};

use call::{PROTOCOLS, Protocol, call, request, serve};
use http::HeaderMap;
use runner_configuration_server::{Authenticate, FromTonic, service};
use support::{ANSWER, Ours, PANIC, TRACE, Tonics};
use tonic::Status;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// Everybody is somebody.
struct Somebody;

impl Authenticate for Somebody {
    type Caller = &'static str;

    fn subject(caller: &Self::Caller) -> Option<&dyn Display> {
        Some(caller)
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Self::Caller, Status> {
        match headers.contains_key("x-broken") {
            false => Ok("user:1"),
            true => {
                let mut status = Status::unavailable("come back");
                status.set_source(Arc::new(io::Error::other("the disk is full")));
                Err(status)
            }
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Logs what this thread does, which is all of a test.
    fn start(level: Level) -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines that are there, once.
    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        let about_calls = |line: &&str| line.contains("GetEnvironmentClass");
        text.lines()
            .filter(about_calls)
            .map(str::to_owned)
            .collect()
    }
}

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Calls with an id and a trace.
async fn get(id: &str, protocol: Protocol, more: &[(&str, &str)], log: &Log) -> Vec<String> {
    let router = match protocol {
        Protocol::Grpc => service(FromTonic(Tonics))
            .authenticate(Somebody)
            .into_router(),
        Protocol::Connect | Protocol::GrpcWeb => service(Ours).authenticate(Somebody).into_router(),
    };
    let address = serve(router).await;
    let headers = [
        &[("x-request-id", "the-id"), ("traceparent", TRACEPARENT)],
        more,
    ];
    call(address, protocol, &request(id), &headers.concat()).await;
    log.take()
}

/// All these texts are in the one line.
fn expect(lines: &[String], texts: &[&str]) {
    let [line] = lines else {
        panic!("not one line: {lines:?}");
    };
    for text in texts {
        assert!(line.contains(text), "without {text}: {line}");
    }
}

const CALL: [&str; 5] = [
    r#"rpc="GetEnvironmentClass""#,
    r#"codec="proto""#,
    r#"request_id="the-id""#,
    "trace_id=0af7651916cd43dd8448eb211c80319c",
    "duration_us=",
];

#[tokio::test]
async fn a_failure_is_told_with_its_cause_and_all_of_its_call() {
    let (log, _guard) = Log::start(Level::INFO);
    for protocol in PROTOCOLS {
        let lines = get(PANIC, protocol, &[], &log).await;
        expect(&lines, &CALL);
        let why = r#"cause="the implementation panicked""#;
        expect(
            &lines,
            &[
                "ERROR",
                "failed",
                r#"code="internal""#,
                "subject=user:1",
                why,
            ],
        );
    }
}

#[tokio::test]
async fn what_is_unavailable_is_a_warning_if_there_is_a_cause() {
    let (log, _guard) = Log::start(Level::INFO);
    let lines = get(ANSWER, Protocol::Grpc, &[("x-broken", "1")], &log).await;
    expect(&lines, &CALL);
    expect(
        &lines,
        &[
            "WARN",
            r#"code="unavailable""#,
            r#"cause="the disk is full""#,
        ],
    );
    assert!(!lines.concat().contains("subject="));
}

#[tokio::test]
async fn successes_and_the_callers_faults_are_told_to_who_asks() {
    let (log, guard) = Log::start(Level::INFO);
    for id in [ANSWER, TRACE, "no id"] {
        assert!(get(id, Protocol::Connect, &[], &log).await.is_empty());
    }
    drop(guard);

    let (log, _guard) = Log::start(Level::DEBUG);
    for (id, code) in [
        (ANSWER, r#"code="ok""#),
        (TRACE, r#"code="unimplemented""#),
        ("no id", r#"code="invalid_argument""#),
    ] {
        let lines = get(id, Protocol::Connect, &[], &log).await;
        expect(&lines, &CALL);
        expect(
            &lines,
            &["DEBUG rpc{", code, "subject=user:1", "}: answered"],
        );
    }
}

#[tokio::test]
async fn a_failure_in_its_span_is_told_once() {
    let (log, _guard) = Log::start(Level::DEBUG);
    let lines = get(PANIC, Protocol::Grpc, &[], &log).await;
    expect(&lines, &CALL);
    expect(
        &lines,
        &[
            "ERROR rpc{",
            r#"failed cause="the implementation panicked""#,
        ],
    );
    assert_eq!(lines.concat().matches("request_id").count(), 1);
}
