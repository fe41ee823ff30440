//! Every RPC over every protocol, against the server's stubs.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]
#![expect(clippy::needless_update, reason = "some samples set every field")]

mod support;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use prost::Message as _;
use runner_configuration::Timestamp;
use runner_configuration::v1::*;
use runner_configuration_client::rpc::{Call, Message};
use runner_configuration_client::{Client, Codec, Protocol};
use runner_configuration_server::{Reply, RunnerConfigurationService, rpc, service};
use tonic::{Request, Status};

const ID: &str = "d2c94c27-3b76-4a42-b88c-95a85e392c68";

/// Notes each request and answers with a sample.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Recorded>>>);

/// The name of an RPC, the method of the trait; the message; and the protocol.
type Recorded = (&'static str, Vec<u8>, rpc::Protocol);

macro_rules! recorder {
    ($($method:ident, $request:ident, $response:ident;)*) => {
        impl RunnerConfigurationService for Recorder {
            $(async fn $method(&self, request: Request<$request>) -> Result<Reply<$response>, Status> {
                let protocol = request.extensions().get::<rpc::Context>().unwrap().protocol();
                let message = request.get_ref().encode_to_vec();
                self.0.lock().unwrap().push((stringify!($method), message, protocol));
                Ok($response::sample().into())
            })*
        }
    };
}

recorder! {
    create_host_authentication_token, CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse;
    get_host_authentication_token, GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse;
    list_host_authentication_tokens, ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse;
    update_host_authentication_token, UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse;
    delete_host_authentication_token, DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse;
    get_runner_configuration_schema, GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse;
    create_scm_integration, CreateScmIntegrationRequest, CreateScmIntegrationResponse;
    get_scm_integration, GetScmIntegrationRequest, GetScmIntegrationResponse;
    list_scm_integrations, ListScmIntegrationsRequest, ListScmIntegrationsResponse;
    update_scm_integration, UpdateScmIntegrationRequest, UpdateScmIntegrationResponse;
    delete_scm_integration, DeleteScmIntegrationRequest, DeleteScmIntegrationResponse;
    create_environment_class, CreateEnvironmentClassRequest, CreateEnvironmentClassResponse;
    get_environment_class, GetEnvironmentClassRequest, GetEnvironmentClassResponse;
    list_environment_classes, ListEnvironmentClassesRequest, ListEnvironmentClassesResponse;
    update_environment_class, UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse;
    validate_runner_configuration, ValidateRunnerConfigurationRequest, ValidateRunnerConfigurationResponse;
    create_llm_integration, CreateLlmIntegrationRequest, CreateLlmIntegrationResponse;
    get_llm_integration, GetLlmIntegrationRequest, GetLlmIntegrationResponse;
    list_llm_integrations, ListLlmIntegrationsRequest, ListLlmIntegrationsResponse;
    update_llm_integration, UpdateLlmIntegrationRequest, UpdateLlmIntegrationResponse;
    delete_llm_integration, DeleteLlmIntegrationRequest, DeleteLlmIntegrationResponse;
}

/// A message with something in it.
trait Sample: Default {
    fn sample() -> Self {
        Self::default()
    }
}

macro_rules! samples {
    ($($message:ident { $($field:ident: $value:expr),* };)*) => {
        $(impl Sample for $message {
            fn sample() -> Self {
                Self { $($field: $value,)* ..Default::default() }
            }
        })*
    };
}

fn id() -> String {
    ID.to_owned()
}

fn text() -> String {
    "a \"quoted\" täxt, / + ?&=\u{1}".to_owned()
}

fn page() -> Option<PaginationRequest> {
    Some(PaginationRequest {
        token: "t+/=".to_owned(),
        page_size: 7,
    })
}

fn next_page() -> Option<PaginationResponse> {
    Some(PaginationResponse {
        next_token: "t+/=".to_owned(),
    })
}

samples! {
    CreateHostAuthenticationTokenRequest {
        runner_id: id(), host: text(), token: text(), source: 2, scopes: vec![text(), text()],
        expires_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 5 })
    };
    CreateHostAuthenticationTokenResponse { token: Some(HostAuthenticationToken::sample()) };
    HostAuthenticationToken { id: id(), host: text(), scopes: vec![text()], source: 9 };
    GetHostAuthenticationTokenRequest { id: id() };
    GetHostAuthenticationTokenResponse { token: Some(HostAuthenticationToken::sample()) };
    ListHostAuthenticationTokensRequest { pagination: page() };
    ListHostAuthenticationTokensResponse {
        tokens: vec![HostAuthenticationToken::sample()], pagination: next_page()
    };
    UpdateHostAuthenticationTokenRequest { id: id(), token: Some(text()), refresh_token: Some(String::new()) };
    UpdateHostAuthenticationTokenResponse {};
    DeleteHostAuthenticationTokenRequest { id: id() };
    DeleteHostAuthenticationTokenResponse {};
    GetRunnerConfigurationSchemaRequest { runner_id: id() };
    GetRunnerConfigurationSchemaResponse { schema: Some(RunnerConfigurationSchema::sample()) };
    RunnerConfigurationSchema { version: text() };
    CreateScmIntegrationRequest {
        runner_id: id(), scm_id: text(), host: text(), pat: true, oauth_plaintext_client_secret: Some(text())
    };
    CreateScmIntegrationResponse { id: id() };
    ScmIntegration {
        id: id(),
        oauth: Some(ScmIntegrationOAuthConfig {
            encrypted_client_secret: vec![0, 255, 62, 63], ..Default::default()
        })
    };
    GetScmIntegrationRequest { id: id() };
    GetScmIntegrationResponse { integration: Some(ScmIntegration::sample()) };
    ListScmIntegrationsRequest { pagination: page() };
    ListScmIntegrationsResponse { integrations: vec![ScmIntegration::sample()], pagination: next_page() };
    UpdateScmIntegrationRequest { id: id(), pat: Some(false) };
    UpdateScmIntegrationResponse {};
    DeleteScmIntegrationRequest { id: id() };
    DeleteScmIntegrationResponse {};
    EnvironmentClass {
        id: id(), display_name: text(), enabled: true,
        configuration: vec![FieldValue { key: text(), value: text() }]
    };
    CreateEnvironmentClassRequest {
        runner_id: id(), display_name: text(), description: text(),
        configuration: vec![FieldValue { key: text(), value: text() }]
    };
    CreateEnvironmentClassResponse { id: id() };
    GetEnvironmentClassRequest { environment_class_id: id() };
    GetEnvironmentClassResponse { environment_class: Some(EnvironmentClass::sample()) };
    ListEnvironmentClassesRequest {
        pagination: page(),
        filter: Some(list_environment_classes_request::Filter {
            runner_ids: vec![id()], enabled: Some(false), ..Default::default()
        })
    };
    ListEnvironmentClassesResponse {
        environment_classes: vec![EnvironmentClass::sample(); 30], pagination: next_page()
    };
    UpdateEnvironmentClassRequest { environment_class_id: id(), enabled: Some(false) };
    UpdateEnvironmentClassResponse {};
    ValidateRunnerConfigurationRequest {
        runner_id: id(),
        config: Some(validate_runner_configuration_request::Config::EnvironmentClass(EnvironmentClass::sample()))
    };
    ValidateRunnerConfigurationResponse {
        result: Some(validate_runner_configuration_response::Result::EnvironmentClass(
            EnvironmentClassValidationResult { display_name_error: Some(text()), ..Default::default() }
        ))
    };
    CreateLlmIntegrationRequest { runner_id: id(), models: vec![1], api_key: text(), max_tokens: u64::MAX };
    CreateLlmIntegrationResponse { id: id() };
    LlmIntegration { id: id(), max_tokens: u64::MAX };
    GetLlmIntegrationRequest { id: id() };
    GetLlmIntegrationResponse { integration: Some(LlmIntegration::sample()) };
    ListLlmIntegrationsRequest { pagination: page() };
    ListLlmIntegrationsResponse { integrations: vec![LlmIntegration::sample()], pagination: next_page() };
    UpdateLlmIntegrationRequest { id: id(), endpoint: Some(text()) };
    UpdateLlmIntegrationResponse {};
    DeleteLlmIntegrationRequest { id: id(), force: true };
    DeleteLlmIntegrationResponse {};
}

