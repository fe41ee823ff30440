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
    ///
    /// ```
    /// use runner_configuration::v1::CreateScmIntegrationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateScmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = CreateScmIntegrationRequest {
    ///     runner_id: "d2c94c27-3b76-4a42-b88c-95a85e392c68".to_owned(),
    ///     scm_id: "github".to_owned(),
    ///     host: "github.com".to_owned(),
    ///     pat: true,
    ///     ..Default::default()
    /// };
    /// let created = client.scm_integrations().create(request).await?;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetScmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.scm_integrations().get("01a2030c-8634-750f-9db0-f560d30a7648").await?;
    /// println!("{:?}", reply.integration);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// for integration in client.scm_integrations().list(Default::default()).await?.integrations {
    ///     println!("{} {}", integration.scm_id, integration.host);
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use runner_configuration::v1::UpdateScmIntegrationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&UpdateScmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let allow_tokens = UpdateScmIntegrationRequest {
    ///     id: "01a2030c-8634-750f-9db0-f560d30a7648".to_owned(),
    ///     pat: Some(true),
    ///     ..Default::default()
    /// };
    /// client.scm_integrations().update(allow_tokens).await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&DeleteScmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// client.scm_integrations().delete("01a2030c-8634-750f-9db0-f560d30a7648").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(
        &self,
        id: impl Into<String>,
    ) -> Call<DeleteScmIntegrationRequest, DeleteScmIntegrationResponse> {
        let id = id.into();
        self.rpcs
            .delete_scm_integration(DeleteScmIntegrationRequest { id })
    }
}
