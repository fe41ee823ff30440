//! The run-time part: what carries the calls of any generated client.
//!
//! A generated method makes a [`Call`]; awaited, it goes through its [`Channel`], which encodes the message, adds headers
//! and keeps the time-out, to a [`Transport`]: Connect, gRPC, or one of your own. What comes back is decoded, or is an
//! [`Error`]. `runner-configuration-codegen` generates clients for other .proto files against this module as well.
//!
//! ```
//! use runner_configuration::v1::CreateScmIntegrationResponse;
//! use runner_configuration_client::Client;
//! use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), runner_configuration_client::Error> {
//! let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateScmIntegrationResponse { id: "7".to_owned() });
//! let client = Client::new(Channel::new(answer));
//! assert_eq!(client.scm_integrations().create(Default::default()).await?.id, "7");
//! # Ok(())
//! # }
//! ```

mod call;
mod cause;
mod channel;
mod clock;
mod code;
mod codec;
mod connect;
mod detail;
mod error;
pub mod google_rpc;
mod grpc;
mod headers;
mod http;
mod pages;
mod retry;
mod tls;
#[cfg(feature = "opentelemetry")]
mod trace_context;
mod transport;

pub use call::{Call, Response};
pub use channel::Channel;
pub use clock::Clock;
pub use code::Code;
pub use codec::{Codec, Message};
pub use detail::Detail;
pub use error::Error;
pub use pages::{Items, ListRequest, Pages};
pub use transport::{Rpc, Transport, UnaryRequest, UnaryResponse};

pub(crate) use self::http::{BaseUrl, HttpClient, HttpOptions, Version};
pub(crate) use connect::Connect;
pub(crate) use grpc::Grpc;
pub(crate) use headers::HeaderNames;
pub(crate) use tls::TlsOptions;
