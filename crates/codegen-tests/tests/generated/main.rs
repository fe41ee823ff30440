//! What generated code does.

mod debug;
mod fleet;
mod json;
mod reflection;
mod validators;

#[path = "../../../../tests/messages/arbitrary.rs"]
mod arbitrary;
#[path = "../../../../tests/messages/protovalidate.rs"]
mod protovalidate;
#[path = "../../../../tests/messages/redaction.rs"]
mod redaction;
#[path = "../../../../tests/messages/requests.rs"]
mod requests;
#[path = "../../../../tests/messages/types.rs"]
mod types;
