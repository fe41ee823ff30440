mod builder;
mod environment;

pub use builder::{ClientBuilder, Protocol};

use crate::rpc::{Channel, Error};
use crate::{
    Configuration, EnvironmentClasses, HostAuthenticationTokens, LlmIntegrations,
    RunnerConfigurationServiceClient, ScmIntegrations,
};

/// A client of the service: a group of methods for each resource.
///
/// Clones are cheap and share their connections.
///
/// ```no_run
/// use runner_configuration_client::{Client, Error, Protocol};
///
/// # async fn get(key: String) -> Result<(), Error> {
/// let client = Client::builder()
///     .base_url("http://127.0.0.1:8080")
///     .api_key(key)
///     .protocol(Protocol::Grpc)
///     .build()?;
/// let reply = client.environment_classes().get("d2c94c27-3b76-4a42-b88c-95a85e392c68").await;
/// match reply {
///     Ok(reply) => println!("{:?}", reply.environment_class),
///     Err(error) if error.is_not_found() => println!("no such class"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    rpcs: RunnerConfigurationServiceClient,
}

impl Client {
    /// A client set up by environment variables, as the official SDKs are: `ONA_API_KEY`, else `GITPOD_API_KEY`; and
    /// `ONA_BASE_URL`, else `GITPOD_BASE_URL`, else [`ClientBuilder::DEFAULT_BASE_URL`].
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    ///
    /// ```no_run
    /// let client = runner_configuration_client::Client::from_env();
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// What a client can be given.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").api_key("key").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client whose calls go through this channel.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::Client;
    /// use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    ///
    /// let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let client = Client::new(Channel::new(answer).with_retries(0));
    /// ```
    pub fn new(channel: Channel) -> Self {
        let rpcs = RunnerConfigurationServiceClient::new(channel);
        Self { rpcs }
    }

    /// Kinds of machines that environments can be started on.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListEnvironmentClassesResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let page = client.environment_classes().list(Default::default()).await?;
    /// println!("{}", page.environment_classes.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn environment_classes(&self) -> EnvironmentClasses {
        EnvironmentClasses::new(self.rpcs.clone())
    }

    /// Credentials of users for source code hosts.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListHostAuthenticationTokensResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let page = client.host_authentication_tokens().list(Default::default()).await?;
    /// println!("{}", page.tokens.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn host_authentication_tokens(&self) -> HostAuthenticationTokens {
        HostAuthenticationTokens::new(self.rpcs.clone())
    }

    /// Connections of runners to source code hosts.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let page = client.scm_integrations().list(Default::default()).await?;
    /// println!("{}", page.integrations.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn scm_integrations(&self) -> ScmIntegrations {
        ScmIntegrations::new(self.rpcs.clone())
    }

    /// Connections of runners to providers of language models.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListLlmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let page = client.llm_integrations().list(Default::default()).await?;
    /// println!("{}", page.integrations.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn llm_integrations(&self) -> LlmIntegrations {
        LlmIntegrations::new(self.rpcs.clone())
    }

    /// What can be configured on a runner, and whether a configuration is right.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetRunnerConfigurationSchemaResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.configuration().schema("d2c94c27-3b76-4a42-b88c-95a85e392c68").await?;
    /// println!("{}", reply.schema.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(&self) -> Configuration {
        Configuration::new(self.rpcs.clone())
    }

    /// All RPCs, by their names in the contract.
    ///
    /// ```
    /// use runner_configuration::v1::GetLlmIntegrationRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetLlmIntegrationResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let id = "01a2030c-86cb-7613-99d4-b46b79b833eb".to_owned();
    /// let reply = client.rpcs().get_llm_integration(GetLlmIntegrationRequest { id }).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rpcs(&self) -> &RunnerConfigurationServiceClient {
        &self.rpcs
    }

    /// What the calls go through; clients of further services on the same server can share it.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::{Client, RunnerConfigurationServiceClient};
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").build()?;
    /// // With your own service instead, generated by runner-configuration-codegen.
    /// let other = RunnerConfigurationServiceClient::new(client.channel().clone());
    /// # Ok(())
    /// # }
    /// ```
    pub fn channel(&self) -> &Channel {
        self.rpcs.channel()
    }
}
