//! Both RPCs over the protocols.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use axum::body::Body;
use greeter::v1::{GreetRequest, GreetResponse, SetGreetingRequest, SetGreetingResponse};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tonic::codegen::http::uri::PathAndQuery;
use tower::ServiceExt as _;

const GREET: &str = "/greeter.v1.GreeterService/Greet";
const SET_GREETING: &str = "/greeter.v1.GreeterService/SetGreeting";

async fn call(
    router: &axum::Router,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder().method(&method).uri(path);
    let request = match method {
        Method::POST => request
            .header("content-type", "application/json")
            .body(body.to_string().into()),
        _ => request.body(Body::empty()),
    };
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn connect_post_and_get() {
    let router = greeter::router();
    let reply = call(&router, Method::POST, GREET, json!({"name": "Ada"})).await;
    assert_eq!(reply, (StatusCode::OK, json!({"text": "Hello, Ada!"})));

    let reply = call(
        &router,
        Method::POST,
        SET_GREETING,
        json!({"greeting": "Good day"}),
    )
    .await;
    assert_eq!(reply, (StatusCode::OK, json!({})));

    let query = format!("{GREET}?encoding=json&message=%7B%22name%22%3A%22Ada%22%7D");
    let reply = call(&router, Method::GET, &query, Value::Null).await;
    assert_eq!(reply, (StatusCode::OK, json!({"text": "Good day, Ada!"})));
}

#[tokio::test]
async fn a_broken_rule_is_an_invalid_argument() {
    let router = greeter::router();
    let (status, error) = call(&router, Method::POST, SET_GREETING, json!({"greeting": ""})).await;
    assert_eq!(
        (status, &error["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_argument"))
    );
    assert!(
        error["message"].as_str().unwrap().contains("greeting"),
        "{error}"
    );

    let (_, reply) = call(&router, Method::POST, GREET, json!({"name": "Ada"})).await;
    assert_eq!(reply["text"], "Hello, Ada!");
}

#[tokio::test]
async fn grpc() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, greeter::router()).await });
    let channel = tonic::transport::Endpoint::new(address)
        .unwrap()
        .connect()
        .await
        .unwrap();

    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let request = SetGreetingRequest {
        greeting: "Welcome".into(),
    };
    let codec = tonic_prost::ProstCodec::<_, SetGreetingResponse>::default();
    let path = PathAndQuery::from_static(SET_GREETING);
    client
        .unary(tonic::Request::new(request), path, codec)
        .await
        .unwrap();

    client.ready().await.unwrap();
    let request = GreetRequest { name: "Ada".into() };
    let codec = tonic_prost::ProstCodec::<_, GreetResponse>::default();
    let path = PathAndQuery::from_static(GREET);
    let reply = client
        .unary(tonic::Request::new(request), path, codec)
        .await
        .unwrap();
    assert_eq!(reply.into_inner().text, "Welcome, Ada!");
}
