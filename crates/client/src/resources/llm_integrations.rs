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
    ///
    /// ```
    /// use runner_configuration::v1::{CreateLlmIntegrationRequest, SupportedModel};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateLlmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = CreateLlmIntegrationRequest {
    ///     runner_id: "d2c94c27-3b76-4a42-b88c-95a85e392c68".to_owned(),
    ///     models: vec![SupportedModel::Sonnet45.into()],
    ///     endpoint: "https://llm.example.com".to_owned(),
    ///     api_key: "the provider's key".to_owned(),
    ///     ..Default::default()
    /// };
    /// let created = client.llm_integrations().create(request).await?;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetLlmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.llm_integrations().get("01a2030c-86cb-7613-99d4-b46b79b833eb").await?;
    /// println!("{:?}", reply.integration);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListLlmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// for integration in client.llm_integrations().list(Default::default()).await?.integrations {
    ///     println!("{}", integration.endpoint);
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use runner_configuration::v1::UpdateLlmIntegrationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&UpdateLlmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = UpdateLlmIntegrationRequest {
    ///     id: "01a2030c-86cb-7613-99d4-b46b79b833eb".to_owned(),
    ///     max_tokens: Some(1000),
    ///     ..Default::default()
    /// };
    /// client.llm_integrations().update(request).await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use runner_configuration::v1::DeleteLlmIntegrationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&DeleteLlmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let id = "01a2030c-86cb-7613-99d4-b46b79b833eb".to_owned();
    /// client.llm_integrations().delete(DeleteLlmIntegrationRequest { id, force: true }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(
        &self,
        request: DeleteLlmIntegrationRequest,
    ) -> Call<DeleteLlmIntegrationRequest, DeleteLlmIntegrationResponse> {
        self.rpcs.delete_llm_integration(request)
    }
}
