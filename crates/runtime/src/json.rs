//! The proto3 JSON mapping: reading and writing messages, and its scalars.
//!
//! [`from_slice`] reads a message and says which field is wrong where it can't; [`to_vec`] writes one.
//!
//! Generated `Deserialize` code reads through [`Number`], [`Bytes`], [`EnumValue`], [`BoolKey`] and [`Map`]; generated
//! `Serialize` code writes through [`Float`], [`EnumNumber`] and their slices. They accept and produce what the
//! specification says (<https://protobuf.dev/programming-guides/json/>), which is wider than what serde does for the same
//! Rust types.
//!
//! [`register`] tells which messages an [`Any`](crate::Any) may hold.

mod any;
mod buffer;
mod bytes;
mod enumeration;
mod float;
mod map;
mod number;
mod read;
mod registry;
mod scan;
mod write;

pub use bytes::Bytes;
pub use enumeration::{EnumNumber, EnumNumbers, EnumValue};
pub use float::{Float, Floats};
pub use map::{BoolKey, Map};
pub use number::{JsonNumber, Number};
pub use read::{ReadError, from_slice};
pub use registry::register;
pub use write::{WriteError, to_vec};
