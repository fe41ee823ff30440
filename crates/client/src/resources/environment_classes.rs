use runner_configuration::v1::{
    CreateEnvironmentClassRequest, CreateEnvironmentClassResponse, GetEnvironmentClassRequest,
    GetEnvironmentClassResponse, ListEnvironmentClassesRequest, ListEnvironmentClassesResponse,
    UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse,
};

use crate::RunnerConfigurationServiceClient;
use crate::rpc::Call;

/// Kinds of machines that environments can be started on: what a user chooses from.
///
/// A class cannot be deleted, only disabled.
///
/// ```no_run
/// use runner_configuration::v1::{CreateEnvironmentClassRequest, FieldValue};
///
/// # async fn example(client: runner_configuration_client::Client, runner_id: String) -> Result<(), runner_configuration_client::Error> {
/// let field = |key: &str, value: &str| FieldValue { key: key.to_owned(), value: value.to_owned() };
/// let created = client
///     .environment_classes()
///     .create(CreateEnvironmentClassRequest {
///         runner_id,
///         display_name: "Small".to_owned(),
///         description: "For small repositories".to_owned(),
///         configuration: vec![field("cpu", "2"), field("memory", "8192")],
///     })
///     .await?;
/// let class = client.environment_classes().get(created.id).await?.environment_class;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EnvironmentClasses {
    rpcs: RunnerConfigurationServiceClient,
}

impl EnvironmentClasses {
    pub(crate) fn new(rpcs: RunnerConfigurationServiceClient) -> Self {
        Self { rpcs }
    }

    /// Adds a class to a runner; it is enabled. Its configuration follows the runner's schema.
    ///
    /// # Errors
    ///
    /// `invalid_argument` names each wrong field of the configuration; `not_found` and `failed_precondition` are about
    /// the runner.
    ///
    /// ```
    /// use runner_configuration::v1::CreateEnvironmentClassRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = CreateEnvironmentClassRequest {
    ///     runner_id: "d2c94c27-3b76-4a42-b88c-95a85e392c68".to_owned(),
    ///     display_name: "Small".to_owned(),
    ///     description: "For small repositories".to_owned(),
    ///     ..Default::default()
    /// };
    /// let created = client.environment_classes().create(request).await?;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(
        &self,
        request: CreateEnvironmentClassRequest,
    ) -> Call<CreateEnvironmentClassRequest, CreateEnvironmentClassResponse> {
        self.rpcs.create_environment_class(request)
    }

    /// One class.
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
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await?;
    /// println!("{:?}", reply.environment_class);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(
        &self,
        environment_class_id: impl Into<String>,
    ) -> Call<GetEnvironmentClassRequest, GetEnvironmentClassResponse> {
        let environment_class_id = environment_class_id.into();
        self.rpcs.get_environment_class(GetEnvironmentClassRequest {
            environment_class_id,
        })
    }

    /// A page of classes, disabled ones too unless the filter leaves them out.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a wrong page size or token.
    ///
    /// ```
    /// use runner_configuration::v1::{ListEnvironmentClassesRequest, list_environment_classes_request::Filter};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListEnvironmentClassesResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let enabled = Filter { enabled: Some(true), ..Default::default() };
    /// let request = ListEnvironmentClassesRequest { filter: Some(enabled), ..Default::default() };
    /// for class in client.environment_classes().list(request).await?.environment_classes {
    ///     println!("{}", class.display_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(
        &self,
        request: ListEnvironmentClassesRequest,
    ) -> Call<ListEnvironmentClassesRequest, ListEnvironmentClassesResponse> {
        self.rpcs.list_environment_classes(request)
    }

    /// Changes the fields that the request has. This is how a class is disabled, and enabled again.
    ///
    /// # Errors
    ///
    /// `not_found`; `invalid_argument`.
    ///
    /// ```
    /// use runner_configuration::v1::UpdateEnvironmentClassRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&UpdateEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let disable = UpdateEnvironmentClassRequest {
    ///     environment_class_id: "01a2030c-85d3-7712-a609-5255347c6526".to_owned(),
    ///     enabled: Some(false),
    ///     ..Default::default()
    /// };
    /// client.environment_classes().update(disable).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(
        &self,
        request: UpdateEnvironmentClassRequest,
    ) -> Call<UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse> {
        self.rpcs.update_environment_class(request)
    }
}
