use runner_configuration_codegen_tests::kinds::Maps;

use super::{read, refused, rewritten};

#[test]
fn keys_of_all_types_are_strings() {
    for (field, key) in [
        ("int32Key", "-2147483648"),
        ("int64Key", "-9223372036854775808"),
        ("uint32Key", "4294967295"),
        ("uint64Key", "18446744073709551615"),
        ("sint32Key", "-1"),
        ("sint64Key", "-1"),
        ("fixed32Key", "1"),
        ("fixed64Key", "1"),
        ("sfixed32Key", "-1"),
        ("sfixed64Key", "0"),
        ("boolKey", "true"),
        ("boolKey", "false"),
        ("stringValue", ""),
        ("stringValue", "ä\\n"),
    ] {
        let json = format!(r#"{{"{field}":{{"{key}":"x"}}}}"#);
        assert_eq!(rewritten::<Maps>(&json), json);
    }
}

#[test]
fn values_of_all_types_come_back() {
    for json in [
        r#"{"doubleValue":{"a":1.5}}"#,
        r#"{"int32Value":{"a":0}}"#,
        r#"{"int64Value":{"a":"-1"}}"#,
        r#"{"uint64Value":{"a":"18446744073709551615"}}"#,
        r#"{"boolValue":{"a":false}}"#,
        r#"{"bytesValue":{"a":"+/8="}}"#,
        r#"{"colour":{"a":"COLOUR_UNSPECIFIED"}}"#,
        r#"{"message":{"a":{"int32Value":1}}}"#,
        r#"{"message":{"a":{}}}"#,
    ] {
        assert_eq!(rewritten::<Maps>(json), json);
    }
    assert_eq!(
        read::<Maps>(r#"{"int64Value": {"a": 1e3}}"#).int64_value["a"],
        1000
    );
}

#[test]
fn a_key_may_not_occur_twice() {
    for json in [
        r#"{"stringValue": {"a": "1", "a": "1"}}"#,
        r#"{"int32Key": {"1": "x", "1": "y"}}"#,
        r#"{"boolKey": {"true": "x", "true": "y"}}"#,
        r#"{"message": {"a": {}, "a": {}}}"#,
        r#"{"colour": {"a": 1, "a": 2}}"#,
    ] {
        assert!(
            refused::<Maps>(json).contains("a key occurs twice"),
            "{json}"
        );
    }
}

#[test]
fn keys_of_another_type_are_refused() {
    for json in [
        r#"{"int32Key": {"a": "x"}}"#,
        r#"{"int32Key": {"": "x"}}"#,
        r#"{"int32Key": {"2147483648": "x"}}"#,
        r#"{"uint32Key": {"-1": "x"}}"#,
        r#"{"boolKey": {"1": "x"}}"#,
        r#"{"boolKey": {"True": "x"}}"#,
        r#"{"int32Key": []}"#,
    ] {
        refused::<Maps>(json);
    }
}
