//! Reference implementation of `gitpod.v1.RunnerConfigurationService`.
//!
//! [`Service`] answers all 21 RPCs over a [`Store`](store::Store), of which [`SqliteStore`](store::sqlite::SqliteStore) keeps
//! everything in one folder. It implements the generated trait of `runner-configuration-server`, which serves it as
//! Connect, gRPC and gRPC-Web:
//!
//! ```
//! use std::sync::Arc;
//!
//! use runner_configuration_service::store::Store;
//! use runner_configuration_service::{ApiKeys, Service};
//!
//! fn serve(store: Arc<impl Store>) -> axum::Router {
//!     let service = Service::new(Arc::clone(&store));
//!     runner_configuration_server::service(service).authenticate(ApiKeys::new(store)).into_router()
//! }
//! ```
//!
//! - A [`Caller`] comes with every call; [`ApiKeys`] and [`StaticKeys`] find out who it is (with the feature `oidc`,
//!   `Oidc` does so for the tokens of an OpenID provider, and `Bearer` for both), and
//!   [`authorize`](authorize::authorize) is the one place that decides what the caller may do.
//! - Every secret is sealed to the public key of its runner before it reaches the store ([`seal`]).
//! - [`schema::check`] says whether a runner's schema makes sense, before the runner is registered with it.
//! - The time and random bytes are parameters: [`Clock`] and [`Randomness`].

mod auth;
pub mod authorize;
mod caller;
mod clock;
mod configuration;
mod environment_classes;
mod error;
pub mod host;
mod host_authentication_tokens;
mod ids;
mod llm_integrations;
mod page;
mod pattern;
mod randomness;
mod rpcs;
pub mod schema;
mod scm_integrations;
pub mod seal;
mod service;
mod splice;
pub mod store;

pub use auth::{ADMIN_SUBJECT, ApiKeys, StaticKeys};
#[cfg(feature = "oidc")]
pub use auth::{Bearer, Oidc, OidcConfig, OidcError};
pub use caller::Caller;
pub use clock::{Clock, SystemClock};
pub use error::Error;
pub use randomness::{NoRandomness, Randomness, SystemRandomness};
pub use service::Service;
pub use store::{KeyHash, Role};
