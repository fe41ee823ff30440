//! What generated code does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod debug;
mod fleet;
mod json;
mod packed;
mod reflection;
mod validators;

#[path = "../../../../tests/messages/arbitrary.rs"]
mod arbitrary;
#[path = "../../../../tests/messages/protovalidate.rs"]
mod protovalidate;
#[path = "../../../../tests/messages/random.rs"]
mod random;
#[path = "../../../../tests/messages/redaction.rs"]
mod redaction;
#[path = "../../../../tests/messages/requests.rs"]
mod requests;
#[path = "../../../../tests/messages/types.rs"]
mod types;
