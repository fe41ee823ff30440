//! What is served beside the service: reflection, health, further routes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use runner_configuration::FILE_DESCRIPTOR_SET;
use runner_configuration_server::rpc::{Authenticate, Health, reflection};
use runner_configuration_server::tonic_server::SERVICE_NAME;
use runner_configuration_server::{FromTonic, service};
use support::{ANSWER, Ours, Tonics};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt as _;

/// Accepts nobody: what is beside the service needs no key.
struct Nobody;

impl Authenticate for Nobody {
    type Caller = ();

    async fn authenticate(&self, _: &HeaderMap) -> Result<(), tonic::Status> {
        Err(tonic::Status::unauthenticated("nobody is known"))
    }
}

fn router(health: &Health) -> axum::Router {
    service(Ours)
        .authenticate(Nobody)
        .with_routes(reflection(&[FILE_DESCRIPTOR_SET]).unwrap())
        .with_routes(health.routes())
        .into_router()
}

async fn connect(health: &Health) -> Channel {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(health);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

/// One test per version, whose messages are types of their own.
macro_rules! reflection_test {
    ($name:ident, $version:ident) => {
        #[tokio::test]
        async fn $name() {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            let health = Health::new([SERVICE_NAME]).await;
            let mut client = ServerReflectionClient::new(connect(&health).await);
            let asked = [
                MessageRequest::ListServices(String::new()),
                MessageRequest::FileContainingSymbol(SERVICE_NAME.into()),
                MessageRequest::FileByFilename("buf/validate/validate.proto".into()),
                MessageRequest::FileContainingSymbol("gitpod.v1.Nothing".into()),
            ];
            let requests = asked.map(|request| ServerReflectionRequest {
                message_request: Some(request),
                ..Default::default()
            });
            let replies = client
                .server_reflection_info(futures_util::stream::iter(requests))
                .await
                .unwrap()
                .into_inner();
            let replies: Vec<_> = replies
                .map(|reply| reply.map(|reply| reply.message_response.unwrap()))
                .collect()
                .await;

            let Ok(MessageResponse::ListServicesResponse(services)) = &replies[0] else {
                panic!("{replies:?}");
            };
            let names: Vec<_> = services
                .service
                .iter()
                .map(|service| &*service.name)
                .collect();
            for name in [
                SERVICE_NAME,
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection",
            ] {
                assert!(names.contains(&name), "{names:?}");
            }
            let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
            for (reply, name) in replies[1..].iter().zip([
                "gitpod/v1/runner_configuration.proto",
                "buf/validate/validate.proto",
            ]) {
                let Ok(MessageResponse::FileDescriptorResponse(reply)) = reply else {
                    panic!("{reply:?}");
                };
                let [file] = &reply.file_descriptor_proto[..] else {
                    panic!("{} files", reply.file_descriptor_proto.len());
                };
                assert!(files.file.iter().any(|file| file.name() == name));
                // As it is in the set, with the rules, which are custom options.
                let contained = FILE_DESCRIPTOR_SET
                    .windows(file.len())
                    .any(|bytes| bytes == file);
                assert!(contained, "{name} is changed");
            }
            match &replies[3] {
                Ok(MessageResponse::ErrorResponse(error)) => assert_eq!(error.error_code, 5),
                Err(status) => assert_eq!(status.code(), tonic::Code::NotFound),
                other => panic!("{other:?}"),
            }
        }
    };
}

reflection_test!(reflection_v1_hands_out_the_files_as_they_are, v1);
reflection_test!(reflection_v1alpha_hands_out_the_files_as_they_are, v1alpha);

#[test]
fn what_is_no_descriptor_set_is_refused() {
    let error = reflection(&[b"nonsense"]).unwrap_err();
    assert!(error.to_string().contains("FileDescriptorSet"), "{error}");
}

async fn check(
    client: &mut HealthClient<Channel>,
    service: &str,
) -> Result<ServingStatus, tonic::Code> {
    let request = HealthCheckRequest {
        service: service.into(),
    };
    match client.check(request).await {
        Ok(reply) => Ok(reply.into_inner().status()),
        Err(status) => Err(status.code()),
    }
}

#[tokio::test]
async fn health_tells_of_the_server_and_of_its_services() {
    let health = Health::new([SERVICE_NAME]).await;
    let mut client = HealthClient::new(connect(&health).await);
    for (serving, status) in [
        (None, NotServing),
        (Some(true), Serving),
        (Some(false), NotServing),
    ] {
        if let Some(serving) = serving {
            health.set_serving(serving).await;
        }
        for service in ["", SERVICE_NAME] {
            assert_eq!(check(&mut client, service).await, Ok(status));
        }
    }
    assert_eq!(
        check(&mut client, "acme.v1.Other").await,
        Err(tonic::Code::NotFound)
    );
}

#[tokio::test]
async fn a_watch_sees_each_change_and_ends_when_the_server_stops() {
    let health = Health::new([SERVICE_NAME]).await;
    let mut client = HealthClient::new(connect(&health).await);
    let watch = client.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watch = watch.into_inner();
    let mut next = async || watch.next().await.unwrap().unwrap().status();
    assert_eq!(next().await, NotServing);
    health.set_serving(true).await;
    assert_eq!(next().await, Serving);
    health.set_serving(false).await;
    assert_eq!(next().await, NotServing);
    health.close().await;
    let rest: Vec<_> = tokio::time::timeout(Duration::from_secs(10), watch.collect())
        .await
        .unwrap();
    assert!(
        rest.into_iter()
            .all(|last| last.unwrap().status() == NotServing)
    );
}

#[tokio::test]
async fn a_watch_of_an_unknown_service_goes_on_until_the_server_stops() {
    let health = Health::new([SERVICE_NAME]).await;
    let mut client = HealthClient::new(connect(&health).await);
    let request = HealthCheckRequest {
        service: "acme.v1.Other".into(),
    };
    let mut watch = client.watch(request).await.unwrap().into_inner();
    let first = watch.next().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::ServiceUnknown);
    health.set_serving(true).await;
    assert!(futures_util::poll!(watch.next()).is_pending());
    health.close().await;
    let rest = tokio::time::timeout(Duration::from_secs(10), watch.next());
    assert!(rest.await.unwrap().is_none());
}

