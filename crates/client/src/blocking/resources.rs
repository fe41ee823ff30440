//! The groups of the async client, method by method.

use runner_configuration::v1::*;

use super::Call;
use super::runtime::Runtime;

macro_rules! groups {
    ($($group:ident { $($method:ident($argument:ident: $type:ty) -> $request:ident, $response:ident;)* })*) => {
        $(
            #[doc = concat!("As [`crate::", stringify!($group), "`].")]
            #[derive(Clone, Debug)]
            pub struct $group {
                group: crate::$group,
                runtime: Runtime,
            }

            impl $group {
                pub(super) fn new(group: crate::$group, runtime: Runtime) -> Self {
                    Self { group, runtime }
                }

                $(
                    #[doc = concat!("As [`crate::", stringify!($group), "::", stringify!($method), "`].")]
                    pub fn $method(&self, $argument: $type) -> Call<$request, $response> {
                        Call::new(self.group.$method($argument), self.runtime.clone())
                    }
                )*
            }
        )*
    };
}

groups! {
    EnvironmentClasses {
        create(request: CreateEnvironmentClassRequest)
            -> CreateEnvironmentClassRequest, CreateEnvironmentClassResponse;
        get(id: impl Into<String>) -> GetEnvironmentClassRequest, GetEnvironmentClassResponse;
        list(request: ListEnvironmentClassesRequest)
            -> ListEnvironmentClassesRequest, ListEnvironmentClassesResponse;
        update(request: UpdateEnvironmentClassRequest)
            -> UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse;
    }
    HostAuthenticationTokens {
        create(request: CreateHostAuthenticationTokenRequest)
            -> CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse;
        get(id: impl Into<String>)
            -> GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse;
        list(request: ListHostAuthenticationTokensRequest)
            -> ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse;
        update(request: UpdateHostAuthenticationTokenRequest)
            -> UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse;
        delete(id: impl Into<String>)
            -> DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse;
    }
    ScmIntegrations {
        create(request: CreateScmIntegrationRequest)
            -> CreateScmIntegrationRequest, CreateScmIntegrationResponse;
        get(id: impl Into<String>) -> GetScmIntegrationRequest, GetScmIntegrationResponse;
        list(request: ListScmIntegrationsRequest)
            -> ListScmIntegrationsRequest, ListScmIntegrationsResponse;
        update(request: UpdateScmIntegrationRequest)
            -> UpdateScmIntegrationRequest, UpdateScmIntegrationResponse;
        delete(id: impl Into<String>) -> DeleteScmIntegrationRequest, DeleteScmIntegrationResponse;
    }
    LlmIntegrations {
        create(request: CreateLlmIntegrationRequest)
            -> CreateLlmIntegrationRequest, CreateLlmIntegrationResponse;
        get(id: impl Into<String>) -> GetLlmIntegrationRequest, GetLlmIntegrationResponse;
        list(request: ListLlmIntegrationsRequest)
            -> ListLlmIntegrationsRequest, ListLlmIntegrationsResponse;
        update(request: UpdateLlmIntegrationRequest)
            -> UpdateLlmIntegrationRequest, UpdateLlmIntegrationResponse;
        delete(request: DeleteLlmIntegrationRequest)
            -> DeleteLlmIntegrationRequest, DeleteLlmIntegrationResponse;
    }
    Configuration {
        schema(runner_id: impl Into<String>)
            -> GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse;
        validate(request: ValidateRunnerConfigurationRequest)
            -> ValidateRunnerConfigurationRequest, ValidateRunnerConfigurationResponse;
    }
}
