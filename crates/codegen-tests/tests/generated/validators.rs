//! Validators. The wording of every rule is compared with protovalidate's; below stands what it can't be asked for.

use prost_reflect::DescriptorPool;
use runner_configuration_codegen_tests::{FILE_DESCRIPTOR_SET, rules};
use runner_configuration_runtime::validate::Validate;

use crate::protovalidate;
use crate::types::message_types;

const PACKAGE: &str = "rules.v1";

fn pool() -> DescriptorPool {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap()
}

#[test]
fn the_validators_say_what_protovalidate_says() {
    let types = message_types![
        rules::Disorder,
        rules::Enums,
        rules::Holder,
        rules::Ignored,
        rules::Lists,
        rules::Numbers,
        rules::Part,
        rules::Presence,
        rules::Required,
        rules::Texts,
        rules::Tree,
    ];
    let answers = include_str!("../snapshots/violations.json");
    protovalidate::compare(&types, &pool(), PACKAGE, answers);
}

#[test]
#[ignore = "writes the input of tests/messages/oracle/regenerate.sh"]
fn oracle_input() {
    protovalidate::write_input(&pool(), PACKAGE, FILE_DESCRIPTOR_SET);
}

#[test]
fn a_disabled_message_is_not_checked_and_neither_is_what_is_inside_it() {
    let disabled = rules::Disabled {
        text: String::new(),
        part: Some(rules::Part::default()),
    };
    assert_eq!(disabled.validate(), Ok(()));
    let tree = rules::Tree {
        name: "a".into(),
        disabled: Some(disabled),
        ..rules::Tree::default()
    };
    assert_eq!(tree.validate(), Ok(()));
}

#[test]
fn a_tree_is_checked_at_every_depth_with_the_whole_path() {
    let leaf = || rules::Tree::default();
    let tree = rules::Tree {
        name: "root".into(),
        left: Some(Box::new(rules::Tree {
            name: "left".into(),
            branches: vec![
                rules::Tree {
                    name: "b".into(),
                    ..leaf()
                },
                leaf(),
            ],
            ..leaf()
        })),
        more: Some(rules::tree::More::Other(Box::new(leaf()))),
        ..leaf()
    };
    assert_eq!(
        tree.validate().unwrap_err().to_string(),
        "left.branches[1].name: must be at least 1 characters [string.min_len]; \
         other.name: must be at least 1 characters [string.min_len]"
    );
}
