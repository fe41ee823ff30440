use runner_configuration_codegen_tests::kinds::{Lists, Optionals, Scalars};

use super::{read, refused, rewritten};

const SIGNED_32: [&str; 3] = ["int32Value", "sint32Value", "sfixed32Value"];
const UNSIGNED_32: [&str; 2] = ["uint32Value", "fixed32Value"];
const SIGNED_64: [&str; 3] = ["int64Value", "sint64Value", "sfixed64Value"];
const UNSIGNED_64: [&str; 2] = ["uint64Value", "fixed64Value"];

fn all() -> impl Iterator<Item = &'static str> {
    [&SIGNED_32[..], &UNSIGNED_32, &SIGNED_64, &UNSIGNED_64]
        .concat()
        .into_iter()
}

fn with(field: &str, value: &str) -> String {
    format!(r#"{{"{field}":{value}}}"#)
}

#[test]
fn integral_numbers_are_read_however_they_are_written() {
    for field in all() {
        let written = if field.contains("64") {
            r#""100000""#
        } else {
            "100000"
        };
        for value in [
            "100000",
            "100000.0",
            "100000.000",
            "1e5",
            "1E+5",
            "10.0e4",
            r#""100000""#,
            r#""1e5""#,
            r#""1.0e5""#,
            r#""1000000e-1""#,
        ] {
            let json = with(field, value);
            assert_eq!(rewritten::<Scalars>(&json), with(field, written), "{json}");
            assert_eq!(
                rewritten::<Optionals>(&json),
                with(field, written),
                "{json}"
            );
            let list = with(field, &format!("[{value}]"));
            assert_eq!(
                rewritten::<Lists>(&list),
                with(field, &format!("[{written}]")),
                "{list}"
            );
        }
    }
}

#[test]
fn other_values_are_refused() {
    for field in all() {
        for value in [
            "0.5",
            "1e-1",
            "1e400",
            r#""""#,
            r#"" 1""#,
            r#""1 ""#,
            r#""+1""#,
            r#""01""#,
            r#""1.""#,
            r#"".5""#,
            r#""0x1""#,
            r#""1,000""#,
            r#""NaN""#,
            "true",
            "[1]",
            "{}",
        ] {
            refused::<Scalars>(&with(field, value));
            refused::<Optionals>(&with(field, value));
            refused::<Lists>(&with(field, &format!("[{value}]")));
        }
    }
}

#[test]
fn the_whole_range_is_read_and_nothing_beyond() {
    let cases: [(&[&str], i128, i128); 4] = [
        (&SIGNED_32, i32::MIN.into(), i32::MAX.into()),
        (&UNSIGNED_32, 0, u32::MAX.into()),
        (&SIGNED_64, i64::MIN.into(), i64::MAX.into()),
        (&UNSIGNED_64, 0, u64::MAX.into()),
    ];
    for (fields, min, max) in cases {
        for field in fields {
            for value in [min, max] {
                let (plain, quoted) = (
                    with(field, &value.to_string()),
                    with(field, &format!("\"{value}\"")),
                );
                let expected = match value {
                    0 => "{}",
                    _ if field.contains("64") => &quoted,
                    _ => &plain,
                };
                assert_eq!(rewritten::<Scalars>(&plain), expected);
                assert_eq!(rewritten::<Scalars>(&quoted), expected);
            }
            for value in [min - 1, max + 1] {
                refused::<Scalars>(&with(field, &value.to_string()));
                refused::<Scalars>(&with(field, &format!("\"{value}\"")));
            }
        }
    }
}

#[test]
fn a_zero_is_written_only_where_presence_is_tracked() {
    assert_eq!(
        rewritten::<Scalars>(r#"{"int32Value":0,"boolValue":false,"stringValue":""}"#),
        "{}"
    );
    let json = r#"{"int32Value":0,"boolValue":false,"stringValue":""}"#;
    assert_eq!(rewritten::<Optionals>(json), json);
}

#[test]
fn text_and_truth_are_not_converted() {
    for json in [
        r#"{"boolValue": "true"}"#,
        r#"{"boolValue": 1}"#,
        r#"{"stringValue": 1}"#,
        r#"{"stringValue": true}"#,
    ] {
        refused::<Scalars>(json);
    }
    let lone_surrogate = r#"{"stringValue": "\ud800"}"#;
    refused::<Scalars>(lone_surrogate);
    assert_eq!(
        read::<Scalars>(r#"{"stringValue": "\ud83d\ude00"}"#).string_value,
        "😀"
    );
}
