//! All RPCs over every protocol, codec and HTTP version, below both path prefixes, against the reference service.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;

use http::Version;
use prost::Message;
use prost_reflect::DescriptorPool;
use runner_configuration::v1::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use support::wire::{SERVICE, Wire, WireClient, WireError};
use support::{ADMIN_KEY, RUNNER, TestServer};

#[tokio::test]
async fn every_rpc_over_connect_json() {
    every_rpc(Wire::ConnectJson, Version::HTTP_11, "").await;
}

#[tokio::test]
async fn every_rpc_over_connect_json_on_http2_below_api() {
    every_rpc(Wire::ConnectJson, Version::HTTP_2, "/api").await;
}

#[tokio::test]
async fn every_rpc_over_connect_binary() {
    every_rpc(Wire::ConnectProto, Version::HTTP_11, "/api").await;
}

#[tokio::test]
async fn every_rpc_over_connect_binary_on_http2() {
    every_rpc(Wire::ConnectProto, Version::HTTP_2, "").await;
}

#[tokio::test]
async fn every_rpc_over_connect_get_json() {
    every_rpc(Wire::ConnectGetJson, Version::HTTP_11, "").await;
}

#[tokio::test]
async fn every_rpc_over_connect_get_binary_on_http2_below_api() {
    every_rpc(Wire::ConnectGetProto, Version::HTTP_2, "/api").await;
}

#[tokio::test]
async fn every_rpc_over_grpc() {
    every_rpc(Wire::Grpc, Version::HTTP_2, "").await;
}

#[tokio::test]
async fn every_rpc_over_grpc_below_api() {
    every_rpc(Wire::Grpc, Version::HTTP_2, "/api").await;
}

#[tokio::test]
async fn every_rpc_over_grpc_web() {
    every_rpc(Wire::GrpcWeb, Version::HTTP_11, "").await;
}

#[tokio::test]
async fn every_rpc_over_grpc_web_on_http2_below_api() {
    every_rpc(Wire::GrpcWeb, Version::HTTP_2, "/api").await;
}

async fn every_rpc(wire: Wire, version: Version, prefix: &str) {
    let server = TestServer::start().await;
    let caller = Caller::new(WireClient::new(
        wire,
        version,
        server.url(prefix),
        ADMIN_KEY,
    ));
    schema_and_validation(&caller).await;
    environment_classes(&caller).await;
    let integration = scm_integrations(&caller, &server).await;
    host_authentication_tokens(&caller, &integration).await;
    llm_integrations(&caller, &server).await;
    delete_scm_integration(&caller, &integration).await;
    caller.assert_all_called();
}

/// Makes calls and remembers which RPCs were called.
struct Caller {
    client: WireClient,
    methods: Vec<prost_reflect::MethodDescriptor>,
    called: Mutex<BTreeSet<String>>,
}

impl Caller {
    fn new(client: WireClient) -> Self {
        let pool = DescriptorPool::decode(runner_configuration::FILE_DESCRIPTOR_SET).unwrap();
        let methods = pool
            .get_service_by_name(SERVICE)
            .unwrap()
            .methods()
            .collect();
        Self {
            client,
            methods,
            called: Mutex::default(),
        }
    }

    async fn call<Req, Res>(&self, rpc: &str, request: Req) -> Result<Res, WireError>
    where
        Req: Message + Serialize + 'static,
        Res: Message + DeserializeOwned + Default + 'static,
    {
        let method = self
            .methods
            .iter()
            .find(|method| method.name() == rpc)
            .unwrap();
        let level = method
            .options()
            .get_field_by_name("idempotency_level")
            .unwrap()
            .as_enum_number();
        let result = self.client.call(rpc, level == Some(1), request).await;
        if result.is_ok() {
            self.called.lock().unwrap().insert(rpc.to_owned());
        }
        result
    }

    fn assert_all_called(&self) {
        let all: BTreeSet<_> = self
            .methods
            .iter()
            .map(|method| method.name().to_owned())
            .collect();
        assert_eq!(all.len(), 21);
        assert_eq!(*self.called.lock().unwrap(), all);
    }
}

async fn schema_and_validation(caller: &Caller) {
    let request = GetRunnerConfigurationSchemaRequest {
        runner_id: RUNNER.into(),
    };
    let response: GetRunnerConfigurationSchemaResponse = caller
        .call("GetRunnerConfigurationSchema", request)
        .await
        .unwrap();
    assert_eq!(response.schema, Some(support::schema()));

    let class = EnvironmentClass {
        display_name: "x".into(),
        ..Default::default()
    };
    let request = ValidateRunnerConfigurationRequest {
        runner_id: RUNNER.into(),
        config: Some(validate_runner_configuration_request::Config::EnvironmentClass(class)),
    };
    let response: ValidateRunnerConfigurationResponse = caller
        .call("ValidateRunnerConfiguration", request)
        .await
        .unwrap();
    let Some(validate_runner_configuration_response::Result::EnvironmentClass(result)) =
        response.result
    else {
        panic!("{response:?}");
    };
    assert!(!result.valid);
    assert!(result.display_name_error.is_some() && result.description_error.is_some());
    let keys: Vec<_> = result
        .configuration_errors
        .iter()
        .map(|error| error.key.as_str())
        .collect();
    assert_eq!(keys, ["cpu", "memory"]);
}

