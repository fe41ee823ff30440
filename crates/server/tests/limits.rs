//! What a server does not take on is refused in the same way on every protocol, and the server goes on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

#[path = "support/call.rs"]
mod call;
mod support;

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use call::{PATH, PROTOCOLS, Protocol, call, ok, request, serve};
use futures_util::stream;
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use runner_configuration_server::rpc::{Options, Rate};
use runner_configuration_server::{Authenticate, FromTonic, router, service};
use support::{ANSWER, Ours, SLOW, Tonics};
use tonic::Status;

/// Serves with options that differ from the defaults.
async fn serve_with(change: impl FnOnce(&mut Options)) -> SocketAddr {
    let mut options = Options::default();
    change(&mut options);
    let server = service(Ours).authenticate(ByName).options(options);
    serve(server.into_router()).await
}

/// Callers are told apart by a header with a number.
struct ByName;

impl Authenticate for ByName {
    type Caller = Option<u128>;

    fn limited_as(caller: &Self::Caller) -> Option<u128> {
        *caller
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Self::Caller, Status> {
        let number = headers.get("x-number");
        Ok(number.map(|number| number.to_str().unwrap().parse().unwrap()))
    }
}

#[tokio::test]
async fn calls_beyond_those_that_may_be_worked_on_are_unavailable() {
    let address = serve_with(|options| options.max_calls = 2).await;
    let slow =
        || tokio::spawn(async move { call(address, Protocol::Grpc, &request(SLOW), &[]).await });
    let calls = [slow(), slow()];
    for protocol in PROTOCOLS {
        let refused = loop {
            let outcome = call(address, protocol, &request(ANSWER), &[]).await;
            // Until both slow calls have arrived.
            if outcome != ok() {
                break outcome;
            }
        };
        assert_eq!(refused.code, "unavailable", "{protocol:?}");
        assert!(refused.message.contains("busy"), "{refused:?}");
        assert!(!refused.is_final);
        assert_eq!(refused.retry_after.as_deref(), Some("1"), "{protocol:?}");
    }
    for call in calls {
        call.abort();
    }
    while call(address, Protocol::Connect, &request(ANSWER), &[]).await != ok() {}
}

#[tokio::test]
async fn a_caller_that_calls_too_often_is_told_to_wait_and_others_are_served() {
    for protocol in PROTOCOLS {
        let address = serve_with(|options| {
            options.rate = Some(Rate {
                per_second: 0.01,
                burst: 3,
            });
        })
        .await;
        let call_as = async |headers: &[(&str, &str)]| {
            call(address, protocol, &request(ANSWER), headers).await
        };
        for _ in 0..3 {
            assert_eq!(call_as(&[("x-number", "1")]).await, ok());
        }
        let refused = call_as(&[("x-number", "1")]).await;
        assert_eq!(refused.code, "resource_exhausted", "{protocol:?}");
        assert!(refused.message.contains("too many calls"), "{refused:?}");
        assert!(!refused.is_final);
        let wait: u64 = refused.retry_after.unwrap().parse().unwrap();
        assert!((1..=100).contains(&wait), "{wait}");
        assert_eq!(call_as(&[("x-number", "2")]).await, ok());
        for _ in 0..9 {
            assert_eq!(
                call_as(&[]).await,
                ok(),
                "whoever has no number is not limited"
            );
        }
    }
}

#[tokio::test]
async fn requests_beyond_those_that_may_be_in_memory_are_unavailable() {
    let address = serve_with(|options| options.max_buffered_bytes = 1000).await;
    for protocol in PROTOCOLS {
        let refused = call(address, protocol, &request(&"x".repeat(2000)), &[]).await;
        assert_eq!(refused.code, "unavailable", "{protocol:?}: {refused:?}");
        // None of it is counted any more.
        for _ in 0..100 {
            assert_eq!(call(address, protocol, &request(ANSWER), &[]).await, ok());
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_waited_for_only_so_long() {
    let address = serve_with(|options| options.body_timeout = Duration::from_millis(50)).await;
    for content_type in ["application/json", "application/grpc-web+proto"] {
        let first = Frame::data(Bytes::from_static(b"{"));
        let endless = stream::unfold(Some(first), async |first| match first {
            Some(first) => Some((Ok::<_, Infallible>(first), None)),
            None => std::future::pending().await,
        });
        let request = Request::post(format!("http://{address}{PATH}"))
            .header("content-type", content_type)
            .body(StreamBody::new(Box::pin(endless)))
            .unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request).await.unwrap();
        let status = response.headers().get("grpc-status").cloned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(
            body.contains("deadline_exceeded") || status.is_some_and(|status| status == "4"),
            "{content_type}: {body}"
        );
    }
}

#[tokio::test]
async fn many_bombs_in_one_request_are_refused_unopened() {
    let address = serve(router(FromTonic(Tonics))).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![0; 3 * 1024 * 1024]).unwrap();
    let bomb = encoder.finish().unwrap();
    let frame = [&[1][..], &(bomb.len() as u32).to_be_bytes(), &bomb].concat();
    // `call` puts its own head before the first.
    let many = [bomb, frame.repeat(100)].concat();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let refused = call(address, protocol, &many, &[("grpc-encoding", "gzip")]).await;
        assert_ne!(refused, ok(), "{protocol:?}");
    }
    let mut two = vec![1];
    two.extend_from_slice(&(frame.len() as u32 - 5).to_be_bytes());
    two.extend_from_slice(&frame[5..]);
    two.extend_from_slice(&frame);
    let request = Request::post(format!("http://{address}{PATH}"))
        .header("content-type", "application/grpc-web+proto")
        .header("grpc-encoding", "gzip")
        .body(http_body_util::Full::<Bytes>::from(two))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.headers().get("grpc-status").cloned();
    assert_eq!(status.unwrap(), "12", "a unary call has one message");
}
