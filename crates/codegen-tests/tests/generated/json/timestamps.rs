use runner_configuration_codegen_tests::kinds::{Choices, Lists, Maps, Optionals};
use runner_configuration_runtime::Timestamp;

use super::{read, refused, rewritten};

#[test]
fn output_is_in_utc_with_as_many_digits_as_needed_in_groups_of_three() {
    for (nanos, text) in [
        (0, "Z"),
        (500_000_000, ".500Z"),
        (1_000, ".000001Z"),
        (1, ".000000001Z"),
    ] {
        let message = Optionals {
            timestamp: Some(Timestamp {
                seconds: 1_772_323_200,
                nanos,
            }),
            ..Optionals::default()
        };
        let json = format!(r#"{{"timestamp":"2026-03-01T00:00:00{text}"}}"#);
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(read::<Optionals>(&json), message);
        assert_eq!(rewritten::<Choices>(&json), json);
    }
    let list = r#"{"timestamp":["2026-03-01T00:00:00Z"]}"#;
    assert_eq!(rewritten::<Lists>(list), list);
    let map = r#"{"timestamp":{"a":"2026-03-01T00:00:00Z"}}"#;
    assert_eq!(rewritten::<Maps>(map), map);
}

#[test]
fn any_offset_is_taken_off() {
    let json = r#"{"timestamp": "2026-03-01T01:30:00.25+01:30"}"#;
    assert_eq!(
        rewritten::<Optionals>(json),
        r#"{"timestamp":"2026-03-01T00:00:00.250Z"}"#
    );
}

#[test]
fn other_forms_are_refused() {
    for text in [
        "2026-03-01t00:00:00Z",
        "2026-03-01T00:00:00z",
        "2026-03-01 00:00:00Z",
        "2026-03-01T00:00:60Z",
        "2026-03-01T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00.Z",
        "2026-03-01T00:00:00.1234567891Z",
        "2026-03-01T00:00:00\u{2212}08:00",
        "2026-03-01T00:00:00+0800",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "2026-03-01",
        "",
    ] {
        refused::<Optionals>(&format!(r#"{{"timestamp": "{text}"}}"#));
    }
    for value in ["0", r#"{"seconds": 1}"#, "[]", "true"] {
        refused::<Optionals>(&format!(r#"{{"timestamp": {value}}}"#));
    }
}

#[test]
fn a_value_that_is_no_time_is_not_written() {
    for (seconds, nanos) in [
        (253_402_300_800, 0),
        (-62_135_596_801, 0),
        (0, -1),
        (0, 1_000_000_000),
    ] {
        let message = Optionals {
            timestamp: Some(Timestamp { seconds, nanos }),
            ..Optionals::default()
        };
        assert!(
            serde_json::to_string(&message).is_err(),
            "{seconds} {nanos}"
        );
    }
}
