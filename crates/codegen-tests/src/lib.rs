//! Generated code of every kind, for the tests in `tests/`.

macro_rules! generated {
    ($($(#[$comment:meta])* $module:ident = $package:literal;)*) => {$(
        $(#[$comment])*
        pub mod $module {
            #![allow(
                clippy::all,
                clippy::allow_attributes,
                clippy::allow_attributes_without_reason,
                deprecated,
                missing_docs,
                reason = "generated; fields are deprecated to see that this does no harm"
            )]

            include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));

            mod json {
                use super::*;

                include!(concat!(env!("OUT_DIR"), "/", $package, ".json.rs"));
            }

            mod validate {
                use super::*;

                include!(concat!(env!("OUT_DIR"), "/", $package, ".validate.rs"));
            }
        }
    )*};
}

generated! {
    /// Every kind of field and enum, for the JSON mapping and for `Debug`.
    kinds = "kinds.v1";
    /// Every `buf.validate` rule that the generator supports.
    rules = "rules.v1";
    /// Messages that refer to another crate's.
    fleet = "fleet.v1";
}

/// The descriptors of `kinds.v1` and `rules.v1`.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/file_descriptor_set.bin"));