/// A key that is asked for, and shown by nobody.
const KEY: &str = "hunter2";

struct OneKey;

impl runner_configuration_server::Authenticate for OneKey {
    type Caller = ();

    async fn authenticate(&self, headers: &http::HeaderMap) -> Result<(), Status> {
        match headers.get(http::header::AUTHORIZATION) {
            Some(value) if *value == format!("Bearer {KEY}") => Ok(()),
            _ => Err(Status::unauthenticated("a key is needed")),
        }
    }
}

async fn start(implementation: impl RunnerConfigurationService) -> String {
    let router = service(implementation).authenticate(OneKey).into_router();
    format!("http://{}", support::serve(router).await)
}

const fn connect(codec: Codec, get: bool) -> Protocol {
    Protocol::Connect { codec, get }
}

const PROTOCOLS: [(Protocol, rpc::Protocol, rpc::Protocol); 5] = {
    use rpc::Codec::{Json, Proto};
    use rpc::Protocol::{Connect, ConnectGet, Grpc};
    [
        (connect(Codec::Proto, false), Connect(Proto), Connect(Proto)),
        (connect(Codec::Json, false), Connect(Json), Connect(Json)),
        (
            connect(Codec::Proto, true),
            Connect(Proto),
            ConnectGet(Proto),
        ),
        (connect(Codec::Json, true), Connect(Json), ConnectGet(Json)),
        (Protocol::Grpc, Grpc, Grpc),
    ]
};

