//! What the run-time part does around an implementation: limits, deadlines, panics, in every protocol.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

#[path = "support/call.rs"]
mod call;
mod support;

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use call::{Outcome, PATH, PROTOCOLS, Protocol, call, connect_outcome, ok, request, serve};
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;
use runner_configuration::v1::GetEnvironmentClassResponse;
use runner_configuration_server::rpc::Options;
use runner_configuration_server::{FromTonic, router, service};
use support::{ANSWER, Ours, PANIC, SLOW, TRACE, Tonics};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn both_traits_are_served_on_every_protocol() {
    for router in [router(Ours), router(FromTonic(Tonics))] {
        let address = serve(router).await;
        for protocol in PROTOCOLS {
            assert_eq!(
                call(address, protocol, &request(ANSWER), &[]).await,
                ok(),
                "{protocol:?}"
            );
        }
    }
}

#[tokio::test]
async fn headers_of_a_tonic_response_are_sent_over_connect_too() {
    let address = serve(router(FromTonic(Tonics))).await;
    let request = Request::post(format!("http://{address}{PATH}"))
        .header("content-type", "application/proto")
        .body(Full::<Bytes>::from(request(ANSWER)))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.headers()["x-made-by"], "tonic");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let class = GetEnvironmentClassResponse::decode(body)
        .unwrap()
        .environment_class
        .unwrap();
    assert_eq!(class.id, ANSWER);
}

#[tokio::test]
async fn a_broken_rule_is_refused_before_the_implementation_on_every_protocol() {
    let address = serve(router(Ours)).await;
    for protocol in PROTOCOLS {
        let outcome = call(address, protocol, &request("x"), &[]).await;
        assert_eq!(outcome.code, "invalid_argument", "{protocol:?}");
        assert!(
            outcome.message.contains("environment_class_id"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_malformed_message_is_an_invalid_argument_on_every_protocol() {
    let address = serve(router(Ours)).await;
    for protocol in PROTOCOLS {
        let outcome = call(address, protocol, b"\x12\xff", &[]).await;
        assert_eq!(
            outcome.code, "invalid_argument",
            "{protocol:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_on_every_protocol_and_the_server_goes_on() {
    let address = serve(router(Ours)).await;
    for protocol in PROTOCOLS {
        let outcome = call(address, protocol, &request(PANIC), &[]).await;
        assert_eq!(
            outcome,
            Outcome {
                code: "internal".into(),
                message: "internal error".into(),
                ..ok()
            },
            "{protocol:?}"
        );
        assert_eq!(call(address, protocol, &request(ANSWER), &[]).await, ok());
    }
}

#[tokio::test]
async fn the_callers_trace_reaches_the_implementation_on_every_protocol() {
    let address = serve(router(Ours)).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for protocol in PROTOCOLS {
        let header = ("traceparent", trace);
        for (headers, found) in [
            (&[header][..], trace),
            (&[header, header], "none"),
            (&[("traceparent", "00-0-0-00")], "none"),
            (&[], "none"),
        ] {
            let outcome = call(address, protocol, &request(TRACE), headers).await;
            assert_eq!(outcome.message, found, "{protocol:?} {headers:?}");
        }
    }
}

#[tokio::test]
async fn the_callers_deadline_ends_the_call_on_every_protocol() {
    let address = serve(router(Ours)).await;
    for protocol in PROTOCOLS {
        let header = match protocol {
            Protocol::Connect => ("connect-timeout-ms", "50"),
            _ => ("grpc-timeout", "50m"),
        };
        let outcome = call(address, protocol, &request(SLOW), &[header]).await;
        assert_eq!(outcome.code, "deadline_exceeded", "{protocol:?}");
    }
}

#[tokio::test]
async fn the_servers_own_timeout_ends_the_call_on_every_protocol() {
    let mut options = Options::default();
    options.timeout = Duration::from_millis(50);
    let address = serve(service(Ours).options(options).into_router()).await;
    for protocol in PROTOCOLS {
        let outcome = call(
            address,
            protocol,
            &request(SLOW),
            &[("connect-timeout-ms", "60000"), ("grpc-timeout", "60S")],
        )
        .await;
        assert_eq!(outcome.code, "deadline_exceeded", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_on_every_protocol() {
    let mut options = Options::default();
    options.max_message_bytes = 100;
    let address = serve(service(Ours).options(options).into_router()).await;
    for protocol in PROTOCOLS {
        let exact = request(&"x".repeat(98));
        assert_eq!(exact.len(), 100);
        assert_eq!(
            call(address, protocol, &exact, &[]).await.code,
            "invalid_argument",
            "{protocol:?}"
        );
        let outcome = call(address, protocol, &request(&"x".repeat(99)), &[]).await;
        assert_eq!(
            (&*outcome.code, outcome.is_final),
            ("resource_exhausted", true),
            "{protocol:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_message_that_grows_above_the_limit_when_decompressed_is_refused_on_every_protocol() {
    let address = serve(router(Ours)).await;
    // 1 GiB of zeros would be 1 MiB of gzip; 64 MiB show the same.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![0; 64 * 1024 * 1024]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1024 * 1024);
    for protocol in PROTOCOLS {
        let header = match protocol {
            Protocol::Connect => ("content-encoding", "gzip"),
            _ => ("grpc-encoding", "gzip"),
        };
        let outcome = call(address, protocol, &bomb, &[header]).await;
        assert_eq!(
            (&*outcome.code, outcome.is_final),
            ("resource_exhausted", true),
            "{protocol:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_body_without_a_declared_length_is_limited_as_well() {
    let mut options = Options::default();
    options.max_message_bytes = 100;
    let address = serve(service(Ours).options(options).into_router()).await;
    let chunks =
        futures_util::stream::iter((0..100).map(|_| {
            Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from_static(&[0; 64])))
        }));
    let request = Request::post(format!("http://{address}{PATH}"))
        .version(Version::HTTP_11)
        .header("content-type", "application/proto")
        .body(StreamBody::new(chunks).boxed_unsync())
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(
        connect_outcome(&Response::from_parts(parts, body)).code,
        "resource_exhausted"
    );
}

#[tokio::test]
async fn a_connection_is_kept_after_a_request_that_was_too_large() {
    let mut options = Options::default();
    options.max_message_bytes = 100;
    let address = serve(service(Ours).options(options).into_router()).await;
    for (content_type, prefix) in [
        ("application/proto", ""),
        ("application/grpc-web", "\0\0\0@\0"),
    ] {
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        for _ in 0..2 {
            let head = format!(
                "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n\
                 transfer-encoding: chunked\r\n\r\n"
            );
            connection.write_all(head.as_bytes()).await.unwrap();
            let body = format!("{prefix}{}", "x".repeat(0x4000 - prefix.len()));
            for _ in 0..4 {
                let chunk = format!("4000\r\n{body}\r\n");
                connection.write_all(chunk.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            connection.write_all(b"0\r\n\r\n").await.unwrap();
            let mut answer = [0; 4096];
            let length = connection.read(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
            assert!(answer.starts_with("http/1.1 "), "{content_type}: {answer}");
            assert!(!answer.contains("connection: close"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_declared_length_above_the_limit_is_answered_also_over_http1() {
    let address = serve(router(Ours)).await;
    let big = vec![0; 5 * 1024 * 1024];
    let outcome = call(address, Protocol::Connect, &big, &[]).await;
    assert_eq!(outcome.code, "resource_exhausted");
}
