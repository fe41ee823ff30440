//! The same client for programmes without async: calls block until they are answered.
//!
//! ```no_run
//! use runner_configuration_client::Error;
//! use runner_configuration_client::blocking::Client;
//!
//! # fn main() -> Result<(), Error> {
//! let client = Client::from_env()?;
//! for class in client.environment_classes().list(Default::default()).items() {
//!     println!("{}", class?.display_name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A client has a thread of its own, on which all its calls are driven. It is not for async code, which it would hold up:
//! there, use [`crate::Client`].

mod call;
mod resources;
mod runtime;

pub use call::{Call, Items, Pages};
pub use resources::{
    Configuration, EnvironmentClasses, HostAuthenticationTokens, LlmIntegrations, ScmIntegrations,
};

use crate::rpc::Error;
use crate::{ClientBuilder, RunnerConfigurationServiceClient};
use runtime::Runtime;

/// A client of the service: a group of methods for each resource, as [`crate::Client`] has them.
///
/// Clones are cheap and share their connections and the thread.
///
/// ```no_run
/// use runner_configuration_client::blocking::Client;
///
/// # fn main() -> Result<(), runner_configuration_client::Error> {
/// let client = Client::from_env()?;
/// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").send()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    client: crate::Client,
    runtime: Runtime,
}

impl Client {
    /// As [`crate::Client::from_env`].
    ///
    /// # Errors
    ///
    /// As that, and as [`Client::new`].
    ///
    /// ```no_run
    /// let client = runner_configuration_client::blocking::Client::from_env();
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Self::new(crate::Client::from_env()?)
    }

    /// The client that a builder makes.
    ///
    /// ```
    /// use runner_configuration_client::blocking::Client;
    ///
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// let builder = runner_configuration_client::Client::builder();
    /// let client = Client::build(builder.base_url("http://127.0.0.1:8080").api_key("key"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`] and [`Client::new`].
    pub fn build(builder: ClientBuilder) -> Result<Self, Error> {
        Self::new(builder.build()?)
    }

    /// Makes the calls of this client block.
    ///
    /// # Errors
    ///
    /// `internal` where no thread can be started.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::{Client, blocking};
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").build()?;
    /// let client = blocking::Client::new(client)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(client: crate::Client) -> Result<Self, Error> {
        let runtime = Runtime::start()?;
        Ok(Self { client, runtime })
    }

    /// Kinds of machines that environments can be started on.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListEnvironmentClassesResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let page = client.environment_classes().list(Default::default()).send()?;
    /// println!("{}", page.environment_classes.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn environment_classes(&self) -> EnvironmentClasses {
        EnvironmentClasses::new(self.client.environment_classes(), self.runtime.clone())
    }

    /// Credentials of users for source code hosts.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListHostAuthenticationTokensResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let page = client.host_authentication_tokens().list(Default::default()).send()?;
    /// println!("{}", page.tokens.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn host_authentication_tokens(&self) -> HostAuthenticationTokens {
        let group = self.client.host_authentication_tokens();
        HostAuthenticationTokens::new(group, self.runtime.clone())
    }

    /// Connections of runners to source code hosts.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let page = client.scm_integrations().list(Default::default()).send()?;
    /// println!("{}", page.integrations.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn scm_integrations(&self) -> ScmIntegrations {
        ScmIntegrations::new(self.client.scm_integrations(), self.runtime.clone())
    }

    /// Connections of runners to providers of language models.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListLlmIntegrationsResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let page = client.llm_integrations().list(Default::default()).send()?;
    /// println!("{}", page.integrations.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn llm_integrations(&self) -> LlmIntegrations {
        LlmIntegrations::new(self.client.llm_integrations(), self.runtime.clone())
    }

    /// What can be configured on a runner, and whether a configuration is right.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetRunnerConfigurationSchemaResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let reply = client.configuration().schema("d2c94c27-3b76-4a42-b88c-95a85e392c68").send()?;
    /// println!("{}", reply.schema.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(&self) -> Configuration {
        Configuration::new(self.client.configuration(), self.runtime.clone())
    }

    /// A call of any RPC, by its name in the contract: `client.rpc(|rpcs| rpcs.get_environment_class(request))`.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let request = GetEnvironmentClassRequest::default();
    /// let reply = client.rpc(|rpcs| rpcs.get_environment_class(request)).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rpc<Req, Res>(
        &self,
        call: impl FnOnce(&RunnerConfigurationServiceClient) -> crate::Call<Req, Res>,
    ) -> Call<Req, Res> {
        Call::new(call(self.client.rpcs()), self.runtime.clone())
    }
}
