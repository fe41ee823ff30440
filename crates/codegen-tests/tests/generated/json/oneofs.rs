use runner_configuration_codegen_tests::kinds::{Choices, choices::Choice};

use super::{read, refused, rewritten};

#[test]
fn a_member_is_written_even_where_it_has_its_zero_value() {
    for json in [
        r#"{"doubleValue":0.0}"#,
        r#"{"int32Value":0}"#,
        r#"{"int64Value":"0"}"#,
        r#"{"boolValue":false}"#,
        r#"{"stringValue":""}"#,
        r#"{"bytesValue":""}"#,
        r#"{"colour":"COLOUR_UNSPECIFIED"}"#,
        r#"{"message":{}}"#,
        r#"{"timestamp":"1970-01-01T00:00:00Z"}"#,
        r#"{"nested":{"nested":{"left":"a"}}}"#,
        r#"{"beside":"x","int32Value":1,"right":"y"}"#,
    ] {
        assert_eq!(rewritten::<Choices>(json), json);
    }
}

#[test]
fn two_members_of_a_oneof_are_refused() {
    for json in [
        r#"{"int32Value": 1, "stringValue": "a"}"#,
        r#"{"int32Value": 1, "int32_value": 1}"#,
        r#"{"message": {}, "nested": {}}"#,
        r#"{"message": null, "message": {}}"#,
        r#"{"message": null, "int32Value": 1, "message": null}"#,
    ] {
        assert!(
            refused::<Choices>(json).contains("duplicate field"),
            "{json}"
        );
    }
}

#[test]
fn null_is_no_member() {
    for json in [
        r#"{"stringValue": null, "int32Value": 1}"#,
        r#"{"int32Value": 1, "stringValue": null}"#,
        r#"{"message": null, "int32Value": 1, "colour": null}"#,
    ] {
        let message: Choices = read(json);
        assert_eq!(message.choice, Some(Choice::Int32Value(1)), "{json}");
    }
}
