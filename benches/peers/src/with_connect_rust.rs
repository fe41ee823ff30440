//! connect-rust with its own messages, its fastest dispatcher and its own server.

use std::sync::Arc;

use benches_common::Failure;
use buffa::Message;
use bytes::Bytes;
use connectrpc::{
    CodecFormat, ConnectError, ConnectRpcService, Encodable, RequestContext, Response, Server,
    ServiceRequest, ServiceResult,
};

use self::proto::gitpod::v1::*;
use benches_common::server::Arguments;

#[allow(
    dead_code,
    unused_imports,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "generated code"
)]
mod proto {
    connectrpc::include_generated!("connect_rust.rs");
}

/// A message that is encoded from where it is, without a clone.
struct Shared<M>(Arc<M>);

impl<M: Encodable<M>> Encodable<M> for Shared<M> {
    fn encode(&self, codec: CodecFormat) -> Result<Bytes, ConnectError> {
        self.0.encode(codec)
    }
}

fn reply<M>(message: &Arc<M>) -> ServiceResult<Shared<M>> {
    Response::ok(Shared(Arc::clone(message)))
}

struct Replies {
    get: Arc<GetEnvironmentClassResponse>,
    list_25: Arc<ListEnvironmentClassesResponse>,
    list_100: Arc<ListEnvironmentClassesResponse>,
    create: Arc<CreateEnvironmentClassResponse>,
    validate: Arc<ValidateRunnerConfigurationResponse>,
}

impl Replies {
    fn load(arguments: &Arguments) -> Result<Self, Failure> {
        fn message<M: Message>(arguments: &Arguments, name: &str) -> Result<Arc<M>, Failure> {
            let encoded = arguments.reply(name)?;
            Ok(Arc::new(M::decode_from_slice(&encoded)?))
        }
        Ok(Self {
            get: message(arguments, "get.bin")?,
            list_25: message(arguments, "list-25.bin")?,
            list_100: message(arguments, "list-100.bin")?,
            create: message(arguments, "create.bin")?,
            validate: message(arguments, "validate.bin")?,
        })
    }
}

macro_rules! implement {
    ({ $($answered:tt)* } $($rpc:ident($request:ty) -> $response:ty;)*) => {
        #[expect(refining_impl_trait, reason = "what a method returns is nobody else's business")]
        impl RunnerConfigurationService for Replies {
            $($answered)*
            $(
                async fn $rpc<'a>(
                    &'a self,
                    _: RequestContext,
                    _: ServiceRequest<'_, $request>,
                ) -> ServiceResult<$response> {
                    Err(ConnectError::unimplemented("not measured"))
                }
            )*
        }
    };
}

implement! {
    {
        async fn get_environment_class<'a>(
            &'a self,
            _: RequestContext,
            _: ServiceRequest<'_, GetEnvironmentClassRequest>,
        ) -> ServiceResult<Shared<GetEnvironmentClassResponse>> {
            reply(&self.get)
        }

        async fn list_environment_classes<'a>(
            &'a self,
            _: RequestContext,
            request: ServiceRequest<'_, ListEnvironmentClassesRequest>,
        ) -> ServiceResult<Shared<ListEnvironmentClassesResponse>> {
            let is_large = request.pagination.page_size == 100;
            reply(if is_large { &self.list_100 } else { &self.list_25 })
        }

        async fn create_environment_class<'a>(
            &'a self,
            _: RequestContext,
            _: ServiceRequest<'_, CreateEnvironmentClassRequest>,
        ) -> ServiceResult<Shared<CreateEnvironmentClassResponse>> {
            reply(&self.create)
        }

        async fn validate_runner_configuration<'a>(
            &'a self,
            _: RequestContext,
            _: ServiceRequest<'_, ValidateRunnerConfigurationRequest>,
        ) -> ServiceResult<Shared<ValidateRunnerConfigurationResponse>> {
            reply(&self.validate)
        }
    }
    create_host_authentication_token(CreateHostAuthenticationTokenRequest) -> CreateHostAuthenticationTokenResponse;
    get_host_authentication_token(GetHostAuthenticationTokenRequest) -> GetHostAuthenticationTokenResponse;
    list_host_authentication_tokens(ListHostAuthenticationTokensRequest) -> ListHostAuthenticationTokensResponse;
    update_host_authentication_token(UpdateHostAuthenticationTokenRequest) -> UpdateHostAuthenticationTokenResponse;
    delete_host_authentication_token(DeleteHostAuthenticationTokenRequest) -> DeleteHostAuthenticationTokenResponse;
    get_runner_configuration_schema(GetRunnerConfigurationSchemaRequest) -> GetRunnerConfigurationSchemaResponse;
    create_scm_integration(CreateSCMIntegrationRequest) -> CreateSCMIntegrationResponse;
    get_scm_integration(GetSCMIntegrationRequest) -> GetSCMIntegrationResponse;
    list_scm_integrations(ListSCMIntegrationsRequest) -> ListSCMIntegrationsResponse;
    update_scm_integration(UpdateSCMIntegrationRequest) -> UpdateSCMIntegrationResponse;
    delete_scm_integration(DeleteSCMIntegrationRequest) -> DeleteSCMIntegrationResponse;
    update_environment_class(UpdateEnvironmentClassRequest) -> UpdateEnvironmentClassResponse;
    create_llm_integration(CreateLLMIntegrationRequest) -> CreateLLMIntegrationResponse;
    get_llm_integration(GetLLMIntegrationRequest) -> GetLLMIntegrationResponse;
    list_llm_integrations(ListLLMIntegrationsRequest) -> ListLLMIntegrationsResponse;
    update_llm_integration(UpdateLLMIntegrationRequest) -> UpdateLLMIntegrationResponse;
    delete_llm_integration(DeleteLLMIntegrationRequest) -> DeleteLLMIntegrationResponse;
}

pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let replies = RunnerConfigurationServiceServer::new(Replies::load(&arguments)?);
    let server = Server::from_listener(arguments.listen().await?);
    server
        .serve_with_service(ConnectRpcService::new(replies))
        .await
}
