//! Replies that no server of this contract should send, and networks that fail.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use runner_configuration::v1::{CreateEnvironmentClassResponse, GetEnvironmentClassResponse};
use runner_configuration_client::{Client, Code, Codec, Error, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CONNECT: Protocol = connect(Codec::Proto);
const CONNECT_JSON: Protocol = connect(Codec::Json);
const ALL: [Protocol; 3] = [CONNECT, CONNECT_JSON, Protocol::Grpc];

const fn connect(codec: Codec) -> Protocol {
    Protocol::Connect { codec, get: false }
}

/// A server that gives every request this answer.
async fn answering<F>(answer: F) -> String
where
    F: Fn(Request<Body>) -> Response<Body> + Clone + Send + Sync + 'static,
{
    let router = Router::new().fallback(move |request| async move { answer(request) });
    format!("http://{}", support::serve(router).await)
}

/// A server that always answers these headers and this body.
async fn fixed(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: impl Into<Bytes>,
) -> String {
    let (headers, body) = (headers.to_vec(), body.into());
    answering(move |_| {
        let mut response = Response::builder().status(status);
        for (name, value) in &headers {
            response = response.header(*name, *value);
        }
        response.body(Body::from(body.clone())).unwrap()
    })
    .await
}

/// A server that reads a request and then writes this and closes the connection.
async fn cutting(reply: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _read = connection.read(&mut [0; 4096]).await;
            connection.write_all(reply).await.unwrap();
        }
    });
    format!("http://{address}")
}

async fn get(base_url: &str, protocol: Protocol) -> Result<GetEnvironmentClassResponse, Error> {
    let client = Client::builder().base_url(base_url).protocol(protocol);
    let client = client.api_key("hunter2").max_response_bytes(1000);
    // What is done about it: retries.rs and faults.rs.
    let client = client.retries(0).build()?;
    client.environment_classes().get("x").await
}

async fn failed(base_url: &str, protocol: Protocol) -> Error {
    let error = get(base_url, protocol).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    error
}

/// The error and all that caused it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" <- {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn a_proxys_page_counts_by_its_http_status() {
    let html = &[("content-type", "text/html")];
    for (status, code) in [
        (401, Code::Unauthenticated),
        (404, Code::Unimplemented),
        (502, Code::Unavailable),
        (204, Code::Unknown),
    ] {
        let body = if status == 204 { "" } else { "<h1>hello</h1>" };
        let base_url = fixed(status, html, body).await;
        for protocol in ALL {
            let error = failed(&base_url, protocol).await;
            assert_eq!(error.code(), code, "{protocol:?} {error}");
            assert!(error.is_from_server());
            assert!(
                error.message().starts_with(&format!("HTTP {status}")),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_reply_of_another_content_type_is_not_decoded() {
    for (content_type, proto, json, grpc) in [
        ("text/html", Code::Unknown, Code::Unknown, Code::Unknown),
        (
            "application/proto",
            Code::Canceled,
            Code::Internal,
            Code::Unknown,
        ),
        (
            "application/json; charset=utf-8",
            Code::Internal,
            Code::Canceled,
            Code::Unknown,
        ),
        (
            "application/grpc",
            Code::Unknown,
            Code::Unknown,
            Code::Internal,
        ),
    ] {
        let headers: &'static [_] = Box::leak(Box::new([("content-type", content_type)]));
        let base_url = fixed(200, headers, "").await;
        for (protocol, code) in ALL.into_iter().zip([proto, json, grpc]) {
            // Stands for the right one.
            if code == Code::Canceled {
                continue;
            }
            let error = failed(&base_url, protocol).await;
            assert_eq!(error.code(), code, "{protocol:?} {content_type} {error}");
            assert!(!error.is_from_server());
        }
    }
}

#[tokio::test]
async fn a_malformed_reply_is_an_error() {
    let base_url = fixed(
        200,
        &[("content-type", "application/proto")],
        &b"\x0a\xff"[..],
    )
    .await;
    let error = failed(&base_url, CONNECT).await;
    assert_eq!(error.code(), Code::Internal);
    let body = r#"{"environmentClass": {"id": 5}}"#;
    let base_url = fixed(200, &[("content-type", "application/json")], body).await;
    let error = failed(&base_url, CONNECT_JSON).await;
    assert!(
        chain(&error).contains("environmentClass.id"),
        "{}",
        chain(&error)
    );
    let headers = [("content-type", "application/grpc"), ("grpc-status", "x")];
    let error = failed(&fixed(200, &headers, "").await, Protocol::Grpc).await;
    assert_eq!(error.code(), Code::Unknown);
}

#[tokio::test]
async fn fields_and_enum_values_that_are_not_known_are_no_error() {
    let body = r#"{"new": [1], "environmentClass": {"id": "i", "newer": {}}}"#;
    let base_url = fixed(200, &[("content-type", "application/json")], body).await;
    let reply = get(&base_url, CONNECT_JSON).await.unwrap();
    assert_eq!(reply.environment_class.unwrap().id, "i");
}

/// A gRPC message of this many bytes.
fn grpc_frame(len: usize, compressed: bool) -> Vec<u8> {
    let mut frame = vec![u8::from(compressed)];
    frame.extend(u32::try_from(len).unwrap().to_be_bytes());
    frame.resize(5 + len, b' ');
    frame
}

/// A gRPC reply that went well, with further trailers.
fn grpc_reply(frame: Vec<u8>, more_trailers: &[(&'static str, &'static str)]) -> Response<Body> {
    let mut trailers = http::HeaderMap::new();
    for (name, value) in [("grpc-status", "0")].iter().chain(more_trailers) {
        trailers.insert(*name, http::HeaderValue::from_static(value));
    }
    let body = Full::new(Bytes::from(frame));
    let body = body.with_trailers(std::future::ready(Some(Ok(trailers))));
    let response = Response::builder().header(header::CONTENT_TYPE, "application/grpc");
    response.body(Body::new(body)).unwrap()
}

#[tokio::test]
async fn a_huge_reply_is_not_read_to_its_end() {
    let proto = fixed(200, &[("content-type", "application/proto")], vec![0; 1001]).await;
    let json = fixed(
        200,
        &[("content-type", "application/json")],
        vec![b' '; 1001],
    )
    .await;
    let grpc = fixed(
        200,
        &[("content-type", "application/grpc")],
        grpc_frame(1001, false),
    )
    .await;
    let page = fixed(500, &[("content-type", "text/html")], vec![b' '; 1001]).await;
    for (base_url, protocol) in [
        (proto, CONNECT),
        (json, CONNECT_JSON),
        (grpc, Protocol::Grpc),
        (page, CONNECT),
    ] {
        let error = failed(&base_url, protocol).await;
        assert_eq!(
            error.to_string(),
            "resource_exhausted: the reply is larger than 1000 bytes"
        );
        assert!(!error.is_from_server());
    }
    // Without a Content-Length, and without an end.
    let endless = answering(|_| {
        let spaces = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 100]));
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(futures_util::stream::repeat_with(spaces)))
            .unwrap()
    });
    let error = failed(&endless.await, CONNECT_JSON).await;
    assert!(error.is_resource_exhausted());
}

