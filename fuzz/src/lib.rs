//! What the fuzz targets have in common.
//!
//! libFuzzer ends the process at every panic, also at one that the server would turn into an error.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

pub mod http_text;
pub mod messages;
pub mod server;
