use runner_configuration_codegen_tests::kinds::{
    Aliased, Aliases, Choices, Colour, Lists, Maps, Nested, Optionals, Scalars, choices, nested,
};

use super::{read, refused, rewritten};

#[test]
fn names_and_numbers_are_read() {
    for (value, number) in [
        (r#""COLOUR_RED""#, 1),
        ("1", 1),
        ("1.0", 1),
        ("1e0", 1),
        (r#""COLOUR_INFRARED""#, -1),
        ("-1", -1),
        ("2147483647", i32::MAX),
        ("99", 99),
        ("-2147483648", i32::MIN),
    ] {
        let json = format!(r#"{{"colour": {value}}}"#);
        assert_eq!(read::<Scalars>(&json).colour, number, "{value}");
        assert_eq!(read::<Optionals>(&json).colour, Some(number), "{value}");
        assert_eq!(
            read::<Choices>(&json).choice,
            Some(choices::Choice::Colour(number)),
            "{value}"
        );
        assert_eq!(
            read::<Lists>(&format!(r#"{{"colour": [{value}]}}"#)).colour,
            [number],
            "{value}"
        );
        let map: Maps = read(&format!(r#"{{"colour": {{"a": {value}}}}}"#));
        assert_eq!(map.colour["a"], number, "{value}");
    }
}

#[test]
fn a_number_without_a_name_is_written_as_a_number() {
    let scalars = Scalars {
        colour: 99,
        ..Scalars::default()
    };
    assert_eq!(serde_json::to_string(&scalars).unwrap(), r#"{"colour":99}"#);
    for json in [
        r#"{"colour":-7}"#,
        r#"{"colour":"COLOUR_INFRARED"}"#,
        r#"{"colour":"COLOUR_GREEN"}"#,
    ] {
        assert_eq!(rewritten::<Scalars>(json), json);
        assert_eq!(rewritten::<Optionals>(json), json);
        assert_eq!(rewritten::<Choices>(json), json);
    }
    let list = r#"{"colour":["COLOUR_RED",99,"COLOUR_UNSPECIFIED"]}"#;
    assert_eq!(rewritten::<Lists>(list), list);
    let map = r#"{"colour":{"a":99}}"#;
    assert_eq!(rewritten::<Maps>(map), map);
    let by_number = r#"{"colourByNumber":{"-5":"COLOUR_RED"}}"#;
    assert_eq!(rewritten::<Maps>(by_number), by_number);
}

#[test]
fn an_unknown_name_counts_as_absent() {
    assert_eq!(read::<Scalars>(r#"{"colour": "BLUE"}"#), Scalars::default());
    assert_eq!(
        read::<Optionals>(r#"{"colour": "BLUE"}"#),
        Optionals::default()
    );
    assert_eq!(read::<Choices>(r#"{"colour": "BLUE"}"#), Choices::default());
    assert_eq!(
        read::<Lists>(r#"{"colour": ["BLUE", "COLOUR_RED", "colour_red"]}"#).colour,
        [1]
    );
    let map: Maps = read(r#"{"colour": {"a": "BLUE", "b": 1}, "colourByNumber": {"1": "BLUE"}}"#);
    assert_eq!(
        (
            map.colour.len(),
            map.colour["b"],
            map.colour_by_number.len()
        ),
        (1, 1, 0)
    );
}

#[test]
fn other_values_are_refused() {
    for value in [
        "1.5",
        "2147483648",
        "-2147483649",
        "1e10",
        "true",
        "{}",
        "[]",
    ] {
        refused::<Scalars>(&format!(r#"{{"colour": {value}}}"#));
        refused::<Lists>(&format!(r#"{{"colour": [{value}]}}"#));
    }
}

#[test]
fn every_alias_is_read_and_the_first_is_written() {
    for name in ["ALIASED_FIRST", "ALIASED_SECOND"] {
        let message: Aliases = read(&format!(
            r#"{{"one": "{name}", "many": ["{name}", "ALIASED_OTHER"]}}"#
        ));
        assert_eq!(
            (message.one(), &message.many[..]),
            (Aliased::First, &[1, 2][..]),
            "{name}"
        );
    }
    assert_eq!(
        rewritten::<Aliases>(r#"{"one": "ALIASED_SECOND"}"#),
        r#"{"one":"ALIASED_FIRST"}"#
    );
}

#[test]
fn enums_of_the_same_name_are_told_apart() {
    let json = r#"{"innerColour":"COLOUR_BLACK","outerColour":"COLOUR_RED"}"#;
    let message: Nested = read(json);
    assert_eq!(
        (message.inner_colour(), message.outer_colour()),
        (nested::Colour::Black, Colour::Red)
    );
    assert_eq!(rewritten::<Nested>(json), json);
}
