//! An implementation whose `GetEnvironmentClass` does what its request's id says, and which lacks everything else.

use std::time::Duration;

use runner_configuration::v1::*;
use runner_configuration_server::rpc::{Context, TraceContext};
use runner_configuration_server::{Reply, RunnerConfigurationService};
use tonic::{Request, Response, Status};

/// Answers.
pub(crate) const ANSWER: &str = "00000000-0000-0000-0000-000000000001";
/// Answers with a description of 1,000 characters.
pub(crate) const LARGE: &str = "00000000-0000-0000-0000-000000000006";
/// Panics.
pub(crate) const PANIC: &str = "00000000-0000-0000-0000-000000000002";
/// Answers with headers and trailers of its own.
pub(crate) const METADATA: &str = "00000000-0000-0000-0000-000000000004";
/// Refuses with the trace that the call belongs to, as `unimplemented`.
pub(crate) const TRACE: &str = "00000000-0000-0000-0000-000000000005";
/// Takes a minute.
pub(crate) const SLOW: &str = "00000000-0000-0000-0000-000000000003";

async fn get(
    request: Request<GetEnvironmentClassRequest>,
) -> Result<GetEnvironmentClassResponse, Status> {
    match request.get_ref().environment_class_id.as_str() {
        PANIC => panic!("as asked"),
        SLOW => tokio::time::sleep(Duration::from_secs(60)).await,
        TRACE => {
            let trace = request.extensions().get().and_then(Context::trace);
            let text = trace.map_or("none".into(), TraceContext::to_string);
            return Err(Status::unimplemented(text));
        }
        _ => {}
    }
    let id = request.into_inner().environment_class_id;
    let length = if id == LARGE { 1000 } else { 0 };
    let class = EnvironmentClass {
        id,
        description: "d".repeat(length),
        ..Default::default()
    };
    Ok(GetEnvironmentClassResponse {
        environment_class: Some(class),
    })
}

/// Implements the generated trait.
pub(crate) struct Ours;

/// Implements tonic's trait.
pub(crate) struct Tonics;

macro_rules! lacking {
    ($($method:ident($request:ident) -> $response:ident,)*) => {
        impl RunnerConfigurationService for Ours {
            async fn get_environment_class(
                &self,
                request: Request<GetEnvironmentClassRequest>,
            ) -> Result<Reply<GetEnvironmentClassResponse>, Status> {
                let with_metadata = request.get_ref().environment_class_id == METADATA;
                let mut reply = Reply::new(get(request).await?);
                if with_metadata {
                    for value in ["1", "2"] {
                        let value = tonic::metadata::MetadataValue::from_static(value);
                        reply.metadata_mut().append("x-header", value.clone());
                        reply.trailers_mut().append("x-trailer", value);
                    }
                }
                Ok(reply)
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Reply<$response>, Status> {
                Err(Status::unimplemented(stringify!($method)))
            })*
        }

        #[tonic::async_trait]
        impl runner_configuration_server::tonic_server::RunnerConfigurationService for Tonics {
            async fn get_environment_class(
                &self,
                request: Request<GetEnvironmentClassRequest>,
            ) -> Result<Response<GetEnvironmentClassResponse>, Status> {
                let mut response = Response::new(get(request).await?);
                response.metadata_mut().insert("x-made-by", "tonic".parse().unwrap());
                Ok(response)
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented(stringify!($method)))
            })*
        }
    };
}

lacking! {
    create_host_authentication_token(CreateHostAuthenticationTokenRequest) -> CreateHostAuthenticationTokenResponse,
    get_host_authentication_token(GetHostAuthenticationTokenRequest) -> GetHostAuthenticationTokenResponse,
    list_host_authentication_tokens(ListHostAuthenticationTokensRequest) -> ListHostAuthenticationTokensResponse,
    update_host_authentication_token(UpdateHostAuthenticationTokenRequest) -> UpdateHostAuthenticationTokenResponse,
    delete_host_authentication_token(DeleteHostAuthenticationTokenRequest) -> DeleteHostAuthenticationTokenResponse,
    get_runner_configuration_schema(GetRunnerConfigurationSchemaRequest) -> GetRunnerConfigurationSchemaResponse,
    create_scm_integration(CreateScmIntegrationRequest) -> CreateScmIntegrationResponse,
    get_scm_integration(GetScmIntegrationRequest) -> GetScmIntegrationResponse,
    list_scm_integrations(ListScmIntegrationsRequest) -> ListScmIntegrationsResponse,
    update_scm_integration(UpdateScmIntegrationRequest) -> UpdateScmIntegrationResponse,
    delete_scm_integration(DeleteScmIntegrationRequest) -> DeleteScmIntegrationResponse,
    create_environment_class(CreateEnvironmentClassRequest) -> CreateEnvironmentClassResponse,
    list_environment_classes(ListEnvironmentClassesRequest) -> ListEnvironmentClassesResponse,
    update_environment_class(UpdateEnvironmentClassRequest) -> UpdateEnvironmentClassResponse,
    validate_runner_configuration(ValidateRunnerConfigurationRequest) -> ValidateRunnerConfigurationResponse,
    create_llm_integration(CreateLlmIntegrationRequest) -> CreateLlmIntegrationResponse,
    get_llm_integration(GetLlmIntegrationRequest) -> GetLlmIntegrationResponse,
    list_llm_integrations(ListLlmIntegrationsRequest) -> ListLlmIntegrationsResponse,
    update_llm_integration(UpdateLlmIntegrationRequest) -> UpdateLlmIntegrationResponse,
    delete_llm_integration(DeleteLlmIntegrationRequest) -> DeleteLlmIntegrationResponse,
}
