//! Scalars in the proto3 JSON mapping.

use prost_reflect::Kind;
use serde_json::{Value, json};

/// The schema of a scalar; `None` for messages and enums.
pub(super) fn schema(kind: &Kind) -> Option<Value> {
    Some(match kind {
        Kind::Double => number("double"),
        Kind::Float => number("float"),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            json!({"type": "integer", "format": "int32"})
        }
        Kind::Uint32 | Kind::Fixed32 => {
            json!({"type": "integer", "format": "uint32", "minimum": 0})
        }
        // Written as text, because JavaScript's numbers would round it. Taken as a number, too.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            json!({"type": ["string", "integer"], "format": "int64", "pattern": "^-?[0-9]+$"})
        }
        Kind::Uint64 | Kind::Fixed64 => {
            json!({"type": ["string", "integer"], "format": "uint64", "pattern": "^[0-9]+$", "minimum": 0})
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => {
            json!({"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/_-]*={0,2}$"})
        }
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}

fn number(format: &str) -> Value {
    json!({
        "anyOf": [
            {"type": "number", "format": format},
            {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]},
        ],
    })
}
