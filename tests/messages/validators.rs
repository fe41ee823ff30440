use prost_reflect::prost::Message as _;
use runner_configuration::FILE_DESCRIPTOR_SET;
use runner_configuration::v1::ValidateRunnerConfigurationRequest;
use runner_configuration::v1::validate_runner_configuration_request::Config;
use runner_configuration::validate::Validate as _;

use crate::all::{all, pool};
use crate::protovalidate;

const PACKAGE: &str = "gitpod.v1";

#[test]
fn the_validators_say_what_protovalidate_says() {
    let answers = include_str!("../snapshots/violations.json");
    protovalidate::compare(&all(), &pool(), PACKAGE, answers);
}

#[test]
#[ignore = "writes the input of tests/messages/oracle/regenerate.sh"]
fn oracle_input() {
    protovalidate::write_input(&pool(), PACKAGE, FILE_DESCRIPTOR_SET);
}

#[test]
fn the_message_whose_rules_are_disabled_is_not_checked_at_any_depth() {
    let request = ValidateRunnerConfigurationRequest {
        runner_id: "no UUID".into(),
        config: Some(Config::EnvironmentClass(Default::default())),
    };
    assert_eq!(request.validate(), Ok(()));
    assert!(request.encoded_len() > 0);
}
