//! From protobuf descriptors to Rust, in a build script.
//!
//! The input is a compiled descriptor set and the options given in `build.rs`; nothing here knows a particular
//! service. What comes out:
//!
//! - [`Messages`]: prost messages, whose `Debug` hides fields marked `debug_redact`; their proto3 JSON mapping (pbjson
//!   output, corrected where it differs from the specification); and validators for their `buf.validate` rules;
//! - [`Services`]: for every service a trait to implement, the glue that serves an implementation as Connect, gRPC and
//!   gRPC-Web, and an adapter for implementations of tonic's trait; or the methods of a client;
//! - `OpenApi`, with the feature `openapi`: an OpenAPI 3.1 document of the services, as they are called with JSON over
//!   HTTP.
//!
//! No `protoc` is needed: [`Descriptors::compile`] uses protox.
//!
//! # A build script
//!
//! ```no_run
//! use runner_configuration_codegen::{Descriptors, Error, Messages, Services};
//!
//! fn main() -> Result<(), Error> {
//!     let descriptors = Descriptors::compile(["proto"], ["acme/greeter/v1/greeter.proto"])?;
//!     Messages::new(&descriptors).package("acme.greeter.v1").generate()?;
//!     Services::new(&descriptors).package("acme.greeter.v1", "crate::v1").server()
//! }
//! ```
//!
//! The files are written to `OUT_DIR` and named after the package: `acme.greeter.v1.rs` for messages,
//! `acme.greeter.v1.json.rs`, `acme.greeter.v1.validate.rs`, `acme.greeter.v1.server.rs` and
//! `acme.greeter.v1.client.rs`. They are included where the package's module is:
//!
//! ```ignore
//! pub mod v1 {
//!     include!(concat!(env!("OUT_DIR"), "/acme.greeter.v1.rs"));
//!
//!     mod json {
//!         use super::*;
//!         include!(concat!(env!("OUT_DIR"), "/acme.greeter.v1.json.rs"));
//!     }
//!
//!     mod validate {
//!         use super::*;
//!         include!(concat!(env!("OUT_DIR"), "/acme.greeter.v1.validate.rs"));
//!     }
//! }
//!
//! include!(concat!(env!("OUT_DIR"), "/acme.greeter.v1.server.rs"));
//! ```
//!
//! # Types of other crates
//!
//! Where messages exist in another crate, their .proto files can be imported, and
//! [`extern_path`](Messages::extern_path) says where the Rust types are. A crate whose build script calls
//! [`Descriptors::hand_on`] gives its descriptors to the build scripts of its dependents:
//!
//! ```no_run
//! use runner_configuration_codegen::{Descriptors, Error, Messages};
//!
//! fn main() -> Result<(), Error> {
//!     // The crate `acme-things` has `links = "acme-things-proto"` in its Cargo.toml.
//!     let things = Descriptors::from_dependency("acme-things-proto")?;
//!     let files = ["acme/shop/v1/shop.proto"];
//!     let descriptors = Descriptors::compile_importing([&things], ["proto"], files)?;
//!     Messages::new(&descriptors)
//!         .package("acme.shop.v1")
//!         .extern_path(".acme.things.v1", "::acme_things::v1")
//!         .generate()
//! }
//! ```

#![expect(
    clippy::print_stdout,
    reason = "a build script speaks to cargo through standard output"
)]

mod comments;
mod debug;
mod descriptors;
mod enumeration;
mod error;
mod json;
mod messages;
mod names;
#[cfg(feature = "openapi")]
mod openapi;
mod output;
mod packed;
mod rules;
mod services;
mod validators;

pub use descriptors::Descriptors;
pub use error::Error;
pub use messages::Messages;
#[cfg(feature = "openapi")]
pub use openapi::OpenApi;
pub use services::Services;
