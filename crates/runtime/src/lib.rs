//! What generated protobuf code calls at run time.
//!
//! The code generator of this workspace (`runner-configuration-codegen`) writes prost messages, their proto3 JSON
//! mapping and their `buf.validate` validators. Everything in that code which is the same for every message lives
//! here, so that generated text stays small and is tested once:
//!
//! - [`Timestamp`]: the type of every `google.protobuf.Timestamp` field, with the RFC 3339 JSON mapping and
//!   conversions to `prost_types`, [`std::time::SystemTime`], and chrono and jiff behind features;
//! - [`Any`]: a message of any type, with its JSON form for types that were registered;
//! - [`well_known`]: `Duration`, `Struct`, the wrappers and the other well-known types;
//! - [`json`]: numbers, bytes and enums as the proto3 JSON mapping wants them (feature `json`);
//! - [`validate`]: the [`validate::Validate`] trait, the rules, and `buf.validate.Violations` (feature `validate`);
//! - [`Enumeration`] and [`Redacted`]: small helpers of the generated code.
//!
//! Users of generated messages reach all of this through the crate that holds their messages.

#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "validate")]
pub mod validate;
pub mod well_known;

mod any;
mod debug;
mod enumeration;
mod timestamp;

pub use any::Any;
pub use debug::Redacted;
pub use enumeration::Enumeration;
pub use timestamp::{Timestamp, TimestampError};

/// What only generated code names; the crates, so that a crate with generated code need not depend on them itself.
#[doc(hidden)]
pub mod __private {
    pub use crate::debug::NamedNumber;
    #[cfg(feature = "json")]
    pub use pbjson;
    #[cfg(feature = "json")]
    pub use serde;
}
