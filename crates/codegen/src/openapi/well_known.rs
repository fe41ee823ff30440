//! Messages and enums of `google.protobuf` that have a JSON form of their own.

use prost_reflect::Kind;
use serde_json::{Value, json};

use super::scalar;

/// The schema of a type with a form of its own.
pub(super) fn schema(full_name: &str) -> Option<Value> {
    let name = full_name.strip_prefix("google.protobuf.")?;
    let wrapped = |kind| {
        let schema = scalar::schema(&kind)?;
        Some(json!({"anyOf": [schema, {"type": "null"}]}))
    };
    Some(match name {
        "Timestamp" => json!({
            "type": "string",
            "format": "date-time",
            "description": "A point in time, from year 1 to 9999, in the form of RFC 3339; replies are in UTC.",
            "examples": ["2030-01-01T00:00:00Z"],
        }),
        "Duration" => json!({
            "type": "string",
            "pattern": "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$",
            "description": "A span of time in seconds.",
            "examples": ["1.5s"],
        }),
        "FieldMask" => json!({
            "type": "string",
            "description": "Names of fields in lower camel case, with commas between.",
        }),
        "Any" => json!({
            "type": "object",
            "properties": {"@type": {"type": "string"}},
            "required": ["@type"],
            "description": "A message of the type that `@type` names.",
        }),
        "Empty" | "Struct" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array"}),
        "NullValue" => json!({"type": "null"}),
        "Value" => json!({"description": "Any JSON."}),
        "BoolValue" => return wrapped(Kind::Bool),
        "BytesValue" => return wrapped(Kind::Bytes),
        "DoubleValue" => return wrapped(Kind::Double),
        "FloatValue" => return wrapped(Kind::Float),
        "Int32Value" => return wrapped(Kind::Int32),
        "Int64Value" => return wrapped(Kind::Int64),
        "StringValue" => return wrapped(Kind::String),
        "UInt32Value" => return wrapped(Kind::Uint32),
        "UInt64Value" => return wrapped(Kind::Uint64),
        _ => return None,
    })
}
