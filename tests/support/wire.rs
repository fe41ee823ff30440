//! One way to make a call for each protocol, codec and HTTP version, written against the protocols and not against this
//! project's client.

use base64::Engine as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{Method, Request, Response, Version, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

/// The full name of the service.
pub const SERVICE: &str = "gitpod.v1.RunnerConfigurationService";

/// An error as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct WireError {
    /// The code in the spelling of Connect, such as `not_found`.
    pub code: String,
    pub message: String,
}

/// How calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    ConnectJson,
    ConnectProto,
    /// GET with JSON for RPCs without side effects, POST for the others.
    ConnectGetJson,
    /// GET with base64 of the binary form for RPCs without side effects, POST for the others.
    ConnectGetProto,
    Grpc,
    GrpcWeb,
}

impl Wire {
    pub const ALL: [Self; 6] = [
        Self::ConnectJson,
        Self::ConnectProto,
        Self::ConnectGetJson,
        Self::ConnectGetProto,
        Self::Grpc,
        Self::GrpcWeb,
    ];
}

/// Makes calls in one way.
pub struct WireClient {
    pub wire: Wire,
    base_url: String,
    key: String,
    http: HttpClient,
}

pub type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// A client for plain HTTP/1.1 or, without negotiation, HTTP/2.
pub fn http_client(version: Version) -> HttpClient {
    Client::builder(TokioExecutor::new())
        .http2_only(version == Version::HTTP_2)
        .build_http()
}

impl WireClient {
    pub fn new(wire: Wire, version: Version, base_url: impl Into<String>, key: &str) -> Self {
        let (base_url, key) = (base_url.into(), key.to_owned());
        Self {
            wire,
            base_url,
            key,
            http: http_client(version),
        }
    }

    /// Calls the RPC with this name.
    pub async fn call<Req, Res>(
        &self,
        rpc: &str,
        no_side_effects: bool,
        request: Req,
    ) -> Result<Res, WireError>
    where
        Req: Message + Serialize + 'static,
        Res: Message + DeserializeOwned + Default + 'static,
    {
        let url = format!("{}/{SERVICE}/{rpc}", self.base_url);
        match (self.wire, no_side_effects) {
            (Wire::ConnectJson, _) | (Wire::ConnectGetJson, false) => {
                let body = serde_json::to_vec(&request).unwrap();
                json(
                    self.send(Method::POST, &url, "application/json", body)
                        .await,
                )
                .await
            }
            (Wire::ConnectProto, _) | (Wire::ConnectGetProto, false) => {
                proto(
                    self.send(
                        Method::POST,
                        &url,
                        "application/proto",
                        request.encode_to_vec(),
                    )
                    .await,
                )
                .await
            }
            (Wire::ConnectGetJson, true) => {
                let message = percent_encode(&serde_json::to_vec(&request).unwrap());
                let url = format!("{url}?connect=v1&encoding=json&message={message}");
                json(self.send(Method::GET, &url, "", Vec::new()).await).await
            }
            (Wire::ConnectGetProto, true) => {
                let message = base64::engine::general_purpose::URL_SAFE_NO_PAD
                    .encode(request.encode_to_vec());
                let url = format!("{url}?connect=v1&base64=1&encoding=proto&message={message}");
                proto(self.send(Method::GET, &url, "", Vec::new()).await).await
            }
            (Wire::Grpc, _) => self.grpc(rpc, request).await,
            (Wire::GrpcWeb, _) => {
                let body = enveloped(&request.encode_to_vec());
                grpc_web(
                    self.send(Method::POST, &url, "application/grpc-web+proto", body)
                        .await,
                )
                .await
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Response<Bytes> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        send(&self.http, request.body(Full::from(body)).unwrap()).await
    }

    async fn grpc<Req, Res>(&self, rpc: &str, request: Req) -> Result<Res, WireError>
    where
        Req: Message + 'static,
        Res: Message + Default + 'static,
    {
        let origin: http::Uri = self.base_url.parse().unwrap();
        let channel: Channel = Endpoint::from(origin.clone()).connect_lazy();
        let mut client = Grpc::with_origin(channel, origin);
        client.ready().await.unwrap();
        let mut request = tonic::Request::new(request);
        request.metadata_mut().insert(
            "authorization",
            format!("Bearer {}", self.key).parse().unwrap(),
        );
        let path = format!("/{SERVICE}/{rpc}").parse().unwrap();
        match client
            .unary(request, path, tonic_prost::ProstCodec::default())
            .await
        {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(WireError {
                code: connect_code(status.code() as i32),
                message: status.message().to_owned(),
            }),
        }
    }
}

/// Sends a request and reads the whole reply.
pub async fn send(client: &HttpClient, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

async fn json<Res: DeserializeOwned>(response: Response<Bytes>) -> Result<Res, WireError> {
    if response.status() != 200 {
        return Err(connect_error(&response));
    }
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    Ok(serde_json::from_slice(response.body()).unwrap())
}

async fn proto<Res: Message + Default>(response: Response<Bytes>) -> Result<Res, WireError> {
    if response.status() != 200 {
        return Err(connect_error(&response));
    }
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/proto"
    );
    Ok(Res::decode(response.into_body()).unwrap())
}

/// Reads an error in Connect's form; panics where it is in another.
pub fn connect_error(response: &Response<Bytes>) -> WireError {
    let content_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert!(
        ["application/json", "application/json; charset=utf-8"].contains(&content_type),
        "{response:?}"
    );
    let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    WireError {
        code: error["code"].as_str().unwrap().to_owned(),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
    }
}

async fn grpc_web<Res: Message + Default>(response: Response<Bytes>) -> Result<Res, WireError> {
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/grpc-web+proto"
    );
    let (mut message, mut trailers) = (None, None);
    let mut rest = &response.body()[..];
    while let Some((header, after)) = rest.split_at_checked(5) {
        let length = u32::from_be_bytes(header[1..].try_into().unwrap()) as usize;
        let (payload, after) = after.split_at(length);
        match header[0] {
            0 => message = Some(Res::decode(payload).unwrap()),
            0x80 => trailers = Some(String::from_utf8(payload.to_vec()).unwrap()),
            flags => panic!("unexpected flags {flags}"),
        }
        rest = after;
    }
    let in_headers = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let in_trailers = |name: &str| {
        let line = trailers
            .as_deref()?
            .lines()
            .find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let find = |name: &str| in_trailers(name).or_else(|| in_headers(name));
    match find("grpc-status").unwrap().as_str() {
        "0" => Ok(message.unwrap()),
        code => Err(WireError {
            code: connect_code(code.parse().unwrap()),
            message: percent_decode(&find("grpc-message").unwrap_or_default()),
        }),
    }
}

fn enveloped(message: &[u8]) -> Vec<u8> {
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(message.len() as u32);
    body.put_slice(message);
    body.to_vec()
}

/// The name of a gRPC status.
pub fn connect_code(code: i32) -> String {
    [
        "ok",
        "canceled",
        "unknown",
        "invalid_argument",
        "deadline_exceeded",
        "not_found",
        "already_exists",
        "permission_denied",
        "resource_exhausted",
        "failed_precondition",
        "aborted",
        "out_of_range",
        "unimplemented",
        "internal",
        "unavailable",
        "data_loss",
        "unauthenticated",
    ][code as usize]
        .to_owned()
}

/// Encodes everything but letters and digits.
pub fn percent_encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, after) {
            let hex = format!("{}{}", char::from(*high), char::from(*low));
            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}
