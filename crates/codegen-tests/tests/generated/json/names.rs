use runner_configuration_codegen_tests::kinds::{Words, words};

use super::{read, rewritten};

#[test]
fn fields_are_read_by_both_names_and_written_by_the_json_name() {
    for (proto, json) in [
        ("type", "type"),
        ("match", "match"),
        ("self", "self"),
        ("crate", "crate"),
        ("async", "async"),
        ("gen", "gen"),
        ("camelCase", "camelCase"),
        ("UPPER_CASE", "UPPERCASE"),
        ("with__two", "withTwo"),
        ("number_1_a", "number1A"),
        ("renamed", "@other"),
        ("struct", "struct"),
        ("super", "super"),
        ("seen", "seen"),
        ("map", "map"),
        ("k", "k"),
    ] {
        let expected = format!(r#"{{"{json}":"x"}}"#);
        assert_eq!(rewritten::<Words>(&expected), expected);
        assert_eq!(
            rewritten::<Words>(&format!(r#"{{"{proto}":"x"}}"#)),
            expected
        );
    }
}

#[test]
fn words_that_rust_reserves_have_the_names_that_prost_gives_them() {
    let message: Words =
        read(r#"{"type":"a","self":"b","gen":"c","super":"d","nested":{"value":"e"}}"#);
    assert_eq!(
        (&*message.r#type, &*message.self_, &*message.r#gen),
        ("a", "b", "c")
    );
    assert_eq!(message.r#enum, Some(words::Enum::Super("d".into())));
    assert_eq!(message.nested.unwrap().value, "e");
    let boxed: Words = read(r#"{"box": {}}"#);
    assert!(matches!(boxed.r#enum, Some(words::Enum::Box(_))));
}