#[tokio::test]
async fn a_reply_as_large_as_the_limit_is_taken() {
    let json = [("content-type", "application/json")];
    let json = fixed(200, &json, format!("{{{:998}}}", "")).await;
    // In binary, two spaces are a field that the message doesn't have.
    let proto = fixed(
        200,
        &[("content-type", "application/proto")],
        vec![b' '; 1000],
    )
    .await;
    let grpc = answering(|_| grpc_reply(grpc_frame(1000, false), &[])).await;
    let compressed = gzip(1000);
    let compressed = answering(move |_| gzip_reply(compressed.clone())).await;
    for (base_url, protocol) in [
        (json, CONNECT_JSON),
        (proto, CONNECT),
        (grpc, Protocol::Grpc),
        (compressed, Protocol::Grpc),
    ] {
        let reply = get(&base_url, protocol).await;
        assert_eq!(reply.unwrap(), GetEnvironmentClassResponse::default());
    }
}

/// A gRPC reply that went well, with a message that is compressed already.
fn gzip_reply(message: Vec<u8>) -> Response<Body> {
    let mut frame = grpc_frame(message.len(), true);
    frame.truncate(5);
    frame.extend(message);
    let mut response = grpc_reply(frame, &[]);
    let gzip = http::HeaderValue::from_static("gzip");
    response.headers_mut().insert("grpc-encoding", gzip);
    response
}

