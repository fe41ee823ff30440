//! What frames a message: its headers and trailers, its compression, and that there is one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use prost::Message as _;
use runner_configuration::v1::GetEnvironmentClassRequest;
use runner_configuration_server::{FromTonic, router};
use support::{ANSWER, METADATA, Ours, Tonics};
use tower::ServiceExt as _;

const PATH: &str = "/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass";

struct Answer {
    status: u16,
    headers: HeaderMap,
    trailers: HeaderMap,
    body: Bytes,
}

async fn call(content_type: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    call_of(router(Ours), content_type, headers, body).await
}

async fn call_of(
    router: axum::Router,
    content_type: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let mut request = Request::post(PATH).header("content-type", content_type);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        trailers: body.trailers().cloned().unwrap_or_default(),
        body: body.to_bytes(),
    }
}

impl Answer {
    /// gRPC's status, which an error without a message has in the headers.
    fn grpc_status(&self) -> &str {
        let trailer = self.trailers.get("grpc-status");
        let status = trailer.or_else(|| self.headers.get("grpc-status"));
        status.unwrap().to_str().unwrap()
    }
}

fn request(id: &str) -> Vec<u8> {
    let request = GetEnvironmentClassRequest {
        environment_class_id: id.into(),
    };
    request.encode_to_vec()
}

fn framed(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags][..], &length, message].concat()
}

fn values<'a>(map: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let values = map.get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn headers_and_trailers_of_a_reply_go_where_each_protocol_has_them() {
    let connect = call("application/proto", &[], request(METADATA)).await;
    assert_eq!(connect.status, 200);
    assert_eq!(values(&connect.headers, "x-header"), ["1", "2"]);
    assert_eq!(values(&connect.headers, "trailer-x-trailer"), ["1", "2"]);

    let grpc = call("application/grpc", &[], framed(0, &request(METADATA))).await;
    assert_eq!(grpc.grpc_status(), "0");
    assert_eq!(values(&grpc.headers, "x-header"), ["1", "2"]);
    assert_eq!(values(&grpc.trailers, "x-trailer"), ["1", "2"]);
    assert!(!grpc.headers.contains_key("x-trailer"));

    let web = framed(0, &request(METADATA));
    let web = call("application/grpc-web+proto", &[], web).await;
    assert_eq!(values(&web.headers, "x-header"), ["1", "2"]);
    let body = String::from_utf8_lossy(&web.body);
    assert!(body.contains("x-trailer:1\r\nx-trailer:2\r\n"), "{body}");
}

#[tokio::test]
async fn headers_of_a_tonic_response_are_sent_over_grpc() {
    let router = router(FromTonic(Tonics));
    let body = framed(0, &request(ANSWER));
    let answer = call_of(router, "application/grpc", &[], body).await;
    assert_eq!(answer.grpc_status(), "0");
    assert_eq!(values(&answer.headers, "x-made-by"), ["tonic"]);
}

#[tokio::test]
async fn a_grpc_call_has_one_message() {
    let one = framed(0, &request(ANSWER));
    for (body, status) in [
        (Vec::new(), "12"),
        ([one.clone(), one.clone()].concat(), "12"),
        (one, "0"),
    ] {
        let answer = call("application/grpc", &[], body).await;
        assert_eq!(answer.grpc_status(), status);
    }
}

#[tokio::test]
async fn a_compressed_message_of_no_bytes_is_the_empty_message() {
    for encoding in ["gzip", "br", "zstd"] {
        let headers = [("grpc-encoding", encoding)];
        let grpc = call("application/grpc", &headers, framed(1, &[])).await;
        // The message is read, and found to lack the id.
        assert_eq!(grpc.grpc_status(), "3", "{encoding}");
        let connect = call(
            "application/proto",
            &[("content-encoding", encoding)],
            vec![],
        )
        .await;
        let error = String::from_utf8_lossy(&connect.body);
        assert!(error.contains("environment_class_id"), "{error}");
    }
}

#[tokio::test]
async fn grpc_requests_may_be_compressed() {
    let message = Bytes::from(request(ANSWER));
    for encoding in ["gzip", "br", "zstd"] {
        let known = connectrpc_axum::CompressionEncoding::from_header(Some(encoding)).unwrap();
        let compressed = known.codec().unwrap().compress(&message).unwrap();
        let headers = [("grpc-encoding", encoding)];
        let answer = call("application/grpc", &headers, framed(1, &compressed)).await;
        assert_eq!(answer.grpc_status(), "0", "{encoding}");

        let damaged = framed(1, &[0xff; 16]);
        let answer = call("application/grpc", &headers, damaged).await;
        assert_eq!(answer.grpc_status(), "3", "{encoding}");

        let cut_off = framed(1, &compressed)[..8].to_vec();
        let answer = call("application/grpc", &headers, cut_off).await;
        assert_eq!(answer.grpc_status(), "13", "{encoding}");
    }
    let unknown = [("grpc-encoding", "lz4")];
    let answer = call("application/grpc", &unknown, framed(1, &message)).await;
    assert_eq!(answer.grpc_status(), "12");
    assert_eq!(values(&answer.headers, "grpc-accept-encoding").len(), 1);
    let undeclared = call("application/grpc", &[], framed(1, &message)).await;
    assert_eq!(undeclared.grpc_status(), "13");
}

#[tokio::test]
async fn a_foreign_content_type_is_refused_by_the_http_status_and_in_connect_json() {
    let foreign = call("image/jpeg", &[], vec![1, 2, 3]).await;
    assert_eq!(foreign.status, 415);
    assert_eq!(
        values(&foreign.headers, "content-type"),
        ["application/json; charset=utf-8"]
    );
    assert!(values(&foreign.headers, "accept-post")[0].contains("application/proto"));
    let grpc = call("application/grpc+json", &[], framed(0, b"{}")).await;
    assert_eq!((grpc.status, grpc.grpc_status()), (415, "12"));
}
