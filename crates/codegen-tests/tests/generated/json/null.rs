use runner_configuration_codegen_tests::kinds::{
    AlwaysWritten, Choices, Lists, Maps, Optionals, Scalars,
};

use super::{read, refused};

#[test]
fn null_leaves_a_field_of_any_kind_unset() {
    let scalars = r#"{"doubleValue": null, "floatValue": null, "int32Value": null, "int64Value": null,
        "uint32Value": null, "uint64Value": null, "sint32Value": null, "sint64Value": null,
        "fixed32Value": null, "fixed64Value": null, "sfixed32Value": null, "sfixed64Value": null,
        "boolValue": null, "stringValue": null, "bytesValue": null, "colour": null}"#;
    assert_eq!(read::<Scalars>(scalars), Scalars::default());
    assert_eq!(read::<Lists>(scalars), Lists::default());
    assert_eq!(read::<Choices>(scalars), Choices::default());
    let optionals = scalars.replace(
        '}',
        r#", "message": null, "optionalMessage": null, "timestamp": null}"#,
    );
    assert_eq!(read::<Optionals>(&optionals), Optionals::default());
    let maps = r#"{"int32Key": null, "boolKey": null, "doubleValue": null, "bytesValue": null, "colour": null,
        "message": null, "timestamp": null}"#;
    assert_eq!(read::<Maps>(maps), Maps::default());
    let always_written =
        r#"{"texts": null, "colours": null, "messages": null, "map": null, "text": null}"#;
    assert_eq!(
        read::<AlwaysWritten>(always_written),
        AlwaysWritten::default()
    );
}

#[test]
fn null_is_no_item_of_a_list_and_no_value_of_a_map() {
    for field in [
        "doubleValue",
        "int32Value",
        "boolValue",
        "stringValue",
        "bytesValue",
        "colour",
        "message",
        "timestamp",
    ] {
        refused::<Lists>(&format!(r#"{{"{field}": [null]}}"#));
        refused::<Maps>(&format!(r#"{{"{field}": {{"a": null}}}}"#));
    }
}

#[test]
fn a_message_is_not_null() {
    refused::<Scalars>("null");
}
