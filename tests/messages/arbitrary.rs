//! Messages with arbitrary values, the same ones in every run, for any descriptor.

use std::collections::HashMap;

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};

use crate::random::Random;

/// Makes messages from a seed.
pub(crate) struct Arbitrary {
    random: Random,
}

const DEEPEST: usize = 4;

impl Arbitrary {
    /// Messages in which about half of the fields are set.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
        }
    }

    pub(crate) fn message(&mut self, descriptor: &MessageDescriptor) -> DynamicMessage {
        self.message_at(descriptor, 0)
    }

    fn message_at(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        if descriptor.full_name() == "google.protobuf.Timestamp" {
            let seconds = [-62_135_596_800, -1, 0, 1_772_323_200, 253_402_300_799];
            let nanos = [0, 1, 999_999_999, 500_000_000, 1_000, 123_456_000];
            message.set_field_by_name("seconds", Value::I64(self.random.one_of(&seconds)));
            message.set_field_by_name("nanos", Value::I32(self.random.one_of(&nanos)));
            return message;
        }
        // The members of a oneof in a random order: the last one that is set stays.
        let mut fields: Vec<_> = descriptor.fields().collect();
        for index in (1..fields.len()).rev() {
            fields.swap(index, self.random.below(index + 1));
        }
        for field in fields {
            let holds_message = matches!(field.kind(), Kind::Message(_));
            let deep = holds_message && depth >= DEEPEST;
            if !deep && self.random.below(2) == 0 {
                let value = self.field(&field, depth + 1);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let kind = field.kind();
        if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let entries: HashMap<_, _> = (0..self.len())
                .map(|_| (self.key(&key.kind()), self.value(&value.kind(), depth)))
                .collect();
            return Value::Map(entries);
        }
        if field.is_list() {
            let items = (0..self.len()).map(|_| self.value(&kind, depth)).collect();
            return Value::List(items);
        }
        self.value(&kind, depth)
    }

    fn len(&mut self) -> usize {
        self.random.below(3)
    }

    fn key(&mut self, kind: &Kind) -> MapKey {
        match self.value(kind, DEEPEST) {
            Value::Bool(key) => MapKey::Bool(key),
            Value::I32(key) => MapKey::I32(key),
            Value::I64(key) => MapKey::I64(key),
            Value::U32(key) => MapKey::U32(key),
            Value::U64(key) => MapKey::U64(key),
            Value::String(key) => MapKey::String(key),
            other => panic!("{other:?} is no key"),
        }
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> Value {
        match kind {
            Kind::Double => {
                let values = [
                    0.0,
                    1.5,
                    -2.25,
                    f64::MAX,
                    1e-300,
                    f64::NAN,
                    f64::NEG_INFINITY,
                ];
                Value::F64(self.random.one_of(&values))
            }
            Kind::Float => {
                let values = [0.0, 0.1, -2.25, f32::MAX, 1e-30, f32::NAN, f32::INFINITY];
                Value::F32(self.random.one_of(&values))
            }
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                let values = [0, 1, -1, 100, i32::MAX, i32::MIN];
                Value::I32(self.random.one_of(&values))
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                let values = [0, 1, -1, 9_007_199_254_740_993, i64::MAX, i64::MIN];
                Value::I64(self.random.one_of(&values))
            }
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.random.one_of(&[0, 1, 128, u32::MAX])),
            Kind::Uint64 | Kind::Fixed64 => {
                Value::U64(self.random.one_of(&[0, 1, 9_007_199_254_740_993, u64::MAX]))
            }
            Kind::Bool => Value::Bool(self.random.one_of(&[false, true])),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => {
                let len = self.random.below(4);
                Value::Bytes(Bytes::from_iter((0..len).map(|_| self.random.next() as u8)))
            }
            Kind::Enum(enumeration) => Value::EnumNumber(self.number_of(enumeration)),
            Kind::Message(message) => Value::Message(self.message_at(message, depth)),
        }
    }

    fn text(&mut self) -> String {
        let texts = [
            "",
            "a",
            "d2c94c27-3b76-4a42-b88c-95a85e392c68",
            "line\nbreak \"quoted\" \\ \u{0} \u{7f}",
            "ä€😀",
            "null",
            "</script>\u{2028}",
        ];
        self.random.one_of(&texts).to_owned()
    }

    fn number_of(&mut self, enumeration: &EnumDescriptor) -> i32 {
        let mut numbers: Vec<_> = enumeration.values().map(|value| value.number()).collect();
        numbers.push(12_345);
        self.random.one_of(&numbers)
    }
}
