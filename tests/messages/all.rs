//! All messages of the API that have Rust types.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;
use runner_configuration::{FILE_DESCRIPTOR_SET, v1};

use crate::types::{MessageType, message_types, messages_of};

pub(crate) fn pool() -> DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap());
    POOL.clone()
}

/// Hands the Rust types of all messages to a macro; `v1` has to be in scope.
macro_rules! all_messages {
    ($macro:ident) => {
        $macro![
            v1::Subject,
            v1::PaginationRequest,
            v1::PaginationResponse,
            v1::CreateHostAuthenticationTokenRequest,
            v1::CreateHostAuthenticationTokenResponse,
            v1::HostAuthenticationToken,
            v1::GetHostAuthenticationTokenRequest,
            v1::GetHostAuthenticationTokenResponse,
            v1::ListHostAuthenticationTokensRequest,
            v1::list_host_authentication_tokens_request::Filter,
            v1::ListHostAuthenticationTokensResponse,
            v1::UpdateHostAuthenticationTokenRequest,
            v1::UpdateHostAuthenticationTokenResponse,
            v1::DeleteHostAuthenticationTokenRequest,
            v1::DeleteHostAuthenticationTokenResponse,
            v1::FieldValue,
            v1::FieldValueUpdate,
            v1::GetRunnerConfigurationSchemaRequest,
            v1::GetRunnerConfigurationSchemaResponse,
            v1::CreateScmIntegrationRequest,
            v1::CreateScmIntegrationResponse,
            v1::ScmIntegrationOAuthConfig,
            v1::ScmIntegration,
            v1::GetScmIntegrationRequest,
            v1::GetScmIntegrationResponse,
            v1::ListScmIntegrationsRequest,
            v1::list_scm_integrations_request::Filter,
            v1::ListScmIntegrationsResponse,
            v1::UpdateScmIntegrationRequest,
            v1::UpdateScmIntegrationResponse,
            v1::DeleteScmIntegrationRequest,
            v1::DeleteScmIntegrationResponse,
            v1::EnvironmentClass,
            v1::CreateEnvironmentClassRequest,
            v1::CreateEnvironmentClassResponse,
            v1::GetEnvironmentClassRequest,
            v1::GetEnvironmentClassResponse,
            v1::ListEnvironmentClassesRequest,
            v1::list_environment_classes_request::Filter,
            v1::ListEnvironmentClassesResponse,
            v1::UpdateEnvironmentClassRequest,
            v1::UpdateEnvironmentClassResponse,
            v1::ValidateRunnerConfigurationRequest,
            v1::validate_runner_configuration_request::ValidateScmIntegration,
            v1::FieldValidationError,
            v1::EnvironmentClassValidationResult,
            v1::ScmIntegrationValidationResult,
            v1::ValidateRunnerConfigurationResponse,
            v1::RunnerConfigurationSchema,
            v1::runner_configuration_schema::StringField,
            v1::runner_configuration_schema::BoolField,
            v1::runner_configuration_schema::IntField,
            v1::runner_configuration_schema::EnumField,
            v1::runner_configuration_schema::enum_field::Value,
            v1::runner_configuration_schema::DisplayField,
            v1::runner_configuration_schema::Field,
            v1::runner_configuration_schema::OAuth,
            v1::runner_configuration_schema::PersonalAccessToken,
            v1::runner_configuration_schema::ScmConfigSchema,
            v1::LlmIntegrationRequestHeader,
            v1::LlmIntegration,
            v1::CreateLlmIntegrationRequest,
            v1::CreateLlmIntegrationResponse,
            v1::GetLlmIntegrationRequest,
            v1::GetLlmIntegrationResponse,
            v1::ListLlmIntegrationsRequest,
            v1::list_llm_integrations_request::Filter,
            v1::ListLlmIntegrationsResponse,
            v1::UpdateLlmIntegrationRequest,
            v1::UpdateLlmIntegrationResponse,
            v1::DeleteLlmIntegrationRequest,
            v1::DeleteLlmIntegrationResponse,
        ]
    };
}
pub(crate) use all_messages;

pub(crate) fn all() -> Vec<MessageType> {
    all_messages!(message_types)
}

#[test]
fn no_message_is_missing() {
    let known = all();
    let messages = messages_of(&pool(), "gitpod.v1");
    for message in &messages {
        let name = message.full_name();
        assert!(known.iter().any(|known| known.full_name == name), "{name}");
    }
    assert_eq!(known.len(), messages.len());
}
