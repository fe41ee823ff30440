//! Lists of numbers and enums on the wire.

use prost_reflect::prost::Message as _;
use runner_configuration_codegen_tests::{kinds, rules};

#[test]
fn lists_are_packed_also_where_the_field_has_options() {
    let without_options = kinds::Lists {
        colour: vec![1, 2],
        ..Default::default()
    };
    assert_eq!(without_options.encode_to_vec(), [0x82, 0x01, 2, 1, 2]);
    let with_rules = rules::Lists {
        numbers: vec![1, 2],
        sizes: vec![1, 0],
        ..Default::default()
    };
    let expected = [0x1a, 2, 1, 2, 0x22, 2, 1, 0];
    assert_eq!(with_rules.encode_to_vec(), expected);
}

#[test]
#[expect(deprecated, reason = "the option that is set")]
fn lists_are_not_packed_where_an_option_says_so() {
    let message = kinds::Deprecated {
        packed: vec![1, 2],
        unpacked: vec![1, 2],
        ..Default::default()
    };
    let expected = [0x2a, 2, 1, 2, 0x30, 2, 0x30, 4];
    assert_eq!(message.encode_to_vec(), expected);
}
