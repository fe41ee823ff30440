//! The well-known types of `google.protobuf` beside [`Timestamp`](crate::Timestamp) and [`Any`](crate::Any), with their
//! JSON forms.
//!
//! Generated code uses them for fields of these types. They are plain messages; with the feature `json` they implement
//! serde's traits as the proto3 JSON mapping wants it.

mod duration;
mod empty;
mod field_mask;
mod structure;
mod wrappers;

pub use duration::{Duration, DurationError};
pub use empty::Empty;
pub use field_mask::FieldMask;
pub use structure::{ListValue, NullValue, Struct, Value, value};
pub use wrappers::{
    BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value, StringValue,
    UInt32Value, UInt64Value,
};

macro_rules! names {
    ($($message:ident),* $(,)?) => {$(
        impl prost::Name for $message {
            const NAME: &'static str = stringify!($message);
            const PACKAGE: &'static str = "google.protobuf";
        }
    )*};
}

names! {
    Duration, Empty, FieldMask, ListValue, Struct, Value,
    BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value, StringValue, UInt32Value, UInt64Value,
}
