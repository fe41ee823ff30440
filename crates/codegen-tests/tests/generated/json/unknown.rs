use runner_configuration_codegen_tests::kinds::{Empty, Nested, Optionals, Scalars};

use super::{read, refused};

#[test]
fn unknown_fields_are_passed_over_at_every_depth() {
    let json = r#"{"int32Value": 1, "new": {"a": [1, {"b": null}]}, "inner": {"new": "x"}}"#;
    assert_eq!(read::<Scalars>(json).int32_value, 1);
    assert!(read::<Nested>(json).inner.is_some());
    assert_eq!(read::<Empty>(json), Empty {});
}

#[test]
fn a_field_may_not_occur_twice_not_even_under_its_two_names() {
    for json in [
        r#"{"int32Value": 1, "int32Value": 1}"#,
        r#"{"int32Value": 1, "int32_value": 2}"#,
        r#"{"colour": 0, "colour": null}"#,
    ] {
        assert!(
            refused::<Scalars>(json).contains("duplicate field"),
            "{json}"
        );
    }
}

#[test]
fn a_field_that_was_null_may_not_occur_again() {
    for json in [
        r#"{"int32Value": null, "int32Value": 1}"#,
        r#"{"int32Value": 1, "int32Value": null}"#,
        r#"{"int32Value": null, "int32_value": null}"#,
        r#"{"colour": "UNKNOWN", "colour": 1}"#,
        r#"{"message": null, "message": {}}"#,
        r#"{"timestamp": null, "int32Value": 1, "timestamp": "1970-01-01T00:00:00Z"}"#,
    ] {
        assert!(
            refused::<Optionals>(json).contains("duplicate field"),
            "{json}"
        );
    }
}

#[test]
fn what_is_passed_over_has_to_be_json() {
    for json in [
        r#"{"new": 01}"#,
        r#"{"new": 'x'}"#,
        r#"{"new": 1,}"#,
        r#"{"int32Value": 1"#,
        "[]",
        "1",
        "",
        r#"{"new"}"#,
    ] {
        refused::<Scalars>(json);
    }
}
