//! Arbitrary messages, compared with what prost-reflect makes of them.

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use runner_configuration_codegen_tests::{FILE_DESCRIPTOR_SET, kinds};

use crate::arbitrary::Arbitrary;
use crate::redaction;
use crate::types::{MessageType, message_types, messages_of, reflected_json};

fn kinds() -> Vec<MessageType> {
    message_types![
        kinds::AlwaysWritten,
        kinds::Aliases,
        kinds::Box,
        kinds::Choices,
        kinds::Deprecated,
        kinds::Empty,
        kinds::Lists,
        kinds::Maps,
        kinds::Nested,
        kinds::nested::Scalars,
        kinds::nested::scalars::Deeper,
        kinds::Optionals,
        kinds::Recursive,
        kinds::Scalars,
        kinds::Secrets,
        kinds::secrets::Harmless,
        kinds::secrets::Inner,
        kinds::Type,
        kinds::r#type::Gen,
        kinds::Words,
    ]
}

fn pool() -> DescriptorPool {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap()
}

#[test]
fn no_message_is_missing() {
    for message in messages_of(&pool(), "kinds.v1") {
        let name = message.full_name();
        assert!(
            kinds().iter().any(|known| known.full_name == name),
            "{name}"
        );
    }
}

#[test]
fn the_json_of_arbitrary_messages_is_that_of_prost_reflect() {
    for message_type in kinds() {
        let name = &message_type.full_name;
        if name == "kinds.v1.AlwaysWritten" {
            continue;
        }
        let descriptor = message_type.descriptor(&pool());
        for seed in 0..100 {
            let message = Arbitrary::new(seed).message(&descriptor);
            let expected = reflected_json(&message);
            let json = (message_type.to_json)(&message.encode_to_vec()).unwrap();
            assert_eq!(json, expected, "{name} {seed}");

            let read = (message_type.from_json)(&expected.to_string()).unwrap();
            let read = DynamicMessage::decode(descriptor.clone(), &*read).unwrap();
            assert_eq!(reflected_json(&read), expected, "{name} {seed}");
        }
    }
}

#[test]
fn debug_shows_no_hidden_field_of_any_message() {
    for message_type in kinds() {
        redaction::check(&message_type, &pool());
    }
}
