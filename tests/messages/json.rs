//! The JSON of every message, compared with what prost-reflect makes of the same binary message.

use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message as _;
use serde_json::Value;

use crate::all::{all, pool};
use crate::arbitrary::Arbitrary;
use crate::lists::is_always_written;
use crate::types::reflected_json;

const MESSAGES_OF_EACH_TYPE: u64 = 100;

#[test]
fn the_json_of_arbitrary_messages_is_that_of_prost_reflect() {
    for message_type in all() {
        let descriptor = message_type.descriptor(&pool());
        for seed in 0..MESSAGES_OF_EACH_TYPE {
            let message = Arbitrary::new(seed).message(&descriptor);
            let mut expected = reflected_json(&message);
            // The one difference, and it is inside what the mapping allows.
            if let Value::Object(fields) = &mut expected {
                for list in descriptor.fields().filter(is_always_written) {
                    fields
                        .entry(list.json_name())
                        .or_insert(Value::Array(Vec::new()));
                }
            }
            let json = (message_type.to_json)(&message.encode_to_vec()).unwrap();
            assert_eq!(json, expected, "{} {seed}", message_type.full_name);
        }
    }
}

#[test]
fn arbitrary_messages_come_back_from_the_json_of_prost_reflect_and_from_their_own() {
    for message_type in all() {
        let descriptor = message_type.descriptor(&pool());
        for seed in 0..MESSAGES_OF_EACH_TYPE {
            let message = Arbitrary::new(seed).message(&descriptor);
            let expected = reflected_json(&message);
            let own = (message_type.to_json)(&message.encode_to_vec()).unwrap();
            for json in [&expected, &own] {
                let binary = (message_type.from_json)(&json.to_string()).unwrap();
                let read = DynamicMessage::decode(descriptor.clone(), &*binary).unwrap();
                let read = reflected_json(&read);
                assert_eq!(read, expected, "{} {seed}", message_type.full_name);
            }
        }
    }
}

#[test]
fn every_field_may_be_null_and_have_its_proto_name() {
    for message_type in all() {
        let descriptor = message_type.descriptor(&pool());
        for field in descriptor.fields() {
            for name in [field.name(), field.json_name()] {
                let json = format!(r#"{{"{name}": null, "unknown": {{}}}}"#);
                let binary = (message_type.from_json)(&json).unwrap();
                assert!(binary.is_empty(), "{}", field.full_name());
            }
        }
    }
}
