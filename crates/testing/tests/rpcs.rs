//! Every RPC over every protocol, through the client, against the reference service.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::sync::Mutex;

use prost_reflect::{DescriptorPool, MethodDescriptor};
use runner_configuration::v1::validate_runner_configuration_request::{
    Config, ValidateScmIntegration,
};
use runner_configuration::v1::validate_runner_configuration_response::Result as Validated;
use runner_configuration::v1::*;
use runner_configuration_client::rpc::Message;
use runner_configuration_client::{Call, Client, Codec, Error, Protocol};
use runner_configuration_testing::{TestCaller, TestRunner, TestServer};
use support::seen;

/// What a client is told to speak; then the content type of replies, and by which protocols the server is to be called: for
/// RPCs without side effects, and for the others.
const PROTOCOLS: [(Protocol, &str, [&str; 2]); 5] = [
    (
        connect(Codec::Proto, false),
        "application/proto",
        ["connect"; 2],
    ),
    (
        connect(Codec::Json, false),
        "application/json",
        ["connect"; 2],
    ),
    (
        connect(Codec::Proto, true),
        "application/proto",
        ["connect-get", "connect"],
    ),
    (
        connect(Codec::Json, true),
        "application/json",
        ["connect-get", "connect"],
    ),
    (Protocol::Grpc, "application/grpc", ["grpc"; 2]),
];

const fn connect(codec: Codec, get: bool) -> Protocol {
    Protocol::Connect { codec, get }
}

#[tokio::test]
async fn every_rpc_is_answered_over_every_protocol() {
    seen::watch();
    for (protocol, content_type, protocols) in PROTOCOLS {
        let server = TestServer::start().await.unwrap();
        let caller = Caller {
            protocol,
            content_type,
            protocols,
            rpcs: rpcs(),
            answered: Mutex::default(),
        };
        environment_classes(&server, &caller).await;
        scm_integrations(&server, &caller).await;
        host_authentication_tokens(&server, &caller).await;
        llm_integrations(&server, &caller).await;
        schema_and_validation(&server, &caller).await;
        let all: BTreeSet<_> = caller
            .rpcs
            .iter()
            .map(|rpc| rpc.name().to_owned())
            .collect();
        assert_eq!(all.len(), 21);
        assert_eq!(caller.answered.into_inner().unwrap(), all, "{protocol:?}");
    }
}

/// All RPCs of the contract.
fn rpcs() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(runner_configuration::FILE_DESCRIPTOR_SET).unwrap();
    let service = pool.get_service_by_name("gitpod.v1.RunnerConfigurationService");
    service.unwrap().methods().collect()
}

fn has_no_side_effects(rpc: &MethodDescriptor) -> bool {
    let options = rpc.options();
    let level = options.get_field_by_name("idempotency_level").unwrap();
    level.as_enum_number() == Some(1)
}

/// Makes calls over one protocol, and remembers which RPCs were answered.
struct Caller {
    protocol: Protocol,
    content_type: &'static str,
    protocols: [&'static str; 2],
    rpcs: Vec<MethodDescriptor>,
    answered: Mutex<BTreeSet<String>>,
}

impl Caller {
    fn client(&self, caller: &TestCaller) -> Client {
        let builder = caller.client_builder().protocol(self.protocol);
        builder.build().unwrap()
    }

