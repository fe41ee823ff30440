//! The rows of the section "Common to all RPCs" that are about the wire: one test per row, named after it. The rows about
//! what the RPCs do are tested with the service.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body_util::Full;
use prost::Message as _;
use runner_configuration::validate::Violations;
use runner_configuration_server::Authenticate;
use runner_configuration_service::Service;
use runner_configuration_service::store::Store as _;
use serde_json::{Value, json};
use support::wire::{HttpClient, SERVICE, connect_error, http_client, send};
use support::{ADMIN_KEY, RUNNER, TestServer, USER_KEY};

/// A server and a client that sends JSON to it.
struct Json {
    server: TestServer,
    http: HttpClient,
}

impl Json {
    async fn start() -> Self {
        Self {
            server: TestServer::start().await,
            http: http_client(Version::HTTP_11),
        }
    }

    async fn post(&self, path: &str, key: Option<&str>, body: impl Into<Bytes>) -> Response<Bytes> {
        let mut request =
            Request::post(self.server.url(path)).header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        send(&self.http, request.body(Full::new(body.into())).unwrap()).await
    }

    /// Calls an RPC as administrator; the name may have a query behind it.
    async fn call(&self, rpc: &str, body: Value) -> Response<Bytes> {
        self.post(
            &format!("/{SERVICE}/{rpc}"),
            Some(ADMIN_KEY),
            body.to_string(),
        )
        .await
    }

    async fn ok(&self, rpc: &str, body: Value) -> Value {
        let response = self.call(rpc, body).await;
        assert_eq!(response.status(), 200, "{rpc}: {:?}", response.body());
        serde_json::from_slice(response.body()).unwrap()
    }

    async fn create_class(&self, name: &str) -> String {
        let created = self.ok("CreateEnvironmentClass", class(name)).await;
        created["id"].as_str().unwrap().to_owned()
    }
}

fn class(name: &str) -> Value {
    json!({
        "runnerId": RUNNER,
        "displayName": name,
        "description": "a class",
        "configuration": [{"key": "cpu", "value": "1"}, {"key": "memory", "value": "512"}],
    })
}

fn error_of(response: &Response<Bytes>) -> (u16, String, String) {
    let error = connect_error(response);
    (response.status().as_u16(), error.code, error.message)
}

#[tokio::test]
async fn a_server_answers_below_root_and_below_api() {
    let json = Json::start().await;
    for (prefix, status) in [
        ("", 200),
        ("/api", 200),
        ("/other", 404),
        ("/api/api", 404),
        ("//", 404),
    ] {
        let path = format!("{prefix}/{SERVICE}/ListEnvironmentClasses");
        assert_eq!(
            json.post(&path, Some(ADMIN_KEY), "{}").await.status(),
            status,
            "{prefix}"
        );
    }
}