/// This many spaces, compressed.
fn gzip(len: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b' '; len]).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_reply_counts_as_what_it_becomes() {
    let bomb = gzip(100_000);
    assert!(bomb.len() < 900);
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let error = failed(&fixed(200, &headers, bomb.clone()).await, CONNECT_JSON).await;
    assert!(error.is_resource_exhausted(), "{error}");
    let compressed = answering(move |_| gzip_reply(bomb.clone()));
    let error = failed(&compressed.await, Protocol::Grpc).await;
    assert!(error.is_resource_exhausted(), "{error}");
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    for body in [b"not gzip".to_vec(), gzip(10)[..15].to_vec()] {
        let error = failed(&fixed(200, &headers, body).await, CONNECT_JSON).await;
        assert_eq!(error.code(), Code::Internal, "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_call_ends_with_its_timeout() {
    let timeouts = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&timeouts);
    let router = Router::new().fallback(move |request: Request<Body>| async move {
        let headers = request.headers();
        let timeout = headers
            .get("connect-timeout-ms")
            .or(headers.get("grpc-timeout"));
        seen.lock()
            .unwrap()
            .push(timeout.unwrap().to_str().unwrap().to_owned());
        std::future::pending::<()>().await;
    });
    let hanging = format!("http://{}", support::serve(router).await);
    // Headers come, but the body does not end.
    let trickling = answering(|_| {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let response = Response::builder().header(header::CONTENT_TYPE, "application/proto");
        response.body(Body::from_stream(never)).unwrap()
    })
    .await;
    for (base_url, protocol) in [
        (&hanging, CONNECT),
        (&hanging, Protocol::Grpc),
        (&trickling, CONNECT),
        (&trickling, Protocol::Grpc),
    ] {
        let client = Client::builder().base_url(base_url).protocol(protocol);
        let client = client.timeout(Duration::from_millis(250)).retries(0);
        let client = client.build().unwrap();
        let start = Instant::now();
        let error = client.environment_classes().get("x").await.unwrap_err();
        assert!(error.is_timeout() && !error.is_from_server(), "{error}");
        assert_eq!(error.message(), "no answer within 250ms");
        assert!(start.elapsed() >= Duration::from_millis(250));
        let call = client
            .environment_classes()
            .get("x")
            .timeout(Duration::ZERO);
        assert_eq!(call.await.unwrap_err().message(), "no answer within 0ns");
    }
    let timeouts = timeouts.lock().unwrap();
    assert_eq!(timeouts[0], "250");
    assert!(
        timeouts.iter().any(|timeout| timeout == "250000u"),
        "{timeouts:?}"
    );
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    // A port that was free a moment ago.
    let refusing = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let plain = fixed(200, &[], "").await.replace("http:", "https:");
    let kinds = [Error::is_refused, Error::is_dns, Error::is_tls];
    for (base_url, cause, kind) in [
        (format!("http://{refusing}"), "refused", 0),
        ("http://does-not-exist.invalid".to_owned(), "dns error", 1),
        (plain, "InvalidContentType", 2),
    ] {
        for protocol in ALL {
            let error = failed(&base_url, protocol).await;
            assert!(
                error.is_connect() && error.is_unavailable(),
                "{}",
                chain(&error)
            );
            assert!(!error.is_from_server());
            assert_eq!(error.message(), format!("cannot connect to {base_url}"));
            assert!(chain(&error).contains(cause), "{}", chain(&error));
            for (index, is_kind) in kinds.iter().enumerate() {
                assert_eq!(is_kind(&error), index == kind, "{}", chain(&error));
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_open_what_the_server_did() {
    let after_request = cutting(b"").await;
    let in_reply = cutting(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 9\r\n\r\n1",
    )
    .await;
    for (base_url, protocol) in [
        (&after_request, CONNECT),
        (&after_request, Protocol::Grpc),
        (&in_reply, CONNECT),
        (&in_reply, Protocol::Grpc),
    ] {
        let error = failed(base_url, protocol).await;
        assert!(error.is_unavailable(), "{}", chain(&error));
        assert!(!error.is_connect() && !error.is_from_server());
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn a_redirect_does_not_take_the_key_to_another_origin() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let elsewhere = answering(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Response::default()
    })
    .await;
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.clone();
        let base_url = answering(move |_| {
            let response = Response::builder()
                .status(status)
                .header(header::LOCATION, &location);
            response.body(Body::empty()).unwrap()
        })
        .await;
        let get = Protocol::Connect {
            codec: Codec::Json,
            get: true,
        };
        for protocol in [CONNECT, CONNECT_JSON, get, Protocol::Grpc] {
            let error = failed(&base_url, protocol).await;
            assert_eq!(error.code(), Code::Unknown);
            assert!(error.message().contains(&elsewhere), "{error}");
        }
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn answers_come_with_their_headers_and_trailers() {
    let connect = fixed(
        200,
        &[
            ("content-type", "application/proto"),
            ("a", "1"),
            ("trailer-b", "2"),
        ],
        "",
    )
    .await;
    let grpc = answering(|request| {
        assert_eq!(request.headers()["x-mine"], "m");
        assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer k");
        let agent = request.headers()[header::USER_AGENT].to_str().unwrap();
        assert!(agent.starts_with("runner-configuration-client/"), "{agent}");
        let trailers = [("b", "2"), ("grpc-status-details-bin", "?")];
        let mut response = grpc_reply(grpc_frame(0, false), &trailers);
        let one = http::HeaderValue::from_static("1");
        response.headers_mut().insert("a", one);
        response
    })
    .await;
    for (base_url, protocol) in [(connect, CONNECT), (grpc, Protocol::Grpc)] {
        let client = Client::builder()
            .base_url(base_url)
            .protocol(protocol)
            .api_key("k");
        let client = client.header(
            http::HeaderName::from_static("x-mine"),
            "m".parse().unwrap(),
        );
        let call = client
            .build()
            .unwrap()
            .environment_classes()
            .create(Default::default());
        let response = call.response().await.unwrap();
        assert_eq!(response.message, CreateEnvironmentClassResponse::default());
        assert_eq!(response.headers["a"], "1");
        assert_eq!(response.trailers["b"], "2");
        assert!(!response.headers.contains_key("b"));
    }
}
