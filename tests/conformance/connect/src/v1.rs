//! What the build script generated.
#![allow(
    clippy::all,
    deprecated,
    dead_code,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

include!(concat!(env!("OUT_DIR"), "/connectrpc.conformance.v1.rs"));
include!(concat!(
    env!("OUT_DIR"),
    "/connectrpc.conformance.v1.server.rs"
));
include!(concat!(
    env!("OUT_DIR"),
    "/connectrpc.conformance.v1.client.rs"
));

pub mod json {
    use super::*;
    include!(concat!(
        env!("OUT_DIR"),
        "/connectrpc.conformance.v1.json.rs"
    ));
}

mod validate {
    use super::*;
    include!(concat!(
        env!("OUT_DIR"),
        "/connectrpc.conformance.v1.validate.rs"
    ));
}