    /// Makes a call. Reply and server have to agree that it went over the protocol.
    async fn call<Req: Message, Res: Message>(&self, call: Call<Req, Res>) -> Result<Res, Error> {
        let response = call.response().await?;
        assert_eq!(response.headers["content-type"], self.content_type);
        let request_id = response.headers["x-request-id"].to_str().unwrap();
        let seen = seen::seen(request_id);
        let rpc = self.rpcs.iter().find(|rpc| rpc.name() == seen.rpc).unwrap();
        let [reading, changing] = self.protocols;
        let protocol = if has_no_side_effects(rpc) {
            reading
        } else {
            changing
        };
        assert_eq!(seen.protocol, protocol, "{}", seen.rpc);
        self.answered.lock().unwrap().insert(seen.rpc);
        Ok(response.message)
    }
}

async fn environment_classes(server: &TestServer, caller: &Caller) {
    let classes = caller.client(server.admin()).environment_classes();
    let created = caller
        .call(classes.create(CreateEnvironmentClassRequest {
            runner_id: id(server),
            display_name: "Large".into(),
            description: "For builds".into(),
            configuration: configuration(&[
                ("cpu", "8"),
                ("memory", "16384"),
                ("registryPassword", "s"),
            ]),
        }))
        .await
        .unwrap();
    let update = UpdateEnvironmentClassRequest {
        environment_class_id: created.id.clone(),
        enabled: Some(false),
        ..Default::default()
    };
    caller.call(classes.update(update)).await.unwrap();
    let got = caller
        .call(classes.get(&created.id))
        .await
        .unwrap()
        .environment_class;
    let got = got.unwrap();
    assert!(!got.enabled);
    assert_ne!(got.configuration[2].value, "s");
    let listed = caller.call(classes.list(Default::default())).await.unwrap();
    assert_eq!(listed.environment_classes, [got]);
}

async fn scm_integrations(server: &TestServer, caller: &Caller) {
    let integrations = caller.client(server.admin()).scm_integrations();
    let request = CreateScmIntegrationRequest {
        runner_id: id(server),
        scm_id: "github".into(),
        host: "github.com".into(),
        oauth_client_id: Some("app".into()),
        oauth_plaintext_client_secret: Some("s3cret".into()),
        ..Default::default()
    };
    let created = caller.call(integrations.create(request)).await.unwrap();
    let update = UpdateScmIntegrationRequest {
        id: created.id.clone(),
        pat: Some(true),
        ..Default::default()
    };
    caller.call(integrations.update(update)).await.unwrap();
    let got = caller
        .call(integrations.get(&created.id))
        .await
        .unwrap()
        .integration;
    let got = got.unwrap();
    assert!(got.pat);
    let sealed = &got.oauth.as_ref().unwrap().encrypted_client_secret;
    assert_eq!(opened(server.runner(), sealed), "s3cret");
    let listed = caller
        .call(integrations.list(Default::default()))
        .await
        .unwrap();
    assert_eq!(listed.integrations, [got]);
    caller.call(integrations.delete(&created.id)).await.unwrap();
    let gone = caller.call(integrations.get(&created.id)).await;
    assert!(gone.unwrap_err().is_not_found());
}

async fn host_authentication_tokens(server: &TestServer, caller: &Caller) {
    let tokens = caller.client(server.user()).host_authentication_tokens();
    let request = CreateHostAuthenticationTokenRequest {
        runner_id: id(server),
        host: "github.com".into(),
        token: "t".into(),
        source: HostAuthenticationTokenSource::Pat.into(),
        ..Default::default()
    };
    let created = caller
        .call(tokens.create(request))
        .await
        .unwrap()
        .token
        .unwrap();
    assert_eq!(created.subject, Some(server.user().subject()));
    let update = UpdateHostAuthenticationTokenRequest {
        id: created.id.clone(),
        scopes: vec!["repo".into()],
        ..Default::default()
    };
    caller.call(tokens.update(update)).await.unwrap();
    let got = caller
        .call(tokens.get(&created.id))
        .await
        .unwrap()
        .token
        .unwrap();
    assert_eq!(got.scopes, ["repo"]);
    let listed = caller.call(tokens.list(Default::default())).await.unwrap();
    assert_eq!(listed.tokens, [got]);
    caller.call(tokens.delete(&created.id)).await.unwrap();
    assert!(
        caller
            .call(tokens.get(&created.id))
            .await
            .unwrap_err()
            .is_not_found()
    );
}

async fn llm_integrations(server: &TestServer, caller: &Caller) {
    let integrations = caller.client(server.admin()).llm_integrations();
    let request = CreateLlmIntegrationRequest {
        runner_id: id(server),
        models: vec![SupportedModel::Sonnet45.into()],
        endpoint: "https://llm.example.com".into(),
        api_key: "k3y".into(),
        ..Default::default()
    };
    let created = caller.call(integrations.create(request)).await.unwrap();
    let update = UpdateLlmIntegrationRequest {
        id: created.id.clone(),
        max_tokens: Some(1000),
        ..Default::default()
    };
    caller.call(integrations.update(update)).await.unwrap();
    let got = caller
        .call(integrations.get(&created.id))
        .await
        .unwrap()
        .integration;
    let got = got.unwrap();
    assert_eq!(got.max_tokens, 1000);
    assert_eq!(opened(server.runner(), &got.encrypted_api_key), "k3y");
    let listed = caller
        .call(integrations.list(Default::default()))
        .await
        .unwrap();
    assert_eq!(listed.integrations, [got]);
    let delete = |force| DeleteLlmIntegrationRequest {
        id: created.id.clone(),
        force,
    };
    let refused = caller
        .call(integrations.delete(delete(false)))
        .await
        .unwrap_err();
    assert!(refused.is_failed_precondition());
    caller
        .call(integrations.delete(delete(true)))
        .await
        .unwrap();
    let gone = caller.call(integrations.get(&created.id)).await;
    assert!(gone.unwrap_err().is_not_found());
}

async fn schema_and_validation(server: &TestServer, caller: &Caller) {
    let client = caller.client(server.admin());
    let reply = caller
        .call(client.configuration().schema(id(server)))
        .await
        .unwrap();
    let schema = reply.schema.unwrap();
    assert_eq!(schema.environment_classes.len(), 7);

    let class = EnvironmentClass {
        display_name: "Huge".into(),
        description: "For builds".into(),
        configuration: configuration(&[("cpu", "256"), ("memory", "1024")]),
        ..Default::default()
    };
    let validated = validate(server, caller, Config::EnvironmentClass(class)).await;
    let Ok(Validated::EnvironmentClass(result)) = validated else {
        panic!("{validated:?}");
    };
    let wrong: Vec<_> = result
        .configuration_errors
        .iter()
        .map(|it| &it.key)
        .collect();
    assert_eq!(wrong, ["cpu"]);

    let integration = ValidateScmIntegration {
        scm_id: "gitlab".into(),
        host: "gitlab.com".into(),
        pat: true,
        ..Default::default()
    };
    let validated = validate(server, caller, Config::ScmIntegration(integration)).await;
    let Ok(Validated::ScmIntegration(result)) = validated else {
        panic!("{validated:?}");
    };
    assert!(result.valid);
}

async fn validate(
    server: &TestServer,
    caller: &Caller,
    config: Config,
) -> Result<Validated, Error> {
    let client = caller.client(server.admin());
    let request = ValidateRunnerConfigurationRequest {
        runner_id: id(server),
        config: Some(config),
    };
    let reply = caller
        .call(client.configuration().validate(request))
        .await?;
    Ok(reply.result.unwrap())
}

fn id(server: &TestServer) -> String {
    server.runner().id().to_owned()
}

fn configuration(fields: &[(&str, &str)]) -> Vec<FieldValue> {
    let field = |(key, value): &(&str, &str)| FieldValue {
        key: (*key).into(),
        value: (*value).into(),
    };
    fields.iter().map(field).collect()
}

fn opened(runner: &TestRunner, sealed: &[u8]) -> String {
    String::from_utf8(runner.open(sealed).unwrap()).unwrap()
}
