//! Official clients in strict mode need the keys of a list also where it is empty.

use prost_reflect::FieldDescriptor;
use serde_json::{Value, json};

use crate::all::{all, pool};

/// Whether a field is one of the lists of a `List…Response`.
pub(crate) fn is_always_written(field: &FieldDescriptor) -> bool {
    let message = field.parent_message();
    let is_list_response =
        message.name().starts_with("List") && message.name().ends_with("Response");
    is_list_response && field.is_list()
}

#[test]
fn empty_messages_are_empty_but_for_the_lists_of_list_responses() {
    for message in all() {
        let lists = message.descriptor(&pool());
        let lists = lists.fields().filter(is_always_written);
        let expected = lists.map(|list| (list.json_name().to_owned(), json!([])));
        let expected = Value::Object(expected.collect());
        let found = (message.to_json)(&[]).unwrap();
        assert_eq!(found, expected, "{}", message.full_name);
    }
}

#[test]
fn the_lists_are_those_that_clients_ask_for() {
    let mut found = Vec::new();
    for message in all() {
        let json = (message.to_json)(&[]).unwrap();
        if json != json!({}) {
            found.push(format!(
                "{} {json}",
                message.full_name.trim_start_matches("gitpod.v1.")
            ));
        }
    }
    found.sort();
    assert_eq!(
        found,
        [
            r#"ListEnvironmentClassesResponse {"environmentClasses":[]}"#,
            r#"ListHostAuthenticationTokensResponse {"tokens":[]}"#,
            r#"ListLLMIntegrationsResponse {"integrations":[],"onaIntelligenceProviders":[]}"#,
            r#"ListSCMIntegrationsResponse {"integrations":[]}"#,
        ]
    );
}
