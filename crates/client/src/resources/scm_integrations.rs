use runner_configuration::v1::{
    CreateScmIntegrationRequest, CreateScmIntegrationResponse, DeleteScmIntegrationRequest,
    DeleteScmIntegrationResponse, GetScmIntegrationRequest, GetScmIntegrationResponse,
    ListScmIntegrationsRequest, ListScmIntegrationsResponse, UpdateScmIntegrationRequest,
    UpdateScmIntegrationResponse,
};

use crate::RunnerConfigurationServiceClient;
use crate::rpc::Call;

/// Connections of runners to source code hosts. Client secrets come back encrypted.
///
/// ```no_run
/// use runner_configuration::v1::CreateScmIntegrationRequest;
///
/// # async fn example(client: runner_configuration_client::Client, runner_id: String) -> Result<(), runner_configuration_client::Error> {
/// let request = CreateScmIntegrationRequest {
///     runner_id,
///     scm_id: "github".to_owned(),
///     host: "github.com".to_owned(),
///     pat: true,
///     ..Default::default()
/// };
/// match client.scm_integrations().create(request).await {
///     Ok(created) => println!("{}", created.id),
///     Err(error) => match error.violations() {
///         Some(violations) => println!("{violations}"),
///         None => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ScmIntegrations {
    rpcs: RunnerConfigurationServiceClient,
}

impl ScmIntegrations {
    pub(crate) fn new(rpcs: RunnerConfigurationServiceClient) -> Self {
        Self { rpcs }
    }

    /// Connects a runner to a host.
    ///
    /// # Errors
    ///
    /// `invalid_argument` with the fields that the runner's schema or the contract does not allow; `not_found` and
    /// `failed_precondition` are about the runner.
    pub fn create(
        &self,
        request: CreateScmIntegrationRequest,
    ) -> Call<CreateScmIntegrationRequest, CreateScmIntegrationResponse> {
        self.rpcs.create_scm_integration(request)
    }

    /// One integration.
    ///
    /// # Errors
    ///
    /// `not_found`.
    pub fn get(
        &self,
        id: impl Into<String>,
    ) -> Call<GetScmIntegrationRequest, GetScmIntegrationResponse> {
        let id = id.into();
        self.rpcs
            .get_scm_integration(GetScmIntegrationRequest { id })
    }

    /// A page of integrations.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a wrong page size or token.
    pub fn list(
        &self,
        request: ListScmIntegrationsRequest,
    ) -> Call<ListScmIntegrationsRequest, ListScmIntegrationsResponse> {
        self.rpcs.list_scm_integrations(request)
    }

    /// Changes the fields that the request has. To turn off a way to sign in deletes the tokens that were made by it.
    ///
    /// # Errors
    ///
    /// `not_found`; `invalid_argument`; `failed_precondition`.
    pub fn update(
        &self,
        request: UpdateScmIntegrationRequest,
    ) -> Call<UpdateScmIntegrationRequest, UpdateScmIntegrationResponse> {
        self.rpcs.update_scm_integration(request)
    }

    /// Deletes an integration, and the tokens that rest on it.
    ///
    /// # Errors
    ///
    /// `not_found`, which may be taken as success.
    pub fn delete(
        &self,
        id: impl Into<String>,
    ) -> Call<DeleteScmIntegrationRequest, DeleteScmIntegrationResponse> {
        let id = id.into();
        self.rpcs
            .delete_scm_integration(DeleteScmIntegrationRequest { id })
    }
}
