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
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// What a client can be given.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client whose calls go through this channel.
    pub fn new(channel: Channel) -> Self {
        let rpcs = RunnerConfigurationServiceClient::new(channel);
        Self { rpcs }
    }

    /// Kinds of machines that environments can be started on.
    pub fn environment_classes(&self) -> EnvironmentClasses {
        EnvironmentClasses::new(self.rpcs.clone())
    }

    /// Credentials of users for source code hosts.
    pub fn host_authentication_tokens(&self) -> HostAuthenticationTokens {
        HostAuthenticationTokens::new(self.rpcs.clone())
    }

    /// Connections of runners to source code hosts.
    pub fn scm_integrations(&self) -> ScmIntegrations {
        ScmIntegrations::new(self.rpcs.clone())
    }

    /// Connections of runners to providers of language models.
    pub fn llm_integrations(&self) -> LlmIntegrations {
        LlmIntegrations::new(self.rpcs.clone())
    }

    /// What can be configured on a runner, and whether a configuration is right.
    pub fn configuration(&self) -> Configuration {
        Configuration::new(self.rpcs.clone())
    }

    /// All RPCs, by their names in the contract.
    pub fn rpcs(&self) -> &RunnerConfigurationServiceClient {
        &self.rpcs
    }

    /// What the calls go through; clients of further services on the same server can share it.
    pub fn channel(&self) -> &Channel {
        self.rpcs.channel()
    }
}
