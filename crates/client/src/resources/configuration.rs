use runner_configuration::v1::{
    GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse,
    ValidateRunnerConfigurationRequest, ValidateRunnerConfigurationResponse,
};

use crate::RunnerConfigurationServiceClient;
use crate::rpc::Call;

/// What can be configured on a runner, and whether a configuration is right.
///
/// ```no_run
/// # async fn example(client: runner_configuration_client::Client) -> Result<(), runner_configuration_client::Error> {
/// let reply = client.configuration().schema("d2c94c27-3b76-4a42-b88c-95a85e392c68").await?;
/// for field in reply.schema.unwrap_or_default().environment_classes {
///     println!("{}: {}", field.id, field.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Configuration {
    rpcs: RunnerConfigurationServiceClient,
}

impl Configuration {
    pub(crate) fn new(rpcs: RunnerConfigurationServiceClient) -> Self {
        Self { rpcs }
    }

    /// The newest schema that the runner registered.
    ///
    /// # Errors
    ///
    /// `not_found`; `failed_precondition` where the runner has not registered one yet.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetRunnerConfigurationSchemaResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.configuration().schema("d2c94c27-3b76-4a42-b88c-95a85e392c68").await?;
    /// println!("{:?}", reply.schema);
    /// # Ok(())
    /// # }
    /// ```
    pub fn schema(
        &self,
        runner_id: impl Into<String>,
    ) -> Call<GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse> {
        let runner_id = runner_id.into();
        self.rpcs
            .get_runner_configuration_schema(GetRunnerConfigurationSchemaRequest { runner_id })
    }

    /// Whether an environment class or an SCM integration would be accepted. What is wrong comes back in the reply, and
    /// nothing is stored.
    ///
    /// # Errors
    ///
    /// `not_found`; `invalid_argument` where there is nothing to validate; `failed_precondition` where the runner has
    /// no schema.
    ///
    /// ```
    /// use runner_configuration::v1::validate_runner_configuration_request::{Config, ValidateScmIntegration};
    /// use runner_configuration::v1::ValidateRunnerConfigurationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ValidateRunnerConfigurationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let integration = ValidateScmIntegration {
    ///     scm_id: "github".to_owned(),
    ///     host: "github.com".to_owned(),
    ///     pat: true,
    ///     ..Default::default()
    /// };
    /// let request = ValidateRunnerConfigurationRequest {
    ///     runner_id: "d2c94c27-3b76-4a42-b88c-95a85e392c68".to_owned(),
    ///     config: Some(Config::ScmIntegration(integration)),
    /// };
    /// println!("{:?}", client.configuration().validate(request).await?.result);
    /// # Ok(())
    /// # }
    /// ```
    pub fn validate(
        &self,
        request: ValidateRunnerConfigurationRequest,
    ) -> Call<ValidateRunnerConfigurationRequest, ValidateRunnerConfigurationResponse> {
        self.rpcs.validate_runner_configuration(request)
    }
}
