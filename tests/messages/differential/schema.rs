//! What the generators and the list of differences have to know of a message.

use prost_reflect::{FieldDescriptor, Kind as Described, MessageDescriptor};

pub(super) struct Message {
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) name: String,
    pub(super) json_name: String,
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) is_list: bool,
    /// The oneof that the field is a member of; `optional` makes none.
    pub(super) oneof: Option<String>,
}

/// The type of a field, or of the items of a list.
pub(super) enum Kind {
    Int32,
    Uint64,
    Bool,
    String,
    Bytes,
    /// The names and numbers of the values.
    Enum(Vec<(String, i32)>),
    Timestamp,
    Message(Message),
}

impl Message {
    pub(super) fn of(descriptor: &MessageDescriptor) -> Self {
        Self {
            fields: descriptor.fields().map(|field| Field::of(&field)).collect(),
        }
    }

    /// The field that a JSON key names.
    pub(super) fn field(&self, key: &str) -> Option<&Field> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.json_name == key || field.name == key)
    }
}

impl Field {
    fn of(field: &FieldDescriptor) -> Self {
        assert!(!field.is_map(), "no map so far: {}", field.full_name());
        let kind = match field.kind() {
            Described::Int32 => Kind::Int32,
            Described::Uint64 => Kind::Uint64,
            Described::Bool => Kind::Bool,
            Described::String => Kind::String,
            Described::Bytes => Kind::Bytes,
            Described::Enum(enumeration) => {
                let values = enumeration.values();
                Kind::Enum(
                    values
                        .map(|value| (value.name().to_owned(), value.number()))
                        .collect(),
                )
            }
            Described::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
                Kind::Timestamp
            }
            Described::Message(message) => Kind::Message(Message::of(&message)),
            kind => panic!("no generator so far for {kind:?}: {}", field.full_name()),
        };
        Self {
            name: field.name().to_owned(),
            json_name: field.json_name().to_owned(),
            number: field.number(),
            kind,
            is_list: field.is_list(),
            oneof: field
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic())
                .map(|oneof| oneof.name().to_owned()),
        }
    }
}
