use runner_configuration::v1::{
    CreateLlmIntegrationRequest, CreateLlmIntegrationResponse, DeleteLlmIntegrationRequest,
    DeleteLlmIntegrationResponse, GetLlmIntegrationRequest, GetLlmIntegrationResponse,
    ListLlmIntegrationsRequest, ListLlmIntegrationsResponse, UpdateLlmIntegrationRequest,
    UpdateLlmIntegrationResponse,
};

use crate::RunnerConfigurationServiceClient;
use crate::rpc::Call;

/// Connections of runners to providers of language models. API keys and header values come back encrypted.
///
/// ```no_run
/// use runner_configuration::v1::DeleteLlmIntegrationRequest;
///
/// # async fn example(client: runner_configuration_client::Client, id: String) -> Result<(), runner_configuration_client::Error> {
/// let request = DeleteLlmIntegrationRequest { id, force: true };
/// match client.llm_integrations().delete(request).await {
///     Err(error) if !error.is_not_found() => return Err(error),
///     _ => println!("gone"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LlmIntegrations {
    rpcs: RunnerConfigurationServiceClient,
}

impl LlmIntegrations {
    pub(crate) fn new(rpcs: RunnerConfigurationServiceClient) -> Self {
        Self { rpcs }
    }

    /// Connects a runner to the provider of the models in the request.
    ///
    /// # Errors
    ///
    /// `invalid_argument`; `not_found` and `failed_precondition` are about the runner.
    pub fn create(
        &self,
        request: CreateLlmIntegrationRequest,
    ) -> Call<CreateLlmIntegrationRequest, CreateLlmIntegrationResponse> {
        self.rpcs.create_llm_integration(request)
    }

    /// One integration.
    ///
    /// # Errors
    ///
    /// `not_found`.
    pub fn get(
        &self,
        id: impl Into<String>,
    ) -> Call<GetLlmIntegrationRequest, GetLlmIntegrationResponse> {
        let id = id.into();
        self.rpcs
            .get_llm_integration(GetLlmIntegrationRequest { id })
    }

    /// A page of integrations.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a wrong page size or token.
    pub fn list(
        &self,
        request: ListLlmIntegrationsRequest,
    ) -> Call<ListLlmIntegrationsRequest, ListLlmIntegrationsResponse> {
        self.rpcs.list_llm_integrations(request)
    }

    /// Changes the fields that the request has.
    ///
    /// # Errors
    ///
    /// `not_found`; `invalid_argument`; `failed_precondition`.
    pub fn update(
        &self,
        request: UpdateLlmIntegrationRequest,
    ) -> Call<UpdateLlmIntegrationRequest, UpdateLlmIntegrationResponse> {
        self.rpcs.update_llm_integration(request)
    }

    /// Deletes an integration; with `force` also the last one of a runner for a model.
    ///
    /// # Errors
    ///
    /// `not_found`, which may be taken as success; `failed_precondition` for the last one without `force`.
    pub fn delete(
        &self,
        request: DeleteLlmIntegrationRequest,
    ) -> Call<DeleteLlmIntegrationRequest, DeleteLlmIntegrationResponse> {
        self.rpcs.delete_llm_integration(request)
    }
}
