//! Which function answers which RPC.

use runner_configuration::v1::*;
use runner_configuration_server::rpc::{Codec, Context};
use runner_configuration_server::{Reply, RunnerConfigurationService};
use tonic::{Request, Status};

use crate::caller::Call;
use crate::error::Error;
use crate::service::Service;
use crate::store::{Form, Store};
use crate::{
    configuration, environment_classes, host_authentication_tokens, llm_integrations,
    scm_integrations,
};

macro_rules! rpcs {
    ($($rpc:ident($request:ident) -> $response:ident = $module:ident::$function:ident;)*) => {
        impl<S: Store> RunnerConfigurationService for Service<S> {
            $(
                fn $rpc(
                    &self,
                    request: Request<$request>,
                ) -> impl Future<Output = Result<Reply<$response>, Status>> + Send {
                    // At once, so that what a call needs no more, its headers for one, is not kept until its end.
                    let opened = open(request);
                    async move {
                        let (call, request) = opened?;
                        Ok($module::$function(self, &call, request).await?.into())
                    }
                }
            )*
        }
    };
}

rpcs! {
    create_environment_class(CreateEnvironmentClassRequest) -> CreateEnvironmentClassResponse
        = environment_classes::create;
    get_environment_class(GetEnvironmentClassRequest) -> GetEnvironmentClassResponse
        = environment_classes::get;
    list_environment_classes(ListEnvironmentClassesRequest) -> ListEnvironmentClassesResponse
        = environment_classes::list;
    update_environment_class(UpdateEnvironmentClassRequest) -> UpdateEnvironmentClassResponse
        = environment_classes::update;

    create_host_authentication_token(CreateHostAuthenticationTokenRequest)
        -> CreateHostAuthenticationTokenResponse = host_authentication_tokens::create;
    get_host_authentication_token(GetHostAuthenticationTokenRequest)
        -> GetHostAuthenticationTokenResponse = host_authentication_tokens::get;
    list_host_authentication_tokens(ListHostAuthenticationTokensRequest)
        -> ListHostAuthenticationTokensResponse = host_authentication_tokens::list;
    update_host_authentication_token(UpdateHostAuthenticationTokenRequest)
        -> UpdateHostAuthenticationTokenResponse = host_authentication_tokens::update;
    delete_host_authentication_token(DeleteHostAuthenticationTokenRequest)
        -> DeleteHostAuthenticationTokenResponse = host_authentication_tokens::delete;

    create_scm_integration(CreateScmIntegrationRequest) -> CreateScmIntegrationResponse
        = scm_integrations::create;
    get_scm_integration(GetScmIntegrationRequest) -> GetScmIntegrationResponse
        = scm_integrations::get;
    list_scm_integrations(ListScmIntegrationsRequest) -> ListScmIntegrationsResponse
        = scm_integrations::list;
    update_scm_integration(UpdateScmIntegrationRequest) -> UpdateScmIntegrationResponse
        = scm_integrations::update;
    delete_scm_integration(DeleteScmIntegrationRequest) -> DeleteScmIntegrationResponse
        = scm_integrations::delete;

    create_llm_integration(CreateLlmIntegrationRequest) -> CreateLlmIntegrationResponse
        = llm_integrations::create;
    get_llm_integration(GetLlmIntegrationRequest) -> GetLlmIntegrationResponse
        = llm_integrations::get;
    list_llm_integrations(ListLlmIntegrationsRequest) -> ListLlmIntegrationsResponse
        = llm_integrations::list;
    update_llm_integration(UpdateLlmIntegrationRequest) -> UpdateLlmIntegrationResponse
        = llm_integrations::update;
    delete_llm_integration(DeleteLlmIntegrationRequest) -> DeleteLlmIntegrationResponse
        = llm_integrations::delete;

    get_runner_configuration_schema(GetRunnerConfigurationSchemaRequest)
        -> GetRunnerConfigurationSchemaResponse = configuration::get_schema;
    validate_runner_configuration(ValidateRunnerConfigurationRequest)
        -> ValidateRunnerConfigurationResponse = configuration::validate;
}

/// The call and its message. A request without a caller has passed no authentication.
fn open<M>(request: Request<M>) -> Result<(Call, M), Error> {
    let extensions = request.extensions();
    let context: Option<&Context> = extensions.get();
    let call = Call {
        caller: extensions.get().copied().ok_or(Error::Unauthenticated)?,
        request_id: context.map(|context| context.request_id().clone()),
        form: match context.map(|context| context.protocol().codec()) {
            Some(Codec::Json) => Form::Json,
            Some(Codec::Proto) | None => Form::Protobuf,
        },
    };
    Ok((call, request.into_inner()))
}
