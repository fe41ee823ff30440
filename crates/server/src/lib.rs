//! Server stubs of [`gitpod.v1.RunnerConfigurationService`][service].
//!
//! [service]: https://ona.com/docs/api/
//!
//! Implement [`RunnerConfigurationService`] and give it to [`router`]: it is served on one port as Connect (JSON and
//! binary, POST, and GET for RPCs without side effects), gRPC and gRPC-Web, over HTTP/1.1 and HTTP/2, below `/` and below
//! `/api`. An RPC that is missing does not compile.
//!
//! What every RPC needs happens before the implementation is called: authentication ([`Authenticate`]), decoding,
//! validation by the contract's `buf.validate` rules, size limits, the caller's deadline, tracing, and turning a panic
//! into an `internal` error. Errors are [`tonic::Status`], and are written in the caller's protocol.
//!
//! ```no_run
//! use runner_configuration::v1;
//! use runner_configuration_server::{RunnerConfigurationService, router};
//!
//! # async fn serve(service: impl RunnerConfigurationService) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, router(service)).await
//! # }
//! ```
//!
//! [`service()`](service) is the same as a tower service with its options; [`FromTonic`] takes an implementation of tonic's
//! own trait. The run-time part ([`rpc`]) knows nothing of this service: `runner-configuration-codegen` generates the glue
//! for other .proto files against it as well.

pub mod rpc;

/// Generated glue.
mod generated {
    #![allow(
        clippy::all,
        deprecated,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        clippy::doc_markdown,
        missing_docs,
        unreachable_pub,
        reason = "generated code"
    )]

    include!(concat!(env!("OUT_DIR"), "/gitpod.v1.server.rs"));
}

/// tonic's own server trait and service, for use with tonic alone and with [`FromTonic`].
pub mod tonic_server {
    pub use crate::generated::runner_configuration_service_server::*;
}

pub use generated::{RunnerConfigurationService, RunnerConfigurationServiceDispatcher};
pub use rpc::{Authenticate, FromTonic, Reply, Server};

/// An OpenAPI 3.1 document of the service, in JSON: every RPC as a POST of JSON, with its rules, errors and examples. For
/// [`rpc::openapi`], which serves it.
///
/// ```
/// assert!(runner_configuration_server::OPENAPI.contains("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass"));
/// ```
#[cfg(feature = "openapi")]
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/gitpod.v1.openapi.json"));

/// Serves an implementation with the default [options](rpc::Options) and without authentication.
///
/// All paths that no other route of the [`axum::Router`] takes are answered, in the caller's protocol.
pub fn router<S: RunnerConfigurationService>(implementation: S) -> axum::Router {
    service(implementation).into_router()
}

/// An implementation as a tower service, to be given [options](rpc::Options) and an [authentication](Authenticate).
pub fn service<S: RunnerConfigurationService>(
    implementation: S,
) -> Server<RunnerConfigurationServiceDispatcher<S>> {
    Server::new(RunnerConfigurationServiceDispatcher::new(implementation))
}
