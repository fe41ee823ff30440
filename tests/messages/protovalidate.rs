//! Generated validators against protovalidate, whose answers are in a committed file: `oracle/regenerate.sh` writes it.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, MessageDescriptor};
use runner_configuration_runtime::validate::{FieldPath, Violation, Violations};
use serde::{Deserialize, Serialize};

use crate::requests;
use crate::types::{MessageType, messages_of, reflected_json};

/// A request and the rules that it breaks.
#[derive(Serialize, Deserialize)]
pub(crate) struct Case {
    message: String,
    request: serde_json::Value,
    #[serde(default)]
    violations: Vec<Broken>,
}

/// A broken rule.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Broken {
    field: String,
    rule: String,
    #[serde(rename = "ruleId")]
    rule_id: String,
    message: String,
}

/// Compares the generated validators with the committed answers.
pub(crate) fn compare(types: &[MessageType], pool: &DescriptorPool, package: &str, answers: &str) {
    let answers: Vec<Case> = serde_json::from_str(answers).unwrap();
    let asked = cases(pool, package);
    let same = asked.len() == answers.len()
        && asked.iter().zip(&answers).all(|(asked, answer)| {
            asked.message == answer.message && asked.request == answer.request
        });
    assert!(
        same,
        "the answers are to other requests: run tests/messages/oracle/regenerate.sh"
    );

    let mut broken = BTreeSet::new();
    for case in answers {
        let message = types.iter().find(|known| known.full_name == case.message);
        let message = message.unwrap_or_else(|| panic!("{} has no Rust type", case.message));
        let request = (message.from_json)(&case.request.to_string()).unwrap();
        let violations = (message.validate)(&request).err().unwrap_or_default();
        check_paths(&violations, &message.descriptor(pool));
        let found: Vec<_> = violations.violations.iter().map(Broken::from).collect();
        assert_eq!(found, case.violations, "{} {}", case.message, case.request);
        broken.extend(found.into_iter().map(|broken| {
            let path = broken.field.as_str();
            let (field, _) = path.split_once(['.', '[']).unwrap_or((path, ""));
            (case.message.clone(), field.to_owned(), broken.rule)
        }));
    }
    for rule in requests::rules_of_package(pool, package) {
        assert!(broken.contains(&rule), "no request breaks {rule:?}");
    }
}

impl From<&Violation> for Broken {
    fn from(violation: &Violation) -> Self {
        Self {
            field: violation.field.iter().map(FieldPath::to_string).collect(),
            rule: violation.rule.iter().map(FieldPath::to_string).collect(),
            rule_id: violation.rule_id().to_owned(),
            message: violation.message().to_owned(),
        }
    }
}

/// Every element of a path has the number, name and type of the field that it means.
fn check_paths(violations: &Violations, message: &MessageDescriptor) {
    let pool = message.parent_pool();
    let rules = pool.get_message_by_name("buf.validate.FieldRules").unwrap();
    for violation in &violations.violations {
        for (path, root) in [(&violation.field, message), (&violation.rule, &rules)] {
            let mut holder = Some(root.clone());
            for element in &path.as_ref().unwrap().elements {
                let number = element.field_number() as u32;
                let field = holder.unwrap().get_field(number).unwrap();
                let kind = field.field_descriptor_proto().r#type();
                assert_eq!(field.name(), element.field_name());
                assert_eq!(kind, element.field_type());
                assert!(element.subscript.is_none() || field.is_list());
                holder = field.kind().as_message().cloned();
            }
        }
    }
}

/// Writes what the oracle reads: the descriptors and the requests.
pub(crate) fn write_input(pool: &DescriptorPool, package: &str, descriptors: &[u8]) {
    let folder = std::env::var("ORACLE_INPUT").expect("ORACLE_INPUT names the folder to write to");
    let folder = std::path::Path::new(&folder);
    std::fs::write(folder.join("descriptors.bin"), descriptors).unwrap();
    let cases = serde_json::to_vec(&cases(pool, package)).unwrap();
    std::fs::write(folder.join("cases.json"), cases).unwrap();
}

fn cases(pool: &DescriptorPool, package: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for message in messages_of(pool, package) {
        let mut seen = BTreeSet::new();
        for request in requests::of(&message) {
            let request = reflected_json(&request);
            if seen.insert(request.to_string()) {
                cases.push(Case {
                    message: message.full_name().to_owned(),
                    request,
                    violations: Vec::new(),
                });
            }
        }
    }
    cases
}
