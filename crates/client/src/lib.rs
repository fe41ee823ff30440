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
//! - A call that failed is made again where that is safe: [`rpc::Channel`] says when.
//! - Lists come in pages: a call of `list` is one, or all of them, as [`Call::pages`] or item by item as [`Call::stream`].
//! - All errors are an [`Error`]: a [`Code`], a text, the details that the server sent, such as which fields broke which
//!   rules, and the cause.
//! - [`rpc::Transport`] is where a test answers instead of a server.
//! - Proxies are those of the environment: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, `NO_PROXY`.
//!
//! Features: `blocking`, the same client for programmes without async; `unseal`, for runners, which opens what the service has
//! sealed to their key; `opentelemetry`, which tells servers of the current span.
//!
//! API keys are [`secrecy`] types; no `Debug` and no error shows them, and redirects, which would carry them on, are not
//! followed.

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod resources;
pub mod rpc;
#[cfg(feature = "unseal")]
mod unseal;

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
#[cfg(feature = "unseal")]
pub use unseal::unseal;
