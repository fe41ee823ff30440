//! An implementation of tonic's own trait that returns what was prepared. tonic takes messages that it owns, so each reply
//! is a clone.

use prost::Message;
use runner_configuration::v1::*;
use runner_configuration_server::tonic_server::RunnerConfigurationService;
use tonic::{Request, Response, Status};

/// The messages to reply with.
pub struct Replies {
    pub get: GetEnvironmentClassResponse,
    pub list_25: ListEnvironmentClassesResponse,
    pub list_100: ListEnvironmentClassesResponse,
    pub create: CreateEnvironmentClassResponse,
    pub validate: ValidateRunnerConfigurationResponse,
}

impl Replies {
    /// Decodes them; `encoded` returns what is in a file with this name.
    pub fn decode<E>(encoded: impl Fn(&str) -> Result<Vec<u8>, E>) -> Result<Self, E>
    where
        E: From<prost::DecodeError>,
    {
        fn message<M: Message + Default>(bytes: Vec<u8>) -> Result<M, prost::DecodeError> {
            M::decode(bytes.as_slice())
        }
        Ok(Self {
            get: message(encoded("get.bin")?)?,
            list_25: message(encoded("list-25.bin")?)?,
            list_100: message(encoded("list-100.bin")?)?,
            create: message(encoded("create.bin")?)?,
            validate: message(encoded("validate.bin")?)?,
        })
    }
}

macro_rules! implement {
    ({ $($answered:tt)* } $($rpc:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl RunnerConfigurationService for Replies {
            $($answered)*
            $(
                async fn $rpc(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented("not measured"))
                }
            )*
        }
    };
}

implement! {
    {
        async fn get_environment_class(
            &self,
            _: Request<GetEnvironmentClassRequest>,
        ) -> Result<Response<GetEnvironmentClassResponse>, Status> {
            Ok(Response::new(self.get.clone()))
        }

        async fn list_environment_classes(
            &self,
            request: Request<ListEnvironmentClassesRequest>,
        ) -> Result<Response<ListEnvironmentClassesResponse>, Status> {
            let size = request.get_ref().pagination.as_ref().map_or(0, |page| page.page_size);
            let page = if size == 100 { &self.list_100 } else { &self.list_25 };
            Ok(Response::new(page.clone()))
        }

        async fn create_environment_class(
            &self,
            _: Request<CreateEnvironmentClassRequest>,
        ) -> Result<Response<CreateEnvironmentClassResponse>, Status> {
            Ok(Response::new(self.create.clone()))
        }

        async fn validate_runner_configuration(
            &self,
            _: Request<ValidateRunnerConfigurationRequest>,
        ) -> Result<Response<ValidateRunnerConfigurationResponse>, Status> {
            Ok(Response::new(self.validate.clone()))
        }
    }
    create_host_authentication_token(CreateHostAuthenticationTokenRequest) -> CreateHostAuthenticationTokenResponse;
    get_host_authentication_token(GetHostAuthenticationTokenRequest) -> GetHostAuthenticationTokenResponse;
    list_host_authentication_tokens(ListHostAuthenticationTokensRequest) -> ListHostAuthenticationTokensResponse;
    update_host_authentication_token(UpdateHostAuthenticationTokenRequest) -> UpdateHostAuthenticationTokenResponse;
    delete_host_authentication_token(DeleteHostAuthenticationTokenRequest) -> DeleteHostAuthenticationTokenResponse;
    get_runner_configuration_schema(GetRunnerConfigurationSchemaRequest) -> GetRunnerConfigurationSchemaResponse;
    create_scm_integration(CreateScmIntegrationRequest) -> CreateScmIntegrationResponse;
    get_scm_integration(GetScmIntegrationRequest) -> GetScmIntegrationResponse;
    list_scm_integrations(ListScmIntegrationsRequest) -> ListScmIntegrationsResponse;
    update_scm_integration(UpdateScmIntegrationRequest) -> UpdateScmIntegrationResponse;
    delete_scm_integration(DeleteScmIntegrationRequest) -> DeleteScmIntegrationResponse;
    update_environment_class(UpdateEnvironmentClassRequest) -> UpdateEnvironmentClassResponse;
    create_llm_integration(CreateLlmIntegrationRequest) -> CreateLlmIntegrationResponse;
    get_llm_integration(GetLlmIntegrationRequest) -> GetLlmIntegrationResponse;
    list_llm_integrations(ListLlmIntegrationsRequest) -> ListLlmIntegrationsResponse;
    update_llm_integration(UpdateLlmIntegrationRequest) -> UpdateLlmIntegrationResponse;
    delete_llm_integration(DeleteLlmIntegrationRequest) -> DeleteLlmIntegrationResponse;
}
