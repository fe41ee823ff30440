//! `Debug` of generated messages.

use runner_configuration_codegen_tests::kinds::secrets::{Choice, Harmless, Inner, Level};
use runner_configuration_codegen_tests::kinds::{Colour, Optionals, Secrets};

fn secrets() -> Secrets {
    Secrets {
        shown: "visible".into(),
        text: "s3cret".into(),
        bytes: b"s3cret".into(),
        optional_text: Some("s3cret".into()),
        list: vec!["s3cret".into()],
        map: [("s3cret".to_owned(), "s3cret".to_owned())].into(),
        message: Some(Harmless {
            shown: "s3cret".into(),
            level: 1,
        }),
        number: 31_415,
        inner: Some(Inner {
            shown: "visible".into(),
            hidden: "s3cret".into(),
        }),
        harmless: Some(Harmless {
            shown: "visible".into(),
            level: 1,
        }),
        level: Level::High.into(),
        optional_level: Some(77),
        levels: vec![1, 77],
        level_by_name: [("a".to_owned(), 1)].into(),
        choice: Some(Choice::HiddenChoice("s3cret".into())),
    }
}

#[test]
fn what_is_to_be_hidden_is_hidden_and_the_rest_is_shown() {
    assert_eq!(
        format!("{:?}", secrets()),
        "Secrets { shown: \"visible\", text: [REDACTED], bytes: [REDACTED], \
         optional_text: Some([REDACTED]), list: [REDACTED], map: [REDACTED], \
         message: Some([REDACTED]), number: [REDACTED], \
         inner: Some(Inner { shown: \"visible\", hidden: [REDACTED] }), \
         harmless: Some(Harmless { shown: \"visible\", level: High }), \
         level: High, optional_level: Some(77), levels: [High, 77], level_by_name: {\"a\": 1}, \
         choice: Some(HiddenChoice([REDACTED])) }"
    );
    let indented = format!("{:#?}", secrets());
    for hidden in ["s3cret", "31415", "115, 51"] {
        assert!(!indented.contains(hidden), "{indented}");
    }
}

#[test]
fn whether_a_hidden_field_is_set_is_shown_only_where_presence_is_tracked() {
    let empty = format!("{:?}", Secrets::default());
    assert!(empty.contains("optional_text: None"), "{empty}");
    assert!(empty.contains("text: [REDACTED]"), "{empty}");
    assert!(empty.contains("message: None"), "{empty}");
}

#[test]
fn the_members_of_a_oneof_are_hidden_one_by_one() {
    for (choice, text) in [
        (
            Choice::HiddenChoice("s3cret".into()),
            "HiddenChoice([REDACTED])",
        ),
        (
            Choice::ShownChoice("visible".into()),
            "ShownChoice(\"visible\")",
        ),
        (Choice::LevelChoice(1), "LevelChoice(High)"),
        (Choice::LevelChoice(77), "LevelChoice(77)"),
    ] {
        assert_eq!(format!("{choice:?}"), text);
    }
}

#[test]
fn enums_are_shown_as_prost_shows_them() {
    let derived = Optionals {
        colour: Some(Colour::Red.into()),
        ..Optionals::default()
    };
    assert!(format!("{derived:?}").contains("colour: Some(Red)"));
    let own = Secrets {
        optional_level: Some(Level::High.into()),
        ..Secrets::default()
    };
    assert!(format!("{own:?}").contains("optional_level: Some(High)"));
    assert_eq!(format!("{:?}", Level::High), "High");
}
