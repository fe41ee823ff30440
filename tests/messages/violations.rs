//! The hand-written messages of `buf.validate` are those of proto/buf/validate/validate.proto.

use prost_reflect::DynamicMessage;
use prost_reflect::prost::{Message, Name};
use runner_configuration::validate::{FieldPath, FieldPathElement, Violation, Violations};

use crate::all::pool;
use crate::arbitrary::Arbitrary;
use crate::types::reflected_json;

/// prost drops what it does not know, so a field with another number or type would not come back.
fn check<M: Message + Name + Default>() {
    let descriptor = pool().get_message_by_name(&M::full_name()).unwrap();
    for seed in 0..500 {
        let message = Arbitrary::new(seed).message(&descriptor);
        let binary = M::decode(&*message.encode_to_vec())
            .unwrap()
            .encode_to_vec();
        let read = DynamicMessage::decode(descriptor.clone(), &*binary).unwrap();
        let (read, expected) = (reflected_json(&read), reflected_json(&message));
        assert_eq!(read, expected, "{} {seed}", descriptor.full_name());
    }
}

#[test]
fn every_field_comes_back() {
    check::<Violations>();
    check::<Violation>();
    check::<FieldPath>();
    check::<FieldPathElement>();
}

#[test]
fn the_copy_that_comes_with_the_generator_is_the_same_file() {
    let own = include_str!("../../proto/buf/validate/validate.proto");
    let copy = include_str!("../../crates/codegen/proto/buf/validate/validate.proto");
    assert_eq!(own, copy);
}
