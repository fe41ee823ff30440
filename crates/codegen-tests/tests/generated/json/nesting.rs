use runner_configuration_codegen_tests::kinds::{Nested, Recursive};

use super::{read, refused, rewritten};

#[test]
fn messages_inside_messages_come_back() {
    let json =
        r#"{"inner":{"text":"a","deeper":{"colour":"COLOUR_BLACK"}},"outer":{"int32Value":1}}"#;
    assert_eq!(rewritten::<Nested>(json), json);
    let json =
        r#"{"name":"a","next":{"next":{}},"children":[{"name":"b"}],"byName":{"c":{"name":"d"}}}"#;
    assert_eq!(rewritten::<Recursive>(json), json);
}

#[test]
fn depth_is_limited() {
    let deep =
        |depth: usize| format!("{}{}", r#"{"next":"#.repeat(depth), "{}") + &"}".repeat(depth);
    assert!(read::<Recursive>(&deep(50)).next.is_some());
    assert!(refused::<Recursive>(&deep(100_000)).contains("recursion limit"));
}