fn configuration() -> Vec<FieldValue> {
    [
        ("cpu", "4"),
        ("memory", "8192"),
        ("spot", "true"),
        ("region", "eu-west-1"),
    ]
    .map(|(key, value)| FieldValue {
        key: key.into(),
        value: value.into(),
    })
    .into()
}

async fn environment_classes(caller: &Caller) {
    let mut ids = Vec::new();
    for number in 0..3 {
        let request = CreateEnvironmentClassRequest {
            runner_id: RUNNER.into(),
            display_name: format!("Größe {number}"),
            description: "Für Tests".into(),
            configuration: configuration(),
        };
        let response: CreateEnvironmentClassResponse = caller
            .call("CreateEnvironmentClass", request)
            .await
            .unwrap();
        ids.push(response.id);
    }
    let request = UpdateEnvironmentClassRequest {
        environment_class_id: ids[1].clone(),
        enabled: Some(false),
        ..Default::default()
    };
    let _: UpdateEnvironmentClassResponse = caller
        .call("UpdateEnvironmentClass", request)
        .await
        .unwrap();
    let request = GetEnvironmentClassRequest {
        environment_class_id: ids[1].clone(),
    };
    let response: GetEnvironmentClassResponse =
        caller.call("GetEnvironmentClass", request).await.unwrap();
    let expected = EnvironmentClass {
        id: ids[1].clone(),
        runner_id: RUNNER.into(),
        display_name: "Größe 1".into(),
        description: "Für Tests".into(),
        configuration: configuration(),
        enabled: false,
    };
    assert_eq!(response.environment_class, Some(expected));

    let (mut listed, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let request = ListEnvironmentClassesRequest {
            pagination: Some(PaginationRequest {
                page_size: 1,
                token,
            }),
            filter: Some(list_environment_classes_request::Filter {
                runner_ids: vec![RUNNER.into()],
                ..Default::default()
            }),
        };
        let response: ListEnvironmentClassesResponse = caller
            .call("ListEnvironmentClasses", request)
            .await
            .unwrap();
        listed.extend(
            response
                .environment_classes
                .into_iter()
                .map(|class| class.id),
        );
        token = response.pagination.unwrap_or_default().next_token;
        pages += 1;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((listed, pages), (ids, 3));

    let request = GetEnvironmentClassRequest {
        environment_class_id: "nonsense".into(),
    };
    let error = caller
        .call::<_, GetEnvironmentClassResponse>("GetEnvironmentClass", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "invalid_argument");
    assert_eq!(
        error.message,
        "environment_class_id: must be a valid UUID [string.uuid]"
    );
    let request = GetEnvironmentClassRequest {
        environment_class_id: RUNNER.into(),
    };
    let error = caller
        .call::<_, GetEnvironmentClassResponse>("GetEnvironmentClass", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "not_found");
}

async fn scm_integrations(caller: &Caller, server: &TestServer) -> String {
    let request = CreateScmIntegrationRequest {
        runner_id: RUNNER.into(),
        scm_id: "github".into(),
        host: "github.com".into(),
        oauth_client_id: Some("client".into()),
        oauth_plaintext_client_secret: Some("client secret".into()),
        pat: true,
        ..Default::default()
    };
    let response: CreateScmIntegrationResponse =
        caller.call("CreateSCMIntegration", request).await.unwrap();
    let id = response.id;
    let request = UpdateScmIntegrationRequest {
        id: id.clone(),
        issuer_url: Some("https://issuer.example.com".into()),
        ..Default::default()
    };
    let _: UpdateScmIntegrationResponse =
        caller.call("UpdateSCMIntegration", request).await.unwrap();
    let request = GetScmIntegrationRequest { id: id.clone() };
    let response: GetScmIntegrationResponse =
        caller.call("GetSCMIntegration", request).await.unwrap();
    let integration = response.integration.unwrap();
    let oauth = integration.oauth.clone().unwrap();
    assert_eq!(oauth.issuer_url, "https://issuer.example.com");
    let secret = server
        .runner_key
        .open(&oauth.encrypted_client_secret)
        .unwrap();
    assert_eq!(secret.as_slice(), b"client secret");

    let response: ListScmIntegrationsResponse = caller
        .call("ListSCMIntegrations", ListScmIntegrationsRequest::default())
        .await
        .unwrap();
    assert_eq!(response.integrations, [integration]);
    id
}

async fn host_authentication_tokens(caller: &Caller, integration: &str) {
    let expires_at = runner_configuration::Timestamp {
        seconds: 4_000_000_000,
        nanos: 5,
    };
    let request = CreateHostAuthenticationTokenRequest {
        runner_id: RUNNER.into(),
        host: "github.com".into(),
        token: "token".into(),
        refresh_token: "refresh".into(),
        source: HostAuthenticationTokenSource::Oauth.into(),
        expires_at: Some(expires_at),
        integration_id: integration.into(),
        scopes: vec!["repo".into(), "user".into()],
        ..Default::default()
    };
    let response: CreateHostAuthenticationTokenResponse = caller
        .call("CreateHostAuthenticationToken", request.clone())
        .await
        .unwrap();
    let created = response.token.unwrap();
    let error = caller
        .call::<_, CreateHostAuthenticationTokenResponse>("CreateHostAuthenticationToken", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "already_exists");

    let request = UpdateHostAuthenticationTokenRequest {
        id: created.id.clone(),
        scopes: vec!["repo".into()],
        ..Default::default()
    };
    let _: UpdateHostAuthenticationTokenResponse = caller
        .call("UpdateHostAuthenticationToken", request)
        .await
        .unwrap();
    let expected = HostAuthenticationToken {
        scopes: vec!["repo".into()],
        ..created.clone()
    };
    assert_eq!(expected.expires_at, Some(expires_at));
    let request = GetHostAuthenticationTokenRequest {
        id: created.id.clone(),
    };
    let response: GetHostAuthenticationTokenResponse = caller
        .call("GetHostAuthenticationToken", request.clone())
        .await
        .unwrap();
    assert_eq!(response.token.as_ref(), Some(&expected));
    let response: ListHostAuthenticationTokensResponse = caller
        .call(
            "ListHostAuthenticationTokens",
            ListHostAuthenticationTokensRequest::default(),
        )
        .await
        .unwrap();
    assert_eq!(response.tokens, [expected]);

    let id = created.id.clone();
    let _: DeleteHostAuthenticationTokenResponse = caller
        .call(
            "DeleteHostAuthenticationToken",
            DeleteHostAuthenticationTokenRequest { id },
        )
        .await
        .unwrap();
    let error = caller
        .call::<_, GetHostAuthenticationTokenResponse>("GetHostAuthenticationToken", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "not_found");
}

async fn llm_integrations(caller: &Caller, server: &TestServer) {
    let request = CreateLlmIntegrationRequest {
        runner_id: RUNNER.into(),
        models: vec![SupportedModel::Sonnet45.into()],
        endpoint: "https://llm.example.com".into(),
        api_key: "api key".into(),
        max_tokens: u64::MAX,
    };
    let response: CreateLlmIntegrationResponse =
        caller.call("CreateLLMIntegration", request).await.unwrap();
    let id = response.id;
    let request = UpdateLlmIntegrationRequest {
        id: id.clone(),
        request_headers: vec![LlmIntegrationRequestHeader {
            key: "x-team".into(),
            value: b"header value".to_vec(),
            header_type: LlmIntegrationRequestHeaderType::Literal.into(),
        }],
        ..Default::default()
    };
    let _: UpdateLlmIntegrationResponse =
        caller.call("UpdateLLMIntegration", request).await.unwrap();
    let response: GetLlmIntegrationResponse = caller
        .call(
            "GetLLMIntegration",
            GetLlmIntegrationRequest { id: id.clone() },
        )
        .await
        .unwrap();
    let integration = response.integration.unwrap();
    assert_eq!(integration.max_tokens, u64::MAX);
    assert_eq!(integration.provider(), LlmProvider::Anthropic);
    assert_eq!(
        server
            .runner_key
            .open(&integration.encrypted_api_key)
            .unwrap()
            .as_slice(),
        b"api key"
    );
    let header = &integration.request_headers[0];
    assert_eq!(
        server.runner_key.open(&header.value).unwrap().as_slice(),
        b"header value"
    );
    let response: ListLlmIntegrationsResponse = caller
        .call("ListLLMIntegrations", ListLlmIntegrationsRequest::default())
        .await
        .unwrap();
    assert_eq!(response.integrations, [integration]);

    let request = DeleteLlmIntegrationRequest {
        id: id.clone(),
        force: false,
    };
    let error = caller
        .call::<_, DeleteLlmIntegrationResponse>("DeleteLLMIntegration", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "failed_precondition");
    let request = DeleteLlmIntegrationRequest { id, force: true };
    let _: DeleteLlmIntegrationResponse =
        caller.call("DeleteLLMIntegration", request).await.unwrap();
}

async fn delete_scm_integration(caller: &Caller, id: &str) {
    let request = DeleteScmIntegrationRequest { id: id.into() };
    let _: DeleteScmIntegrationResponse =
        caller.call("DeleteSCMIntegration", request).await.unwrap();
    let request = GetScmIntegrationRequest { id: id.into() };
    let error = caller
        .call::<_, GetScmIntegrationResponse>("GetSCMIntegration", request)
        .await
        .unwrap_err();
    assert_eq!(error.code, "not_found");
}
