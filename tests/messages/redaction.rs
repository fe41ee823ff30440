//! Whether `Debug` hides what it has to, by the descriptors.

use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};

use crate::types::MessageType;

/// A text for hidden fields, which also has to be found in no other form.
const SECRET: &str = "s3cret";
/// The same as a number.
const NUMBER: u8 = 87;

/// Fills every field of a message: those to be hidden, and what is inside them, with secrets. Then looks for them.
/// Returns how many fields were hidden.
pub(crate) fn check(message_type: &MessageType, pool: &DescriptorPool) -> usize {
    let descriptor = message_type.descriptor(pool);
    let mut hidden = 0;
    // A message shows one member of a oneof.
    let rounds = descriptor.fields().count().max(1);
    for round in 0..rounds {
        let mut filler = Filler { round, hidden: 0 };
        let message = filler.message(&descriptor, false, 0);
        let text = (message_type.debug)(&message.encode_to_vec());
        for secret in [
            SECRET,
            &NUMBER.to_string(),
            &format!("{:?}", SECRET.as_bytes()),
        ] {
            assert!(!text.contains(secret), "{}: {text}", message_type.full_name);
        }
        assert_eq!(filler.hidden > 0, text.contains("[REDACTED]"), "{text}");
        hidden = hidden.max(filler.hidden);
    }
    hidden
}

pub(crate) fn is_hidden(field: &FieldDescriptor) -> bool {
    let options = field.options();
    options
        .get_field_by_name("debug_redact")
        .is_some_and(|value| value.as_bool() == Some(true))
}

struct Filler {
    /// Which member of each oneof is set.
    round: usize,
    hidden: usize,
}

impl Filler {
    fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        secret: bool,
        depth: usize,
    ) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let chosen = field.containing_oneof().is_none_or(|oneof| {
                let members: Vec<_> = oneof.fields().collect();
                members[self.round % members.len()] == field
            });
            if chosen && depth < 5 {
                let secret = secret || is_hidden(&field);
                self.hidden += usize::from(is_hidden(&field));
                let value = self.field(&field, secret, depth + 1);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, secret: bool, depth: usize) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let value = self.value(&entry.map_entry_value_field().kind(), secret, depth);
                let key = match self.value(&entry.map_entry_key_field().kind(), secret, depth) {
                    Value::String(key) => MapKey::String(key),
                    Value::I32(key) => MapKey::I32(key),
                    Value::I64(key) => MapKey::I64(key),
                    Value::U32(key) => MapKey::U32(key),
                    Value::U64(key) => MapKey::U64(key),
                    _ => MapKey::Bool(true),
                };
                Value::Map([(key, value)].into())
            }
            kind if field.is_list() => Value::List(vec![self.value(&kind, secret, depth)]),
            kind => self.value(&kind, secret, depth),
        }
    }

    fn value(&mut self, kind: &Kind, secret: bool, depth: usize) -> Value {
        let number = if secret { NUMBER } else { 1 };
        let text = if secret { SECRET } else { "visible" };
        match kind {
            Kind::Message(message) => Value::Message(self.message(message, secret, depth)),
            Kind::String => Value::String(text.to_owned()),
            Kind::Bytes => Value::Bytes(text.as_bytes().to_vec().into()),
            Kind::Bool => Value::Bool(true),
            Kind::Enum(_) => Value::EnumNumber(number.into()),
            Kind::Double => Value::F64(number.into()),
            Kind::Float => Value::F32(number.into()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number.into()),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number.into()),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(number.into()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(number.into()),
        }
    }
}
