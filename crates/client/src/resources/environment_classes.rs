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
    pub fn update(
        &self,
        request: UpdateEnvironmentClassRequest,
    ) -> Call<UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse> {
        self.rpcs.update_environment_class(request)
    }
}