async fn post(path: &str, body: String) -> (StatusCode, String) {
    let health = Health::new([SERVICE_NAME]).await;
    let page = axum::Router::new().route("/page", axum::routing::any(async || "a page"));
    let router = service(FromTonic(Tonics))
        .with_routes(health.routes())
        .with_routes(page)
        .into_router();
    let request = Request::post(path).header("content-type", "application/json");
    let response = router
        .oneshot(request.body(Body::from(body)).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn further_routes_are_found_below_every_prefix() {
    for path in ["/page", "/api/page", "/page?query", "/api/page?query"] {
        let answer = post(path, String::new()).await;
        assert_eq!(answer, (StatusCode::OK, "a page".into()), "{path}");
    }
}

#[tokio::test]
async fn the_rpcs_are_served_beside_them() {
    let request = format!(r#"{{"environmentClassId": "{ANSWER}"}}"#);
    for prefix in ["", "/api"] {
        let path = format!("{prefix}/{SERVICE_NAME}/GetEnvironmentClass");
        let (status, body) = post(&path, request.clone()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        assert!(body.contains(ANSWER), "{path}: {body}");
    }
}

#[tokio::test]
async fn other_paths_are_still_unimplemented() {
    for path in [
        "/",
        "/other",
        "/api",
        "/apipage",
        "/api/other",
        "/other/page",
    ] {
        let (status, body) = post(path, String::new()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("unimplemented"), "{path}: {body}");
    }
}

#[tokio::test]
async fn what_only_grpc_serves_says_so_to_others() {
    for path in [
        "/grpc.health.v1.Health/Check",
        "/api/grpc.health.v1.Health/Check",
    ] {
        let (status, body) = post(path, String::new()).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}: {body}");
    }
}
