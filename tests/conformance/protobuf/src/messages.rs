//! The generated code.

macro_rules! generated {
    ($($(#[$comment:meta])* $module:ident = $package:literal;)*) => {$(
        $(#[$comment])*
        pub(crate) mod $module {
            #![allow(
                clippy::all,
                clippy::allow_attributes,
                clippy::allow_attributes_without_reason,
                dead_code,
                unreachable_pub,
                unused_imports,
                reason = "generated; nobody uses all of it"
            )]

            include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));

            mod json {
                use super::*;

                include!(concat!(env!("OUT_DIR"), "/", $package, ".json.rs"));
            }
            pub(crate) use json::register_json_types;
        }
    )*};
}

generated! {
    /// What the suite and this program say to each other.
    conformance = "conformance";
    /// What is tested.
    test = "protobuf_test_messages.proto3";
    /// The same messages, refusing unknown fields in JSON.
    strict = "strict/protobuf_test_messages.proto3";
}
