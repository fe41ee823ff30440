//! Texts that not every store can hold: PostgreSQL has none with the character NUL, so that the service takes none.

use runner_configuration::v1::*;

use crate::support::requests::*;
use crate::support::*;

const TEXT: &str = "/a\0b";

fn text() -> String {
    TEXT.to_owned()
}

#[tokio::test]
async fn nothing_is_created_with_nul() {
    let world = World::new().await;
    let service = &world.service;

    let request = CreateEnvironmentClassRequest {
        display_name: text(),
        description: text(),
        ..create_class()
    };
    call!(service, ADMIN, create_environment_class, request).refused_for(
        "CreateEnvironmentClassRequest",
        &["display_name", "description"],
    );
    let request = CreateEnvironmentClassRequest {
        configuration: configuration_with(&[("note", TEXT)]),
        ..create_class()
    };
    call!(service, ADMIN, create_environment_class, request)
        .refused_for("CreateEnvironmentClassRequest", &["configuration[2].value"]);

    let request = CreateHostAuthenticationTokenRequest {
        host: text(),
        ..create_token()
    };
    call!(service, ADMIN, create_host_authentication_token, request)
        .refused_for("CreateHostAuthenticationTokenRequest", &["host"]);
    let request = CreateHostAuthenticationTokenRequest {
        scopes: vec!["repo".to_owned(), text()],
        ..create_token()
    };
    call!(service, ADMIN, create_host_authentication_token, request)
        .refused_for("CreateHostAuthenticationTokenRequest", &["scopes[1]"]);

    let request = CreateScmIntegrationRequest {
        oauth_client_id: Some(text()),
        virtual_directory: Some(text()),
        ..create_azure_server()
    };
    call!(service, ADMIN, create_scm_integration, request).refused_for(
        "CreateSCMIntegrationRequest",
        &["oauth_client_id", "virtual_directory"],
    );
    for (host, issuer_url, field) in [
        ("a\0b", "https://github.com", "host"),
        ("github.com", "https://git\0hub.com", "issuer_url"),
    ] {
        let request = CreateScmIntegrationRequest {
            host: host.to_owned(),
            issuer_url: Some(issuer_url.to_owned()),
            ..create_scm()
        };
        call!(service, ADMIN, create_scm_integration, request)
            .refused_for("CreateSCMIntegrationRequest", &[field]);
    }

    let request = CreateLlmIntegrationRequest {
        endpoint: text(),
        ..create_llm()
    };
    call!(service, ADMIN, create_llm_integration, request)
        .refused_for("CreateLLMIntegrationRequest", &["endpoint"]);
}

#[tokio::test]
async fn nothing_is_changed_to_a_text_with_nul() {
    let world = World::new().await;
    let service = &world.service;

    let request = UpdateEnvironmentClassRequest {
        display_name: Some(text()),
        description: Some(text()),
        ..update_class(&world.create_class(create_class()).await)
    };
    call!(service, ADMIN, update_environment_class, request).refused_for(
        "UpdateEnvironmentClassRequest",
        &["display_name", "description"],
    );

    let request = UpdateHostAuthenticationTokenRequest {
        scopes: vec![text()],
        ..update_token(&world.create_token(create_token()).await)
    };
    call!(service, ADMIN, update_host_authentication_token, request)
        .refused_for("UpdateHostAuthenticationTokenRequest", &["scopes[0]"]);

    let request = UpdateScmIntegrationRequest {
        oauth_client_id: Some(text()),
        virtual_directory: Some(text()),
        ..update_scm(&world.create_scm(create_azure_server()).await)
    };
    world.update_scm(request).await.refused_for(
        "UpdateSCMIntegrationRequest",
        &["oauth_client_id", "virtual_directory"],
    );

    let id = world.create_llm(create_llm()).await;
    let request = UpdateLlmIntegrationRequest {
        endpoint: Some(text()),
        ..update_llm(&id)
    };
    call!(service, ADMIN, update_llm_integration, request)
        .refused_for("UpdateLLMIntegrationRequest", &["endpoint"]);
    let request = UpdateLlmIntegrationRequest {
        request_headers: vec![LlmIntegrationRequestHeader {
            key: text(),
            value: b"a\0b".to_vec(),
            ..Default::default()
        }],
        ..update_llm(&id)
    };
    call!(service, ADMIN, update_llm_integration, request)
        .refused_for("UpdateLLMIntegrationRequest", &["request_headers[0].key"]);
}

/// Validate says what Create would.
#[tokio::test]
async fn a_text_with_nul_is_not_valid() {
    let world = World::new().await;
    let mut request = validate_class(configuration_with(&[("note", TEXT)]));
    if let Some(validate_runner_configuration_request::Config::EnvironmentClass(class)) =
        &mut request.config
    {
        class.display_name = text();
        class.description = text();
    }
    let reply = call!(world.service, ADMIN, validate_runner_configuration, request).unwrap();
    let Some(validate_runner_configuration_response::Result::EnvironmentClass(found)) =
        reply.result
    else {
        panic!("{:?}", reply.result);
    };
    let wrong = Some("must not contain the character NUL (U+0000)");
    assert!(!found.valid);
    assert_eq!(found.display_name_error.as_deref(), wrong);
    assert_eq!(found.description_error.as_deref(), wrong);
    let errors = found.configuration_errors;
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (errors[0].key.as_str(), Some(errors[0].error.as_str())),
        ("note", wrong)
    );
}
