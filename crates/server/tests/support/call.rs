//! One call by hand, in any protocol.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;
use runner_configuration::v1::GetEnvironmentClassRequest;

pub(crate) const PATH: &str = "/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass";

pub(crate) async fn serve(router: axum::Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// How a reply ended, whatever the protocol.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The gRPC code, or that of Connect's name.
    pub(crate) code: String,
    pub(crate) message: String,
    /// `x-should-retry: false`.
    pub(crate) is_final: bool,
    /// `retry-after`.
    pub(crate) retry_after: Option<String>,
}

pub(crate) fn ok() -> Outcome {
    Outcome {
        is_final: false,
        retry_after: None,
        code: "ok".into(),
        message: String::new(),
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Connect,
    Grpc,
    GrpcWeb,
}

pub(crate) const PROTOCOLS: [Protocol; 3] = [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb];

/// Sends a message, as it is encoded, with further headers.
pub(crate) async fn call(
    address: SocketAddr,
    protocol: Protocol,
    message: &[u8],
    headers: &[(&str, &str)],
) -> Outcome {
    let content_type = match protocol {
        Protocol::Connect => "application/proto",
        Protocol::Grpc => "application/grpc",
        Protocol::GrpcWeb => "application/grpc-web+proto",
    };
    let compressed = headers.iter().any(|(name, _)| *name == "grpc-encoding");
    let body = match protocol {
        Protocol::Connect => message.to_vec(),
        _ => [
            &[u8::from(compressed)][..],
            &(message.len() as u32).to_be_bytes(),
            message,
        ]
        .concat(),
    };
    let mut request =
        Request::post(format!("http://{address}{PATH}")).header("content-type", content_type);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let http2 = matches!(protocol, Protocol::Grpc);
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .build_http();
    let response = client
        .request(request.body(Full::<Bytes>::from(body)).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let response = Response::from_parts(parts, collected.to_bytes());
    match protocol {
        Protocol::Connect => connect_outcome(&response),
        Protocol::Grpc => grpc_outcome(response.headers(), &trailers, &[]),
        Protocol::GrpcWeb => grpc_outcome(response.headers(), &trailers, response.body()),
    }
}

fn is_final(headers: &HeaderMap) -> bool {
    headers
        .get("x-should-retry")
        .is_some_and(|value| value == "false")
}

fn retry_after(headers: &HeaderMap) -> Option<String> {
    let seconds = headers.get("retry-after")?;
    Some(seconds.to_str().unwrap().to_owned())
}

pub(crate) fn connect_outcome(response: &Response<Bytes>) -> Outcome {
    if response.status() == StatusCode::OK {
        return ok();
    }
    let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    Outcome {
        code: error["code"].as_str().unwrap().into(),
        message: error["message"].as_str().unwrap_or_default().into(),
        is_final: is_final(response.headers()),
        retry_after: retry_after(response.headers()),
    }
}

fn grpc_outcome(headers: &HeaderMap, trailers: &HeaderMap, web_body: &[u8]) -> Outcome {
    let in_body = |name: &str| {
        let text = String::from_utf8_lossy(web_body);
        let value = text
            .split(&format!("{name}:"))
            .nth(1)?
            .lines()
            .next()?
            .trim()
            .to_owned();
        Some(value)
    };
    let find = |name: &str| {
        let value = trailers.get(name).or_else(|| headers.get(name));
        value
            .map(|value| value.to_str().unwrap().to_owned())
            .or_else(|| in_body(name))
    };
    let code: i32 = find("grpc-status").unwrap().parse().unwrap();
    let names = [
        (0, "ok"),
        (3, "invalid_argument"),
        (4, "deadline_exceeded"),
        (8, "resource_exhausted"),
        (12, "unimplemented"),
        (13, "internal"),
        (14, "unavailable"),
    ];
    let name = names
        .iter()
        .find(|(number, _)| *number == code)
        .map_or("?", |(_, name)| *name);
    Outcome {
        code: name.into(),
        message: find("grpc-message").unwrap_or_default().replace("%20", " "),
        is_final: is_final(headers),
        retry_after: retry_after(headers),
    }
}

pub(crate) fn request(id: &str) -> Vec<u8> {
    GetEnvironmentClassRequest {
        environment_class_id: id.into(),
    }
    .encode_to_vec()
}
