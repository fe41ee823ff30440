use runner_configuration_codegen_tests::kinds::{AlwaysWritten, Deprecated, Lists};

use super::{refused, rewritten};

#[test]
fn empty_lists_are_left_out_but_of_the_messages_that_write_them_always() {
    assert_eq!(serde_json::to_string(&Lists::default()).unwrap(), "{}");
    assert_eq!(serde_json::to_string(&Deprecated::default()).unwrap(), "{}");
    let json = serde_json::to_string(&AlwaysWritten::default()).unwrap();
    assert_eq!(json, r#"{"texts":[],"colours":[],"messages":[]}"#);
}

#[test]
fn full_lists_come_back() {
    let json = r#"{"texts":["a",""],"colours":["COLOUR_RED",5],"messages":[{},{"int32Value":1}],"map":{"a":"b"}}"#;
    assert_eq!(rewritten::<AlwaysWritten>(json), json);
    let json = r#"{"uint64Value":["1","0"],"boolValue":[true,false],"stringValue":["x"],"message":[{"boolValue":true}]}"#;
    assert_eq!(rewritten::<Lists>(json), json);
    let json = r#"{"old":"a","older":["b"],"oldest":"COLOUR_RED","chosen":"c"}"#;
    assert_eq!(rewritten::<Deprecated>(json), json);
}

#[test]
fn only_a_list_is_a_list() {
    for value in ["1", r#"{"0": 1}"#, r#""1""#, "[[1]]"] {
        refused::<Lists>(&format!(r#"{{"int32Value": {value}}}"#));
    }
}