fn client(base_url: &str, protocol: Protocol) -> Client {
    let builder = Client::builder().base_url(base_url).api_key(KEY);
    builder.protocol(protocol).build().unwrap()
}

/// Makes a call whose request is a sample, and compares what arrives on both sides.
async fn check<Req, Res>(
    recorder: &Recorder,
    call: impl FnOnce(Req) -> Call<Req, Res>,
    method: &str,
    protocol: rpc::Protocol,
) where
    Req: Message + Sample,
    Res: Message + Sample + PartialEq + Debug,
{
    let reply = call(Req::sample()).await.unwrap();
    assert!(reply == Res::sample(), "{method} {protocol:?}: {reply:?}");
    let (name, message, came_by) = recorder.0.lock().unwrap().pop().unwrap();
    assert_eq!((name, came_by), (method, protocol));
    assert_eq!(
        message,
        Req::sample().encode_to_vec(),
        "{method} {protocol:?}"
    );
}

#[tokio::test]
async fn every_rpc_goes_over_every_protocol() {
    let recorder = Recorder::default();
    let base_url = start(recorder.clone()).await;
    for (protocol, changing, reading) in PROTOCOLS {
        for prefix in ["", "/api"] {
            let client = client(&format!("{base_url}{prefix}"), protocol);
            let rpcs = client.rpcs();
            macro_rules! check_all {
                ($($method:ident $protocol:ident,)*) => {
                    $(check(&recorder, |request| rpcs.$method(request), stringify!($method), $protocol).await;)*
                };
            }
            check_all! {
                create_host_authentication_token changing,
                get_host_authentication_token reading,
                list_host_authentication_tokens reading,
                update_host_authentication_token changing,
                delete_host_authentication_token changing,
                get_runner_configuration_schema reading,
                create_scm_integration changing,
                get_scm_integration reading,
                list_scm_integrations reading,
                update_scm_integration changing,
                delete_scm_integration changing,
                create_environment_class changing,
                get_environment_class reading,
                list_environment_classes reading,
                update_environment_class changing,
                validate_runner_configuration changing,
                create_llm_integration changing,
                get_llm_integration reading,
                list_llm_integrations reading,
                update_llm_integration changing,
                delete_llm_integration changing,
            }
        }
    }
}

