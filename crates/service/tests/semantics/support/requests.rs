//! Valid requests, for tests to change what they are about.

use runner_configuration::v1::validate_runner_configuration_request::{
    Config, ValidateScmIntegration,
};
use runner_configuration::v1::*;
use uuid::Uuid;

use super::RUNNER;

pub(crate) fn create_class() -> CreateEnvironmentClassRequest {
    CreateEnvironmentClassRequest {
        runner_id: RUNNER.to_string(),
        display_name: "Large".to_owned(),
        description: "For large projects".to_owned(),
        configuration: configuration(&[("cpu", "8"), ("memory", "16384")]),
    }
}

pub(crate) fn configuration(fields: &[(&str, &str)]) -> Vec<FieldValue> {
    let field = |(key, value): &(&str, &str)| FieldValue {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
    };
    fields.iter().map(field).collect()
}

/// The configuration of [`create_class`], and these fields.
pub(crate) fn configuration_with(fields: &[(&str, &str)]) -> Vec<FieldValue> {
    [create_class().configuration, configuration(fields)].concat()
}

pub(crate) fn update_class(id: &str) -> UpdateEnvironmentClassRequest {
    UpdateEnvironmentClassRequest {
        environment_class_id: id.to_owned(),
        ..Default::default()
    }
}

/// A token of the caller, for github.com.
pub(crate) fn create_token() -> CreateHostAuthenticationTokenRequest {
    CreateHostAuthenticationTokenRequest {
        runner_id: RUNNER.to_string(),
        host: "github.com".to_owned(),
        token: "gho_clear".to_owned(),
        source: HostAuthenticationTokenSource::Oauth.into(),
        ..Default::default()
    }
}

/// A token of this user.
pub(crate) fn create_token_for(user: Uuid) -> CreateHostAuthenticationTokenRequest {
    CreateHostAuthenticationTokenRequest {
        subject: Some(user_subject(user)),
        ..create_token()
    }
}

pub(crate) fn user_subject(id: Uuid) -> Subject {
    Subject {
        id: id.to_string(),
        principal: Principal::User.into(),
    }
}

pub(crate) fn update_token(id: &str) -> UpdateHostAuthenticationTokenRequest {
    UpdateHostAuthenticationTokenRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

/// github.com with OAuth and personal access tokens.
pub(crate) fn create_scm() -> CreateScmIntegrationRequest {
    CreateScmIntegrationRequest {
        runner_id: RUNNER.to_string(),
        scm_id: "github".to_owned(),
        host: "github.com".to_owned(),
        oauth_client_id: Some("client".to_owned()),
        oauth_plaintext_client_secret: Some("clear-secret".to_owned()),
        pat: true,
        issuer_url: None,
        virtual_directory: None,
    }
}

/// github.com with personal access tokens only.
pub(crate) fn create_scm_with_pat() -> CreateScmIntegrationRequest {
    CreateScmIntegrationRequest {
        oauth_client_id: None,
        oauth_plaintext_client_secret: None,
        ..create_scm()
    }
}

/// Azure DevOps Server below `/tfs`.
pub(crate) fn create_azure_server() -> CreateScmIntegrationRequest {
    CreateScmIntegrationRequest {
        scm_id: "azuredevops_server".to_owned(),
        host: "tfs.example.com".to_owned(),
        virtual_directory: Some("/tfs".to_owned()),
        ..create_scm()
    }
}

pub(crate) fn update_scm(id: &str) -> UpdateScmIntegrationRequest {
    UpdateScmIntegrationRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn create_llm() -> CreateLlmIntegrationRequest {
    CreateLlmIntegrationRequest {
        runner_id: RUNNER.to_string(),
        models: vec![SupportedModel::Sonnet4.into(), SupportedModel::Opus4.into()],
        endpoint: "https://api.anthropic.com".to_owned(),
        api_key: "sk-clear".to_owned(),
        max_tokens: 0,
    }
}

pub(crate) fn update_llm(id: &str) -> UpdateLlmIntegrationRequest {
    UpdateLlmIntegrationRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn validate_class(configuration: Vec<FieldValue>) -> ValidateRunnerConfigurationRequest {
    let class = EnvironmentClass {
        display_name: "Large".to_owned(),
        description: "For large projects".to_owned(),
        configuration,
        ..Default::default()
    };
    validate(Config::EnvironmentClass(class))
}

pub(crate) fn validate_scm(
    integration: ValidateScmIntegration,
) -> ValidateRunnerConfigurationRequest {
    validate(Config::ScmIntegration(integration))
}

pub(crate) fn validate(config: Config) -> ValidateRunnerConfigurationRequest {
    ValidateRunnerConfigurationRequest {
        runner_id: RUNNER.to_string(),
        config: Some(config),
    }
}

pub(crate) fn page(page_size: i32, token: &str) -> Option<PaginationRequest> {
    Some(PaginationRequest {
        page_size,
        token: token.to_owned(),
    })
}
