//! The suite's service: every reply is what its request asks for, with what was seen of the request.

use std::time::Duration;

use prost::{Message, Name};
use runner_configuration_conformance_connect::v1;
use runner_configuration_conformance_connect::v1::conformance_payload::{
    ConnectGetInfo, RequestInfo,
};
use runner_configuration_conformance_connect::v1::unary_response_definition::Response;
use runner_configuration_runtime::Any;
use runner_configuration_server::Reply;
use runner_configuration_server::rpc::{Context, Protocol};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

pub struct Conformance;

impl v1::ConformanceService for Conformance {
    async fn unary(
        &self,
        request: Request<v1::UnaryRequest>,
    ) -> Result<Reply<v1::UnaryResponse>, Status> {
        let seen = request_info(&request);
        answer(request.into_inner().response_definition, seen, |payload| {
            v1::UnaryResponse {
                payload: Some(payload),
            }
        })
        .await
    }

    async fn idempotent_unary(
        &self,
        request: Request<v1::IdempotentUnaryRequest>,
    ) -> Result<Reply<v1::IdempotentUnaryResponse>, Status> {
        let seen = request_info(&request);
        answer(request.into_inner().response_definition, seen, |payload| {
            v1::IdempotentUnaryResponse {
                payload: Some(payload),
            }
        })
        .await
    }

    async fn unimplemented(
        &self,
        _: Request<v1::UnimplementedRequest>,
    ) -> Result<Reply<v1::UnimplementedResponse>, Status> {
        Err(Status::unimplemented("as its name says"))
    }
}

async fn answer<M>(
    wanted: Option<v1::UnaryResponseDefinition>,
    seen: RequestInfo,
    message: impl FnOnce(v1::ConformancePayload) -> M,
) -> Result<Reply<M>, Status> {
    let wanted = wanted.unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(wanted.response_delay_ms.into())).await;
    let data = match wanted.response {
        None => Vec::new(),
        Some(Response::ResponseData(data)) => data,
        Some(Response::Error(error)) => {
            let mut metadata = MetadataMap::new();
            append(&mut metadata, &wanted.response_headers)?;
            append(&mut metadata, &wanted.response_trailers)?;
            return Err(status(error, &seen, metadata));
        }
    };
    let mut reply = Reply::new(message(v1::ConformancePayload {
        data,
        request_info: Some(seen),
    }));
    append(reply.metadata_mut(), &wanted.response_headers)?;
    append(reply.trailers_mut(), &wanted.response_trailers)?;
    Ok(reply)
}

fn request_info<M: Message + Name>(request: &Request<M>) -> RequestInfo {
    let context: Option<&Context> = request.extensions().get();
    let asked = context.and_then(|context| context.deadline().asked());
    let protocol = context.map(Context::protocol);
    let is_get = matches!(protocol, Some(Protocol::ConnectGet(_)));
    RequestInfo {
        request_headers: headers(request.metadata()),
        timeout_ms: asked.and_then(|asked| asked.as_millis().try_into().ok()),
        requests: vec![Any::pack(request.get_ref())],
        connect_get_info: is_get.then(ConnectGetInfo::default),
    }
}

fn headers(metadata: &MetadataMap) -> Vec<v1::Header> {
    let metadata = metadata.as_ref();
    let header = |name: &http::HeaderName| v1::Header {
        name: name.to_string(),
        value: metadata
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect(),
    };
    metadata.keys().map(header).collect()
}

/// Adds headers as they are: the values of binary ones are in base64 already.
fn append(to: &mut MetadataMap, headers: &[v1::Header]) -> Result<(), Status> {
    let wrong = |name: &str| Status::invalid_argument(format!("not a header: {name}"));
    let mut map = std::mem::take(to).into_headers();
    for header in headers {
        for value in &header.value {
            let name = http::HeaderName::try_from(&header.name).map_err(|_| wrong(&header.name))?;
            let value = http::HeaderValue::try_from(value).map_err(|_| wrong(&header.name))?;
            map.append(name, value);
        }
    }
    *to = MetadataMap::from_headers(map);
    Ok(())
}

/// The wanted error; what was seen of the request is its last detail.
fn status(error: v1::Error, seen: &RequestInfo, metadata: MetadataMap) -> Status {
    let message = error.message.clone().unwrap_or_default();
    let mut details = error.details;
    details.push(Any::pack(seen));
    let rpc_status = RpcStatus {
        code: error.code,
        message: message.clone(),
        details,
    };
    Status::with_details_and_metadata(
        Code::from_i32(error.code),
        message,
        rpc_status.encode_to_vec().into(),
        metadata,
    )
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}
