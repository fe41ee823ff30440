//! The messages of the API: JSON, `Debug`, validators.

mod all;
mod arbitrary;
mod debug;
mod json;
mod lists;
mod protovalidate;
mod redaction;
mod requests;
mod timestamps;
mod types;
mod validators;
mod violations;
