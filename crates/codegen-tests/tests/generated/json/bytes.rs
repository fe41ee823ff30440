use runner_configuration_codegen_tests::kinds::{
    Choices, Lists, Maps, Optionals, Scalars, choices,
};

use super::{read, refused, rewritten};

#[test]
fn both_alphabets_are_read_with_and_without_padding_and_with_spare_bits() {
    for text in ["-_8=", "-_8", "+/8=", "+/8", "-_9", "-_9=", "+/9="] {
        let json = format!(r#"{{"bytesValue": "{text}"}}"#);
        let expected = [0xfb, 0xff];
        assert_eq!(read::<Scalars>(&json).bytes_value, expected, "{text}");
        assert_eq!(
            read::<Optionals>(&json).bytes_value.unwrap(),
            expected,
            "{text}"
        );
        assert_eq!(
            read::<Choices>(&json).choice,
            Some(choices::Choice::BytesValue(expected.into())),
            "{text}"
        );
        let list: Lists = read(&format!(r#"{{"bytesValue": ["{text}"]}}"#));
        assert_eq!(list.bytes_value, [expected], "{text}");
        let map: Maps = read(&format!(r#"{{"bytesValue": {{"a": "{text}"}}}}"#));
        assert_eq!(map.bytes_value["a"], expected, "{text}");
    }
}

#[test]
fn the_standard_alphabet_with_padding_is_written() {
    assert_eq!(
        rewritten::<Scalars>(r#"{"bytesValue": "-_8"}"#),
        r#"{"bytesValue":"+/8="}"#
    );
    assert_eq!(
        rewritten::<Lists>(r#"{"bytesValue": ["-_8", ""]}"#),
        r#"{"bytesValue":["+/8=",""]}"#
    );
}

#[test]
fn other_texts_are_refused_without_repeating_them() {
    for value in [r#""s3cr t""#, r#""s3cret!""#, r#""s3cret=====""#, r#""s""#] {
        let error = refused::<Scalars>(&format!(r#"{{"bytesValue": {value}}}"#));
        assert!(!error.contains("s3"), "{error}");
    }
    for value in ["1", "[1, 2]", "true", "{}"] {
        refused::<Scalars>(&format!(r#"{{"bytesValue": {value}}}"#));
    }
}
