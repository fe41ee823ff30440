//! Client of [`gitpod.v1.RunnerConfigurationService`][service], the API with which Ona (formerly Gitpod) keeps the
//! configuration of its runners.
//!
//! [service]: https://ona.com/docs/api/
//!
//! ```no_run
//! use runner_configuration::v1::ListEnvironmentClassesRequest;
//! use runner_configuration_client::{Client, Error};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! // ONA_API_KEY, and ONA_BASE_URL for another server than https://app.ona.com/api.
//! let client = Client::from_env()?;
//! let page = client.environment_classes().list(ListEnvironmentClassesRequest::default()).await?;
//! for class in page.environment_classes {
//!     println!("{}  {}", class.id, class.display_name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] has a group of methods for each resource, and a method per RPC; [`Client::builder`] has the options.
//!   Messages are those of the crate `runner-configuration`.
//! - Calls go by Connect, in binary or JSON, or by gRPC: [`Protocol`].
//! - A method returns a [`Call`], which is made when it is awaited, on tokio. Clones of a client share connections.
//! - All errors are an [`Error`]: a [`Code`], a text, the details that the server sent, such as which fields broke which
//!   rules, and the cause.
//! - [`rpc::Transport`] is where a test answers instead of a server.
//!
//! API keys are [`secrecy`] types; no `Debug` and no error shows them, and redirects, which would carry them on, are not
//! followed.

mod client;
mod resources;
pub mod rpc;

/// Generated clients.
mod generated {
    #![allow(
        clippy::all,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::doc_markdown,
        reason = "generated code"
    )]

    include!(concat!(env!("OUT_DIR"), "/gitpod.v1.client.rs"));
}

pub use client::{Client, ClientBuilder, Protocol};
pub use generated::RunnerConfigurationServiceClient;
pub use resources::{
    Configuration, EnvironmentClasses, HostAuthenticationTokens, LlmIntegrations, ScmIntegrations,
};
pub use rpc::{Call, Code, Codec, Error};
pub use secrecy;
