//! The messages of the API: JSON, `Debug`, validators.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod all;
mod arbitrary;
mod debug;
mod differential;
mod json;
mod lists;
mod protovalidate;
mod random;
mod redaction;
mod requests;
mod timestamps;
mod types;
mod validators;
mod violations;
