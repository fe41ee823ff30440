//! Calls that block until they are answered.

use std::time::Duration;

use crate::proxy::{Fault, Proxy};
use runner_configuration::v1::{
    GetEnvironmentClassRequest, GetEnvironmentClassResponse, ListEnvironmentClassesRequest,
    ListEnvironmentClassesResponse, PaginationResponse,
};
use runner_configuration_client::blocking::Client;
use runner_configuration_client::rpc::{Transport, UnaryRequest, UnaryResponse};
use runner_configuration_client::{Code, Error, Protocol};

/// Three pages with a class each; and calls that are never answered.
struct Fake;

impl Transport for Fake {
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        match request.rpc().name() {
            "ListEnvironmentClasses" => {
                let request: ListEnvironmentClassesRequest = request.decode()?;
                let token = request.pagination.unwrap_or_default().token;
                let next_token = match token.as_str() {
                    "xx" => String::new(),
                    token => format!("{token}x"),
                };
                UnaryResponse::encode(&ListEnvironmentClassesResponse {
                    environment_classes: vec![Default::default()],
                    pagination: Some(PaginationResponse { next_token }),
                })
            }
            "GetEnvironmentClass" => UnaryResponse::encode(&GetEnvironmentClassResponse::default()),
            "UpdateEnvironmentClass" => panic!("a transport that panics"),
            _ => std::future::pending().await,
        }
    }
}

fn fake() -> Client {
    let builder = runner_configuration_client::Client::builder();
    Client::build(builder.transport(Fake).retries(0)).unwrap()
}

#[test]
fn calls_block_until_they_are_answered() {
    let client = fake();
    let classes = client.environment_classes();
    assert!(classes.get("x").send().is_ok());
    let response = classes.get("x").response().unwrap();
    assert!(response.headers.is_empty());
    let call = classes.create(Default::default());
    let error = call.timeout(Duration::from_millis(20)).send().unwrap_err();
    assert!(error.is_timeout());
    let call = client.rpc(|rpcs| rpcs.get_environment_class(GetEnvironmentClassRequest::default()));
    assert!(call.send().is_ok());
}

#[test]
fn a_list_is_an_iterator() {
    let list = || fake().environment_classes().list(Default::default());
    assert_eq!(list().send().unwrap().environment_classes.len(), 1);
    let pages: Result<Vec<_>, _> = list().pages().collect();
    assert_eq!(pages.unwrap().len(), 3);
    assert_eq!(list().items().filter(Result::is_ok).count(), 3);
}

#[test]
fn what_goes_wrong_on_the_thread_is_an_error() {
    let client = fake();
    let call = client.environment_classes().update(Default::default());
    assert_eq!(call.send().unwrap_err().code(), Code::Internal);
    assert!(client.environment_classes().get("x").send().is_ok());
}

#[test]
fn a_client_is_shared_by_threads_and_ends_with_the_last() {
    let client = fake();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || client.environment_classes().get("x").send().is_ok())
        })
        .collect();
    drop(client);
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
}

#[test]
fn connections_and_retries_are_those_of_the_async_client() {
    let server = tokio::runtime::Runtime::new().unwrap();
    for protocol in [Protocol::default(), Protocol::Grpc] {
        let _server = server.enter();
        let proxy = Proxy::start();
        proxy.fail(&[Fault::Answer(
            429,
            vec![("retry-after-ms", "1".to_owned())],
            "".into(),
        )]);
        let builder = runner_configuration_client::Client::builder();
        let builder = builder.base_url(proxy.base_url()).protocol(protocol);
        let client = Client::build(builder.api_key("hunter2")).unwrap();
        for _ in 0..3 {
            let created = client
                .environment_classes()
                .create(Default::default())
                .send();
            assert!(created.is_ok(), "{created:?}");
        }
        assert_eq!((proxy.met(), proxy.acted()), (4, 3));
        let shown = format!("{client:?} {:?}", client.environment_classes().get("x"));
        assert!(!shown.contains("hunter2"));
    }
}
