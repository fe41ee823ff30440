//! The groups of the async client, method by method.

use runner_configuration::v1::*;

use super::Call;
use super::runtime::Runtime;

macro_rules! groups {
    ($($group:ident $accessor:ident { $($method:ident($argument:ident: $type:ty) -> $request:ident, $response:ident, $example:literal;)* })*) => {
        $(
            #[doc = concat!("As [`crate::", stringify!($group), "`].")]
            ///
            /// ```no_run
            /// # fn main() -> Result<(), runner_configuration_client::Error> {
            /// let client = runner_configuration_client::blocking::Client::from_env()?;
            #[doc = concat!("let group = client.", stringify!($accessor), "();")]
            /// # Ok(())
            /// # }
            /// ```
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
                    ///
                    /// ```
                    /// # use runner_configuration::v1::*;
                    /// # use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
                    /// # use runner_configuration_client::{Client, blocking};
                    /// # fn main() -> Result<(), runner_configuration_client::Error> {
                    #[doc = concat!("# let answer = |_: UnaryRequest| UnaryResponse::encode(&", stringify!($response), "::default());")]
                    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
                    #[doc = concat!("let ", stringify!($argument), " = ", $example, ";")]
                    #[doc = concat!("let reply = client.", stringify!($accessor), "().", stringify!($method), "(", stringify!($argument), ").send()?;")]
                    /// # Ok(())
                    /// # }
                    /// ```
                    pub fn $method(&self, $argument: $type) -> Call<$request, $response> {
                        Call::new(self.group.$method($argument), self.runtime.clone())
                    }
                )*
            }
        )*
    };
}

groups! {
    EnvironmentClasses environment_classes {
        create(request: CreateEnvironmentClassRequest)
            -> CreateEnvironmentClassRequest, CreateEnvironmentClassResponse, "CreateEnvironmentClassRequest::default()";
        get(id: impl Into<String>) -> GetEnvironmentClassRequest, GetEnvironmentClassResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
        list(request: ListEnvironmentClassesRequest)
            -> ListEnvironmentClassesRequest, ListEnvironmentClassesResponse, "ListEnvironmentClassesRequest::default()";
        update(request: UpdateEnvironmentClassRequest)
            -> UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse, "UpdateEnvironmentClassRequest::default()";
    }
    HostAuthenticationTokens host_authentication_tokens {
        create(request: CreateHostAuthenticationTokenRequest)
            -> CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse, "CreateHostAuthenticationTokenRequest::default()";
        get(id: impl Into<String>)
            -> GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
        list(request: ListHostAuthenticationTokensRequest)
            -> ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse, "ListHostAuthenticationTokensRequest::default()";
        update(request: UpdateHostAuthenticationTokenRequest)
            -> UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse, "UpdateHostAuthenticationTokenRequest::default()";
        delete(id: impl Into<String>)
            -> DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
    }
    ScmIntegrations scm_integrations {
        create(request: CreateScmIntegrationRequest)
            -> CreateScmIntegrationRequest, CreateScmIntegrationResponse, "CreateScmIntegrationRequest::default()";
        get(id: impl Into<String>) -> GetScmIntegrationRequest, GetScmIntegrationResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
        list(request: ListScmIntegrationsRequest)
            -> ListScmIntegrationsRequest, ListScmIntegrationsResponse, "ListScmIntegrationsRequest::default()";
        update(request: UpdateScmIntegrationRequest)
            -> UpdateScmIntegrationRequest, UpdateScmIntegrationResponse, "UpdateScmIntegrationRequest::default()";
        delete(id: impl Into<String>) -> DeleteScmIntegrationRequest, DeleteScmIntegrationResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
    }
    LlmIntegrations llm_integrations {
        create(request: CreateLlmIntegrationRequest)
            -> CreateLlmIntegrationRequest, CreateLlmIntegrationResponse, "CreateLlmIntegrationRequest::default()";
        get(id: impl Into<String>) -> GetLlmIntegrationRequest, GetLlmIntegrationResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
        list(request: ListLlmIntegrationsRequest)
            -> ListLlmIntegrationsRequest, ListLlmIntegrationsResponse, "ListLlmIntegrationsRequest::default()";
        update(request: UpdateLlmIntegrationRequest)
            -> UpdateLlmIntegrationRequest, UpdateLlmIntegrationResponse, "UpdateLlmIntegrationRequest::default()";
        delete(request: DeleteLlmIntegrationRequest)
            -> DeleteLlmIntegrationRequest, DeleteLlmIntegrationResponse, "DeleteLlmIntegrationRequest::default()";
    }
    Configuration configuration {
        schema(runner_id: impl Into<String>)
            -> GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse, "\"d2c94c27-3b76-4a42-b88c-95a85e392c68\"";
        validate(request: ValidateRunnerConfigurationRequest)
            -> ValidateRunnerConfigurationRequest, ValidateRunnerConfigurationResponse, "ValidateRunnerConfigurationRequest::default()";
    }
}
