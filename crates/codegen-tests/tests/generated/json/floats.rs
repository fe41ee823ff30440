use runner_configuration_codegen_tests::kinds::{Choices, Lists, Maps, Optionals, Scalars};

use super::{read, refused, rewritten};

#[test]
fn the_values_that_json_has_no_numbers_for_are_strings() {
    for value in [r#""NaN""#, r#""Infinity""#, r#""-Infinity""#] {
        for field in ["doubleValue", "floatValue"] {
            let json = format!(r#"{{"{field}":{value}}}"#);
            assert_eq!(rewritten::<Scalars>(&json), json);
            assert_eq!(rewritten::<Optionals>(&json), json);
            assert_eq!(rewritten::<Choices>(&json), json);
            let list = format!(r#"{{"{field}":[{value},1.5]}}"#);
            assert_eq!(rewritten::<Lists>(&list), list);
            let map = format!(r#"{{"{field}":{{"a":{value}}}}}"#);
            assert_eq!(rewritten::<Maps>(&map), map);
        }
    }
}

#[test]
fn numbers_are_read_from_strings_too() {
    assert_eq!(
        read::<Scalars>(r#"{"doubleValue": "-1.5e3"}"#).double_value,
        -1500.0
    );
    assert_eq!(read::<Scalars>(r#"{"floatValue": 3}"#).float_value, 3.0);
    assert_eq!(
        read::<Scalars>(r#"{"doubleValue": 18446744073709551616}"#).double_value,
        18_446_744_073_709_551_616.0
    );
}

#[test]
fn doubles_come_back_exactly() {
    for value in [
        "0.1",
        "5e-324",
        "1.7976931348623157e308",
        "9007199254740993.5",
        "123.45600000000002",
    ] {
        let expected: f64 = value.parse().unwrap();
        let message: Scalars = read(&format!(r#"{{"doubleValue": {value}}}"#));
        assert_eq!(
            message.double_value.to_bits(),
            expected.to_bits(),
            "{value}"
        );
        let again: Scalars = read(&serde_json::to_string(&message).unwrap());
        assert_eq!(again.double_value.to_bits(), expected.to_bits(), "{value}");
    }
}

#[test]
fn values_out_of_range_and_other_texts_are_refused() {
    for value in [
        "1e309",
        "-1e309",
        r#""1e309""#,
        r#""inf""#,
        r#""infinity""#,
        r#""nan""#,
        r#""+1""#,
        r#"".5""#,
        r#""1.""#,
        r#""""#,
        "true",
        "[]",
    ] {
        refused::<Scalars>(&format!(r#"{{"doubleValue": {value}}}"#));
    }
    refused::<Scalars>(r#"{"floatValue": 3.5e38}"#);
    refused::<Scalars>(r#"{"floatValue": "-3.5e38"}"#);
}
