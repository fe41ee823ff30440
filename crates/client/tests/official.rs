//! The requests of every RPC are, byte for byte, those of the official client. `official/record.py` has recorded them.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use runner_configuration::v1::*;
use runner_configuration_client::{Client, Codec, Error, Protocol};
use serde_json::Value;

/// A call, and what the official client sends for it.
struct Recorded {
    rpc: String,
    request: Value,
    bytes: Vec<u8>,
}

fn recorded() -> Vec<Recorded> {
    let table: Value = serde_json::from_str(include_str!("official/calls.json")).unwrap();
    assert_eq!(table["client"], "gitpod-sdk 1.2.0");
    let calls = table["calls"].as_array().unwrap().iter();
    let recorded = calls.map(|call| Recorded {
        rpc: call["rpc"].as_str().unwrap().to_owned(),
        request: call["request"].clone(),
        bytes: from_hex(call["bytes"].as_str().unwrap()),
    });
    recorded.collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap();
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes = pairs.map(|pair| digit(pair[0]) * 16 + digit(pair[1]));
    bytes.map(|byte| u8::try_from(byte).unwrap()).collect()
}

macro_rules! dispatch {
    ($($rpc:literal $method:ident $request:ident;)*) => {
        const RPCS: &[&str] = &[$($rpc),*];

        /// Makes the call of this name with the request of this JSON.
        async fn call(client: &Client, rpc: &str, request: &Value) -> Result<(), Error> {
            match rpc {
                $($rpc => {
                    let request: $request = serde_json::from_value(request.clone()).unwrap();
                    client.rpcs().$method(request).await.map(drop)
                })*
                rpc => panic!("no such RPC: {rpc}"),
            }
        }
    };
}

dispatch! {
    "CreateHostAuthenticationToken" create_host_authentication_token CreateHostAuthenticationTokenRequest;
    "GetHostAuthenticationToken" get_host_authentication_token GetHostAuthenticationTokenRequest;
    "ListHostAuthenticationTokens" list_host_authentication_tokens ListHostAuthenticationTokensRequest;
    "UpdateHostAuthenticationToken" update_host_authentication_token UpdateHostAuthenticationTokenRequest;
    "DeleteHostAuthenticationToken" delete_host_authentication_token DeleteHostAuthenticationTokenRequest;
    "GetRunnerConfigurationSchema" get_runner_configuration_schema GetRunnerConfigurationSchemaRequest;
    "CreateSCMIntegration" create_scm_integration CreateScmIntegrationRequest;
    "GetSCMIntegration" get_scm_integration GetScmIntegrationRequest;
    "ListSCMIntegrations" list_scm_integrations ListScmIntegrationsRequest;
    "UpdateSCMIntegration" update_scm_integration UpdateScmIntegrationRequest;
    "DeleteSCMIntegration" delete_scm_integration DeleteScmIntegrationRequest;
    "CreateEnvironmentClass" create_environment_class CreateEnvironmentClassRequest;
    "GetEnvironmentClass" get_environment_class GetEnvironmentClassRequest;
    "ListEnvironmentClasses" list_environment_classes ListEnvironmentClassesRequest;
    "UpdateEnvironmentClass" update_environment_class UpdateEnvironmentClassRequest;
    "ValidateRunnerConfiguration" validate_runner_configuration ValidateRunnerConfigurationRequest;
    "CreateLLMIntegration" create_llm_integration CreateLlmIntegrationRequest;
    "GetLLMIntegration" get_llm_integration GetLlmIntegrationRequest;
    "ListLLMIntegrations" list_llm_integrations ListLlmIntegrationsRequest;
    "UpdateLLMIntegration" update_llm_integration UpdateLlmIntegrationRequest;
    "DeleteLLMIntegration" delete_llm_integration DeleteLlmIntegrationRequest;
}

/// What arrived: path, content type, body.
type Arrived = (String, String, Bytes);

/// A server that answers every call with an empty message.
async fn serve(arrived: Arc<Mutex<Vec<Arrived>>>) -> String {
    let router = Router::new().fallback(move |request: Request<Body>| {
        let arrived = Arc::clone(&arrived);
        async move {
            let (parts, body) = request.into_parts();
            let content_type = parts.headers[header::CONTENT_TYPE].to_str().unwrap();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let seen = (parts.uri.path().to_owned(), content_type.to_owned(), body);
            arrived.lock().unwrap().push(seen);
            let response = Response::builder().header(header::CONTENT_TYPE, content_type);
            response.body(empty_message(content_type)).unwrap()
        }
    });
    format!("http://{}", support::serve(router).await)
}

fn empty_message(content_type: &str) -> Body {
    match content_type {
        "application/proto" => Body::empty(),
        "application/json" => Body::from("{}"),
        _ => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            let trailers = std::future::ready(Some(Ok(trailers)));
            Body::new(Full::new(Bytes::from_static(&[0; 5])).with_trailers(trailers))
        }
    }
}

/// What the body holds, as it is compared.
fn check_body(protocol: Protocol, recorded: &Recorded, body: &Bytes) {
    match protocol {
        Protocol::Connect {
            codec: Codec::Proto,
            ..
        } => assert_eq!(*body, recorded.bytes, "{}", recorded.rpc),
        Protocol::Connect { .. } => {
            let json: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(json, recorded.request, "{}", recorded.rpc);
        }
        _ => {
            // Not compressed; the length.
            let (prefix, message) = body.split_at(5);
            let length = u32::try_from(recorded.bytes.len()).unwrap();
            assert_eq!((prefix[0], &prefix[1..]), (0, &length.to_be_bytes()[..]));
            assert_eq!(message, recorded.bytes, "{}", recorded.rpc);
        }
    }
}

#[tokio::test]
async fn every_request_is_that_of_the_official_client() {
    let arrived = Arc::default();
    let base_url = serve(Arc::clone(&arrived)).await;
    for (protocol, content_type) in [
        (Protocol::default(), "application/proto"),
        (
            Protocol::Connect {
                codec: Codec::Json,
                get: false,
            },
            "application/json",
        ),
        (Protocol::Grpc, "application/grpc"),
    ] {
        let client = Client::builder().base_url(&*base_url).protocol(protocol);
        let client = client.build().unwrap();
        let mut called = BTreeSet::new();
        for recorded in recorded() {
            let outcome = call(&client, &recorded.rpc, &recorded.request).await;
            assert!(
                outcome.is_ok(),
                "{protocol:?} {}: {outcome:?}",
                recorded.rpc
            );
            let (path, seen_type, body) = arrived.lock().unwrap().pop().unwrap();
            let expected = format!("/gitpod.v1.RunnerConfigurationService/{}", recorded.rpc);
            assert_eq!((path, &*seen_type), (expected, content_type));
            check_body(protocol, &recorded, &body);
            called.insert(recorded.rpc);
        }
        assert_eq!(called.len(), 21);
        assert!(RPCS.iter().all(|rpc| called.contains(*rpc)));
        assert!(arrived.lock().unwrap().is_empty(), "one request for a call");
    }
}
