//! The OpenAPI document against the committed one, and how it is served.

#![expect(clippy::panic, reason = "in tests a failed expectation is the report")]

mod support;

use std::path::Path;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use runner_configuration_server::rpc::{Authenticate, Dispatch, openapi};
use runner_configuration_server::{FromTonic, OPENAPI, service};
use runner_configuration_server::{
    RunnerConfigurationService, RunnerConfigurationServiceDispatcher,
};
use support::{ANSWER, Ours, Tonics};
use tower::ServiceExt as _;

const COMMITTED: &str = "docs/openapi.json";

#[test]
fn the_document_is_the_committed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(COMMITTED);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, OPENAPI).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = committed.lines().zip(OPENAPI.lines()).enumerate();
    let difference = lines.find(|(_, (committed, generated))| committed != generated);
    if let Some((index, (committed, generated))) = difference {
        panic!(
            "{COMMITTED}:{}: committed `{committed}`, generated `{generated}`\nIf the change is meant: \
             UPDATE_SNAPSHOTS=1 cargo test -p runner-configuration-server --features openapi --test openapi",
            index + 1
        );
    }
    assert_eq!(
        committed.len(),
        OPENAPI.len(),
        "{COMMITTED} has lines too few or too many: UPDATE_SNAPSHOTS=1 renews it"
    );
}

fn paths_of<S: RunnerConfigurationService>(_: &S) -> Vec<String> {
    type Dispatcher<S> = RunnerConfigurationServiceDispatcher<S>;
    let name = Dispatcher::<S>::SERVICE;
    let methods = Dispatcher::<S>::METHODS.iter();
    methods
        .map(|method| format!("/{name}/{}", method.name))
        .collect()
}

#[test]
fn every_rpc_that_is_served_is_in_the_document_and_nothing_else() {
    let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
    let mut served = paths_of(&Ours);
    assert_eq!(served, paths_of(&FromTonic(Tonics)));
    served.sort();
    let paths = document["paths"].as_object().unwrap();
    let mut described: Vec<_> = paths.keys().cloned().collect();
    described.sort();
    assert_eq!(described, served);
}

/// Accepts nobody: what is beside the service needs no key.
struct Nobody;

impl Authenticate for Nobody {
    type Caller = ();

    async fn authenticate(&self, _: &HeaderMap) -> Result<(), tonic::Status> {
        Err(tonic::Status::unauthenticated("nobody is known"))
    }
}

#[tokio::test]
async fn the_document_is_served_without_a_key_below_every_prefix() {
    let router = service(Ours)
        .authenticate(Nobody)
        .with_routes(openapi(OPENAPI))
        .into_router();
    for path in ["/openapi.json", "/api/openapi.json"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, OPENAPI.as_bytes(), "{path}");
    }
    let call = Request::post("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(format!(
            r#"{{"environmentClassId": "{ANSWER}"}}"#
        )))
        .unwrap();
    let response = router.clone().oneshot(call).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let request = Request::get("/openapi.yaml").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}
