//! Messages whose .proto file imports that of another crate use the Rust types of that crate.

use runner_configuration::v1::{EnvironmentClass, RunnerKind, RunnerProvider};
use runner_configuration_codegen_tests::fleet::{Fleet, fleet::First};
use runner_configuration_runtime::validate::Validate;

fn fleet() -> Fleet {
    Fleet {
        name: "a".into(),
        kind: RunnerKind::Remote.into(),
        providers: vec![RunnerProvider::AwsEc2.into(), 99],
        kind_by_name: [("b".to_owned(), RunnerKind::Remote.into())].into(),
        classes: vec![EnvironmentClass {
            display_name: "Large".into(),
            description: "Many cores".into(),
            ..EnvironmentClass::default()
        }],
        first: Some(First::OnlyKind(RunnerKind::Remote.into())),
        value: None,
        key: "s3cret".into(),
    }
}

#[test]
fn json_has_the_names_of_the_other_crates_enums() {
    let json = concat!(
        r#"{"name":"a","kind":"RUNNER_KIND_REMOTE","providers":["RUNNER_PROVIDER_AWS_EC2",99],"#,
        r#""kindByName":{"b":"RUNNER_KIND_REMOTE"},"#,
        r#""classes":[{"displayName":"Large","description":"Many cores"}],"key":"s3cret","#,
        r#""onlyKind":"RUNNER_KIND_REMOTE"}"#,
    );
    assert_eq!(serde_json::to_string(&fleet()).unwrap(), json);
    assert_eq!(serde_json::from_str::<Fleet>(json).unwrap(), fleet());
}

#[test]
fn the_rules_of_the_other_crate_hold_inside() {
    assert_eq!(fleet().validate(), Ok(()));
    let mut fleet = fleet();
    fleet.kind = 99;
    fleet.classes[0].description.clear();
    fleet.first = Some(First::Class(Default::default()));
    let violations = fleet.validate().unwrap_err().to_string();
    let expected = [
        "kind: value must be one of the defined enum values [enum.defined_only]",
        "classes[0].description: must be at least 3 characters [string.min_len]",
        "class.runner_id: value is empty, which is not a valid UUID [string.uuid_empty]",
        "class.display_name: must be at least 3 characters [string.min_len]",
        "class.description: must be at least 3 characters [string.min_len]",
    ];
    assert_eq!(violations, expected.join("; "));
}

#[test]
fn debug_hides_and_names() {
    let text = format!("{:?}", fleet());
    assert!(
        text.contains("kind: Remote, providers: [AwsEc2, 99]"),
        "{text}"
    );
    assert!(text.contains("first: Some(OnlyKind(Remote))"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
