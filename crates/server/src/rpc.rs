//! The run-time part: what serves any generated service as Connect, gRPC and gRPC-Web.
//!
//! A request goes through [`Server`]: its path decides the RPC, its method and content type the protocol; the caller is
//! authenticated; then the generated [`Dispatch`] calls the implementation with the decoded and validated message
//! ([`Call::unary`]). connectrpc-axum and tonic speak the protocols.

mod aside;
mod authenticate;
mod boxed;
mod call;
mod call_headers;
mod connect;
mod context;
mod copy;
mod deadline;
mod decompress;
mod discard;
mod error;
mod grpc;
#[cfg(feature = "health")]
mod health;
mod limits;
mod observe;
#[cfg(feature = "openapi")]
mod openapi;
mod options;
mod protocol;
mod query;
mod read;
#[cfg(feature = "reflection")]
mod reflection;
mod reply;
mod request_id;
#[cfg(feature = "serve")]
pub mod serve;
mod server;
mod silence;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(any(feature = "health", feature = "reflection"))]
mod tonic_routes;
mod trace_context;

pub use authenticate::{Anonymous, Authenticate};
pub use call::{Answer, Call, Dispatch, FromTonic, Method, UrlParameters};
pub use context::Context;
pub use deadline::Deadline;
pub use error::{invalid_argument, retry_later, with_details};
#[cfg(feature = "health")]
pub use health::Health;
pub use limits::Rate;
pub use observe::{ObservedCall, Observer, Refusal, code_name};
#[cfg(feature = "openapi")]
pub use openapi::openapi;
pub use options::Options;
pub use protocol::{Codec, Protocol};
pub use query::Query;
#[cfg(feature = "reflection")]
pub use reflection::{InvalidDescriptors, reflection};
pub use reply::{NotTheMessage, Reply};
pub use request_id::RequestId;
pub use server::Server;
pub use trace_context::TraceContext;

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use tonic;
}