#[tokio::test]
async fn authorization_bearer_on_every_call() {
    let json = Json::start().await;
    let path = format!("/{SERVICE}/ListEnvironmentClasses");
    let mut texts = Vec::new();
    for key in [
        None,
        Some(""),
        Some("wrong"),
        Some("admin-key-of-the-test"),
        Some("admin-key-of-the-tests ä"),
    ] {
        let response = json.post(&path, key, "not even JSON").await;
        let (status, code, message) = error_of(&response);
        assert_eq!((status, code.as_str()), (401, "unauthenticated"), "{key:?}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        texts.push(message);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let response = json.post(&path, Some(USER_KEY), "{}").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_broken_rule_is_an_invalid_argument_with_violations() {
    let json = Json::start().await;
    let response = json
        .call(
            "CreateEnvironmentClass",
            json!({"runnerId": "x", "displayName": "ab"}),
        )
        .await;
    let (status, code, message) = error_of(&response);
    assert_eq!((status, code.as_str()), (400, "invalid_argument"));
    for field in [
        "runner_id: must be a valid UUID",
        "display_name: must be at least 3",
        "description: ",
    ] {
        assert!(message.contains(field), "{message}");
    }
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let detail = &body["details"][0];
    assert_eq!(detail["type"], "buf.validate.Violations");
    let value = base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(detail["value"].as_str().unwrap())
        .unwrap();
    let violations = Violations::decode(&*value).unwrap();
    let rules: Vec<_> = violations
        .violations
        .iter()
        .map(|violation| violation.rule_id().to_owned())
        .collect();
    assert_eq!(rules, ["string.uuid", "string.min_len", "string.min_len"]);
}

#[tokio::test]
async fn page_size_above_100_is_an_invalid_argument() {
    let json = Json::start().await;
    for rpc in [
        "ListEnvironmentClasses",
        "ListHostAuthenticationTokens",
        "ListSCMIntegrations",
        "ListLLMIntegrations",
    ] {
        for (url, body) in [
            ("", json!({"pagination": {"pageSize": 101}})),
            ("?pageSize=101", json!({})),
            ("?pageSize=-1", json!({})),
        ] {
            let (status, code, message) = error_of(&json.call(&format!("{rpc}{url}"), body).await);
            assert_eq!(
                (status, code.as_str()),
                (400, "invalid_argument"),
                "{rpc}{url}"
            );
            assert!(message.contains("pagination.page_size"), "{message}");
        }
    }
}

#[tokio::test]
async fn the_urls_token_and_page_size_override_the_bodys_field_by_field() {
    let json = Json::start().await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three", "four"] {
        ids.push(json.create_class(name).await);
    }
    let list = async |url: &str, body: Value| {
        let page = json.ok(&format!("ListEnvironmentClasses{url}"), body).await;
        let classes = page["environmentClasses"].as_array().unwrap();
        let ids: Vec<_> = classes
            .iter()
            .map(|class| class["id"].as_str().unwrap().to_owned())
            .collect();
        (
            ids,
            page["pagination"]["nextToken"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let (first, token) = list("", json!({"pagination": {"pageSize": 1}})).await;
    assert_eq!(first, ids[..1]);
    // The same body again, with the token in the URL: what the generated official SDKs do.
    let (second, _) = list(
        &format!("?token={token}"),
        json!({"pagination": {"pageSize": 1}}),
    )
    .await;
    assert_eq!(second, ids[1..2]);
    let (rest, _) = list(
        &format!("?token={token}&pageSize=2"),
        json!({"pagination": {"pageSize": 1}}),
    )
    .await;
    assert_eq!(rest, ids[1..3]);
    let (rest, _) = list(
        "?pageSize=3",
        json!({"pagination": {"pageSize": 1, "token": token}}),
    )
    .await;
    assert_eq!(rest, ids[1..4]);
    // The URL counts before the body is checked; 0 and "" count as not given.
    let (all, _) = list("?pageSize=100", json!({"pagination": {"pageSize": 500}})).await;
    assert_eq!(all, ids);
    let (rest, _) = list(
        "?pageSize=0&token=",
        json!({"pagination": {"pageSize": 1, "token": token}}),
    )
    .await;
    assert_eq!(rest, ids[1..2]);
    let (status, code, message) = error_of(
        &json
            .call("ListEnvironmentClasses?pageSize=ten", json!({}))
            .await,
    );
    assert_eq!((status, code.as_str()), (400, "invalid_argument"));
    assert!(message.contains("pageSize"), "{message}");
}

#[tokio::test]
async fn a_foreign_page_token_is_an_invalid_argument() {
    let json = Json::start().await;
    json.create_class("one").await;
    json.create_class("two").await;
    let page = json
        .ok(
            "ListEnvironmentClasses",
            json!({"pagination": {"pageSize": 1}}),
        )
        .await;
    let token = page["pagination"]["nextToken"].clone();
    for (rpc, body) in [
        (
            "ListEnvironmentClasses",
            json!({"pagination": {"token": "nonsense"}}),
        ),
        (
            "ListSCMIntegrations",
            json!({"pagination": {"token": token}}),
        ),
        (
            "ListEnvironmentClasses",
            json!({"pagination": {"token": token}, "filter": {"enabled": true}}),
        ),
    ] {
        let (status, code, message) = error_of(&json.call(rpc, body).await);
        assert_eq!((status, code.as_str()), (400, "invalid_argument"), "{rpc}");
        assert!(message.contains("token"), "{message}");
    }
}

#[tokio::test]
async fn lists_have_their_key_even_when_empty_and_everything_else_omits_defaults() {
    let json = Json::start().await;
    for (rpc, expected) in [
        (
            "ListEnvironmentClasses",
            json!({"pagination": {}, "environmentClasses": []}),
        ),
        (
            "ListHostAuthenticationTokens",
            json!({"pagination": {}, "tokens": []}),
        ),
        (
            "ListSCMIntegrations",
            json!({"pagination": {}, "integrations": []}),
        ),
        (
            "ListLLMIntegrations",
            json!({"pagination": {}, "integrations": [], "onaIntelligenceProviders": []}),
        ),
    ] {
        let mut reply = json.ok(rpc, json!({})).await;
        // Whether an empty `pagination` is written is not part of this rule.
        reply["pagination"] = json!({});
        assert_eq!(reply, expected, "{rpc}");
    }
    let id = json.create_class("one").await;
    json.ok(
        "UpdateEnvironmentClass",
        json!({"environmentClassId": id, "enabled": false}),
    )
    .await;
    let class = json
        .ok("GetEnvironmentClass", json!({"environmentClassId": id}))
        .await;
    let keys: Vec<_> = class["environmentClass"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        keys,
        [
            "configuration",
            "description",
            "displayName",
            "id",
            "runnerId"
        ]
    );
}

#[tokio::test]
async fn explicit_null_leaves_a_field_unset() {
    let json = Json::start().await;
    let reply = json
        .ok("ListEnvironmentClasses", json!({"pagination": null, "filter": {"runnerIds": null, "enabled": null, "runnerKinds": null}}))
        .await;
    assert_eq!(reply["environmentClasses"], json!([]));
    let mut class = class("one");
    class["unknown"] = json!({"ignored": [1, null]});
    class["configuration"][0]["unknown"] = Value::Null;
    json.ok("CreateEnvironmentClass", class).await;
}

#[tokio::test]
async fn final_errors_say_that_they_should_not_be_retried() {
    let json = Json::start().await;
    let token = json!({"runnerId": RUNNER, "host": "github.com", "token": "t", "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT"});
    json.ok("CreateHostAuthenticationToken", token.clone())
        .await;
    let response = json.call("CreateHostAuthenticationToken", token).await;
    assert_eq!(response.status(), 409);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let response = json.call("NoSuchRpc", json!({})).await;
    assert_eq!(response.headers()["x-should-retry"], "false");
    let response = json
        .call("GetEnvironmentClass", json!({"environmentClassId": RUNNER}))
        .await;
    assert_eq!(
        (response.status(), &response.headers()["x-should-retry"]),
        (StatusCode::NOT_FOUND, &"false".parse().unwrap())
    );
}

#[tokio::test]
async fn unknown_paths_answer_unimplemented_in_connect_json() {
    let json = Json::start().await;
    for path in [
        "/",
        "/favicon.ico",
        "/gitpod.v1.RunnerConfigurationService/NoSuchRpc",
        "/gitpod.v1.Other/Get",
        "/api",
        "/%00",
    ] {
        for key in [None, Some(ADMIN_KEY)] {
            let (status, code, _) = error_of(&json.post(path, key, "{}").await);
            assert_eq!((status, code.as_str()), (404, "unimplemented"), "{path}");
        }
        let request = Request::get(json.server.url(path))
            .body(Full::default())
            .unwrap();
        let (status, code, _) = error_of(&send(&json.http, request).await);
        assert_eq!(
            (status, code.as_str()),
            (404, "unimplemented"),
            "GET {path}"
        );
    }
    for (content_type, version) in [
        ("application/grpc", Version::HTTP_2),
        ("application/grpc-web+proto", Version::HTTP_11),
    ] {
        let request = Request::post(json.server.url("/gitpod.v1.Other/Get"))
            .version(version)
            .header(header::CONTENT_TYPE, content_type)
            .body(Full::default())
            .unwrap();
        let response = send(&http_client(version), request).await;
        assert_eq!(
            (response.status(), &response.headers()["grpc-status"]),
            (StatusCode::OK, &"12".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn a_refusal_reaches_the_caller_before_all_of_its_request_is_sent() {
    let json = Json::start().await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let http = http_client(version);
        for _ in 0..50 {
            let request = Request::post(
                json.server
                    .url(&format!("/{SERVICE}/ListEnvironmentClasses")),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(vec![b' '; 300_000]))
            .unwrap();
            assert_eq!(error_of(&send(&http, request).await).1, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let json = Json::start().await;
    for (method, rpc, allowed) in [
        (Method::PUT, "GetEnvironmentClass", "GET, POST"),
        (Method::HEAD, "GetEnvironmentClass", "GET, POST"),
        (Method::GET, "CreateEnvironmentClass", "POST"),
        (Method::DELETE, "CreateEnvironmentClass", "POST"),
    ] {
        let request = Request::builder()
            .method(method.clone())
            .uri(json.server.url(&format!("/{SERVICE}/{rpc}")))
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .body(Full::default())
            .unwrap();
        let response = send(&json.http, request).await;
        assert_eq!(response.status(), 405, "{method} {rpc}");
        if method != Method::HEAD {
            assert_eq!(error_of(&response).1, "unknown");
        }
        assert_eq!(response.headers()[header::ALLOW], allowed);
    }
}

#[tokio::test]
async fn malformed_requests_name_the_field_and_store_nothing() {
    let json = Json::start().await;
    let path = format!("/{SERVICE}/CreateEnvironmentClass");
    for (body, place) in [
        (r#"{"runnerId": "#, "not valid JSON"),
        ("", "not valid JSON"),
        ("[]", "expected"),
        (
            r#"{"displayName": 31415}"#,
            "displayName: expected a string",
        ),
        (
            r#"{"configuration": [{"key": "a"}, {"key": 31415}]}"#,
            "configuration[1].key: expected a string",
        ),
        (
            r#"{"configuration": {"key": "a"}}"#,
            "configuration: expected a sequence",
        ),
        (
            r#"{"displayName": "a", "displayName": "b"}"#,
            "duplicate field `displayName`",
        ),
    ] {
        let (status, code, message) = error_of(&json.post(&path, Some(ADMIN_KEY), body).await);
        assert_eq!((status, code.as_str()), (400, "invalid_argument"), "{body}");
        assert!(message.contains(place), "{body}: {message}");
        assert!(
            !message.contains("31415"),
            "the value is repeated: {message}"
        );
    }
    let deep = format!(
        "{{\"configuration\": {}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let (status, code, _) = error_of(&json.post(&path, Some(ADMIN_KEY), deep).await);
    assert_eq!((status, code.as_str()), (400, "invalid_argument"));

    let request = Request::post(json.server.url(&path))
        .header(header::CONTENT_TYPE, "application/proto")
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
        .body(Full::from(&b"\x0a\xff"[..]))
        .unwrap();
    let (status, code, message) = error_of(&send(&json.http, request).await);
    assert_eq!((status, code.as_str()), (400, "invalid_argument"));
    assert!(message.contains("runner_id"), "{message}");
    assert_eq!(
        json.ok("ListEnvironmentClasses", json!({})).await["environmentClasses"],
        json!([])
    );
}

#[tokio::test]
async fn content_types_and_encodings_that_are_not_spoken_are_refused_in_connect_json() {
    let json = Json::start().await;
    let url = json
        .server
        .url(&format!("/{SERVICE}/ListEnvironmentClasses"));
    let send = async |headers: &[(&str, &str)], body: &'static [u8]| {
        let mut request =
            Request::post(&url).header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        support::wire::send(&json.http, request.body(Full::from(body)).unwrap()).await
    };
    for content_type in [
        "text/plain",
        "application/connect+json",
        "application/xml",
        "application/json; charset=latin1",
    ] {
        let response = send(&[("content-type", content_type)], b"{}").await;
        let (status, code, _) = error_of(&response);
        assert_eq!((status, code.as_str()), (415, "unknown"), "{content_type}");
        assert!(
            response.headers()["accept-post"]
                .to_str()
                .unwrap()
                .contains("application/json")
        );
    }
    assert_eq!(send(&[], b"{}").await.status(), 415);
    assert_eq!(
        send(
            &[("content-type", "Application/JSON; charset=UTF-8")],
            b"{}"
        )
        .await
        .status(),
        200
    );
    let unknown = send(
        &[
            ("content-type", "application/json"),
            ("content-encoding", "lzma"),
        ],
        b"{}",
    )
    .await;
    assert_eq!(error_of(&unknown).1, "unimplemented");
    let corrupt = send(
        &[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ],
        b"not gzip",
    )
    .await;
    assert_eq!(error_of(&corrupt).1, "invalid_argument");
    let version = send(
        &[
            ("content-type", "application/json"),
            ("connect-protocol-version", "2"),
        ],
        b"{}",
    )
    .await;
    assert_eq!(error_of(&version).1, "invalid_argument");
    let timeout = send(
        &[
            ("content-type", "application/json"),
            ("connect-timeout-ms", "soon"),
        ],
        b"{}",
    )
    .await;
    assert_eq!(error_of(&timeout).1, "invalid_argument");
}

#[tokio::test]
async fn large_replies_are_compressed_as_accepted_and_small_ones_are_not() {
    let json = Json::start().await;
    let url = json
        .server
        .url(&format!("/{SERVICE}/ListEnvironmentClasses"));
    let encoding = async |accepted: &str| {
        let request = Request::post(&url)
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT_ENCODING, accepted)
            .body(Full::from("{}"))
            .unwrap();
        let headers: HeaderMap = send(&json.http, request).await.into_parts().0.headers;
        headers
            .get(header::CONTENT_ENCODING)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(encoding("gzip").await, None);
    for number in 0..25 {
        json.create_class(&format!("class {number}")).await;
    }
    assert_eq!(encoding("gzip").await.as_deref(), Some("gzip"));
    assert_eq!(encoding("br;q=1.0, gzip").await.as_deref(), Some("br"));
    assert_eq!(encoding("zstd").await.as_deref(), Some("zstd"));
    assert_eq!(encoding("lzma, gzip;q=0").await, None);
}

/// Can't tell who calls just now.
struct Busy;

impl Authenticate for Busy {
    type Caller = ();

    async fn authenticate(&self, _: &HeaderMap) -> Result<(), tonic::Status> {
        let mut status = tonic::Status::unavailable("come back later");
        let headers = status.metadata_mut();
        headers.insert("retry-after-ms", "1500".parse().unwrap());
        headers.insert("retry-after", "2".parse().unwrap());
        Err(status)
    }
}

#[tokio::test]
async fn clients_find_the_time_to_wait_in_retry_after_ms_and_retry_after() {
    let server = TestServer::start().await;
    let service = Service::new(std::sync::Arc::clone(&server.store));
    let router = runner_configuration_server::service(service)
        .authenticate(Busy)
        .into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/{SERVICE}/GetEnvironmentClass",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    for content_type in [
        "application/json",
        "application/proto",
        "application/grpc-web+proto",
    ] {
        let request = Request::post(&url)
            .header(header::CONTENT_TYPE, content_type)
            .body(Full::default())
            .unwrap();
        let response = send(&http_client(Version::HTTP_11), request).await;
        let headers = response.headers();
        assert_eq!(
            (&headers["retry-after-ms"], &headers["retry-after"]),
            (&"1500".parse().unwrap(), &"2".parse().unwrap())
        );
        // It is worth another try, so nothing says otherwise.
        assert!(!headers.contains_key("x-should-retry"), "{content_type}");
    }
}

#[tokio::test]
async fn a_change_is_recorded_with_the_id_of_its_request() {
    let json = Json::start().await;
    let url = json
        .server
        .url(&format!("/{SERVICE}/CreateEnvironmentClass"));
    let body = class("one").to_string();
    for (given, kept) in [
        (Some("request-1"), true),
        (Some("no id"), false),
        (None, false),
    ] {
        let mut request = Request::post(&url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"));
        if let Some(id) = given {
            request = request.header("x-request-id", id);
        }
        let request = request.body(Full::from(body.clone())).unwrap();
        let response = send(&http_client(Version::HTTP_11), request).await;
        assert_eq!(response.status(), 200);
        let answered = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(given == Some(answered), kept);
        let changes = json.server.store.changes(0, 100).await.unwrap();
        let last = changes.last().unwrap();
        assert_eq!(last.request_id.as_deref(), Some(answered));
        assert_eq!(last.action, "CreateEnvironmentClass");
    }
}
