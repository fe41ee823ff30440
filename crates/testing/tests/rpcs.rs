//! Every RPC through the client that a test server hands out.

#![cfg(test)]

use runner_configuration::v1::validate_runner_configuration_request::{
    Config, ValidateScmIntegration,
};
use runner_configuration::v1::validate_runner_configuration_response::Result as Validated;
use runner_configuration::v1::*;
use runner_configuration_client::{Client, Error};
use runner_configuration_testing::{TestRunner, TestServer};

#[tokio::test]
async fn environment_classes() {
    let server = TestServer::start().await.unwrap();
    let classes = server.client().environment_classes();
    let created = classes
        .create(CreateEnvironmentClassRequest {
            runner_id: id(&server),
            display_name: "Large".into(),
            description: "For builds".into(),
            configuration: configuration(&[
                ("cpu", "8"),
                ("memory", "16384"),
                ("registryPassword", "s"),
            ]),
        })
        .await
        .unwrap();
    let update = UpdateEnvironmentClassRequest {
        environment_class_id: created.id.clone(),
        enabled: Some(false),
        ..Default::default()
    };
    classes.update(update).await.unwrap();
    let got = classes.get(&created.id).await.unwrap().environment_class;
    let got = got.unwrap();
    assert!(!got.enabled);
    assert_ne!(got.configuration[2].value, "s");
    let listed = classes.list(Default::default()).await.unwrap();
    assert_eq!(listed.environment_classes, [got]);
}

#[tokio::test]
async fn scm_integrations() {
    let server = TestServer::start().await.unwrap();
    let integrations = server.client().scm_integrations();
    let request = CreateScmIntegrationRequest {
        runner_id: id(&server),
        scm_id: "github".into(),
        host: "github.com".into(),
        oauth_client_id: Some("app".into()),
        oauth_plaintext_client_secret: Some("s3cret".into()),
        ..Default::default()
    };
    let created = integrations.create(request).await.unwrap();
    let update = UpdateScmIntegrationRequest {
        id: created.id.clone(),
        pat: Some(true),
        ..Default::default()
    };
    integrations.update(update).await.unwrap();
    let got = integrations.get(&created.id).await.unwrap().integration;
    let got = got.unwrap();
    assert!(got.pat);
    let sealed = &got.oauth.as_ref().unwrap().encrypted_client_secret;
    assert_eq!(opened(server.runner(), sealed), "s3cret");
    let listed = integrations.list(Default::default()).await.unwrap();
    assert_eq!(listed.integrations, [got]);
    integrations.delete(&created.id).await.unwrap();
    let gone = integrations.get(&created.id).await;
    assert!(gone.unwrap_err().is_not_found());
}

#[tokio::test]
async fn host_authentication_tokens() {
    let server = TestServer::start().await.unwrap();
    let tokens = server.user().client().host_authentication_tokens();
    let request = CreateHostAuthenticationTokenRequest {
        runner_id: id(&server),
        host: "github.com".into(),
        token: "t".into(),
        source: HostAuthenticationTokenSource::Pat.into(),
        ..Default::default()
    };
    let created = tokens.create(request).await.unwrap().token.unwrap();
    assert_eq!(created.subject, Some(server.user().subject()));
    let update = UpdateHostAuthenticationTokenRequest {
        id: created.id.clone(),
        scopes: vec!["repo".into()],
        ..Default::default()
    };
    tokens.update(update).await.unwrap();
    let got = tokens.get(&created.id).await.unwrap().token.unwrap();
    assert_eq!(got.scopes, ["repo"]);
    let listed = tokens.list(Default::default()).await.unwrap();
    assert_eq!(listed.tokens, [got]);
    tokens.delete(&created.id).await.unwrap();
    assert!(tokens.get(&created.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn llm_integrations() {
    let server = TestServer::start().await.unwrap();
    let integrations = server.client().llm_integrations();
    let request = CreateLlmIntegrationRequest {
        runner_id: id(&server),
        models: vec![SupportedModel::Sonnet45.into()],
        endpoint: "https://llm.example.com".into(),
        api_key: "k3y".into(),
        ..Default::default()
    };
    let created = integrations.create(request).await.unwrap();
    let update = UpdateLlmIntegrationRequest {
        id: created.id.clone(),
        max_tokens: Some(1000),
        ..Default::default()
    };
    integrations.update(update).await.unwrap();
    let got = integrations.get(&created.id).await.unwrap().integration;
    let got = got.unwrap();
    assert_eq!(got.max_tokens, 1000);
    assert_eq!(opened(server.runner(), &got.encrypted_api_key), "k3y");
    let listed = integrations.list(Default::default()).await.unwrap();
    assert_eq!(listed.integrations, [got]);
    let delete = |force| DeleteLlmIntegrationRequest {
        id: created.id.clone(),
        force,
    };
    let refused = integrations.delete(delete(false)).await.unwrap_err();
    assert!(refused.is_failed_precondition());
    integrations.delete(delete(true)).await.unwrap();
}

#[tokio::test]
async fn schema_and_validation() {
    let server = TestServer::start().await.unwrap();
    let client = server.client();
    let reply = client.configuration().schema(id(&server)).await.unwrap();
    let schema = reply.schema.unwrap();
    assert_eq!(schema.environment_classes.len(), 7);

    let class = EnvironmentClass {
        display_name: "Huge".into(),
        description: "For builds".into(),
        configuration: configuration(&[("cpu", "256"), ("memory", "1024")]),
        ..Default::default()
    };
    let validated = validate(&client, &server, Config::EnvironmentClass(class)).await;
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
    let validated = validate(&client, &server, Config::ScmIntegration(integration)).await;
    let Ok(Validated::ScmIntegration(result)) = validated else {
        panic!("{validated:?}");
    };
    assert!(result.valid);
}

async fn validate(
    client: &Client,
    server: &TestServer,
    config: Config,
) -> Result<Validated, Error> {
    let request = ValidateRunnerConfigurationRequest {
        runner_id: id(server),
        config: Some(config),
    };
    let reply = client.configuration().validate(request).await?;
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