#[tokio::test]
async fn compressed_requests_arrive_as_they_were() {
    let recorder = Recorder::default();
    let base_url = start(recorder.clone()).await;
    for (protocol, changing, reading) in PROTOCOLS {
        // Below and above the size of the messages.
        for from_bytes in [0, 1_000_000] {
            let builder = Client::builder().base_url(&*base_url).api_key(KEY);
            let builder = builder.protocol(protocol).compress_requests(from_bytes);
            let rpcs = builder.build().unwrap().rpcs().clone();
            let create = |request| rpcs.create_environment_class(request);
            check(&recorder, create, "create_environment_class", changing).await;
            let list = |request| rpcs.list_environment_classes(request);
            check(&recorder, list, "list_environment_classes", reading).await;
        }
    }
}

#[tokio::test]
async fn groups_call_the_rpcs_of_their_resource() {
    let recorder = Recorder::default();
    let client = client(&start(recorder.clone()).await, Protocol::default());
    let protocol = rpc::Protocol::Connect(rpc::Codec::Proto);
    macro_rules! check_all {
        ($($group:ident.$method:ident($($request:ident.$field:ident)?) $rpc:ident;)*) => {
            $(check(&recorder, |request $(: $request)?| client.$group().$method(request $(.$field)?), stringify!($rpc), protocol).await;)*
        };
    }
    check_all! {
        environment_classes.create() create_environment_class;
        environment_classes.get(GetEnvironmentClassRequest.environment_class_id) get_environment_class;
        environment_classes.list() list_environment_classes;
        environment_classes.update() update_environment_class;
        host_authentication_tokens.create() create_host_authentication_token;
        host_authentication_tokens.get(GetHostAuthenticationTokenRequest.id) get_host_authentication_token;
        host_authentication_tokens.list() list_host_authentication_tokens;
        host_authentication_tokens.update() update_host_authentication_token;
        host_authentication_tokens.delete(DeleteHostAuthenticationTokenRequest.id) delete_host_authentication_token;
        scm_integrations.create() create_scm_integration;
        scm_integrations.get(GetScmIntegrationRequest.id) get_scm_integration;
        scm_integrations.list() list_scm_integrations;
        scm_integrations.update() update_scm_integration;
        scm_integrations.delete(DeleteScmIntegrationRequest.id) delete_scm_integration;
        llm_integrations.create() create_llm_integration;
        llm_integrations.get(GetLlmIntegrationRequest.id) get_llm_integration;
        llm_integrations.list() list_llm_integrations;
        llm_integrations.update() update_llm_integration;
        llm_integrations.delete() delete_llm_integration;
        configuration.schema(GetRunnerConfigurationSchemaRequest.runner_id) get_runner_configuration_schema;
        configuration.validate() validate_runner_configuration;
    }
}

#[tokio::test]
async fn errors_carry_code_text_and_violations() {
    let base_url = start(Recorder::default()).await;
    for (protocol, ..) in PROTOCOLS {
        let client = client(&base_url, protocol);
        let error = client.environment_classes().get("x").await.unwrap_err();
        assert!(
            error.is_invalid_argument() && error.is_from_server(),
            "{protocol:?}"
        );
        let violations = error.violations().unwrap();
        assert_eq!(
            violations.to_string(),
            "environment_class_id: must be a valid UUID [string.uuid]"
        );
        assert_eq!(error.message(), violations.to_string());
        assert_eq!(error.details().len(), 1);
        assert_eq!(error.headers()["x-should-retry"], "false");
    }
}

#[tokio::test]
async fn the_key_is_sent_and_not_shown() {
    let base_url = start(Recorder::default()).await;
    for (protocol, ..) in PROTOCOLS {
        let right = client(&base_url, protocol);
        assert!(right.environment_classes().get(ID).await.is_ok());
        let builder = Client::builder().base_url(&*base_url).protocol(protocol);
        let error = builder.build().unwrap().environment_classes().get(ID).await;
        let error = error.unwrap_err();
        assert!(error.is_unauthenticated());
        assert_eq!(error.to_string(), "unauthenticated: a key is needed");
        let shown = format!(
            "{right:?} {error:?} {:?}",
            right.environment_classes().get(ID)
        );
        assert!(!shown.contains(KEY));
    }
}
