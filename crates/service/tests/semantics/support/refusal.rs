//! Looks at errors as a client does, and at their details by the contract's descriptors.

use prost::Message as _;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Type;
use runner_configuration::FILE_DESCRIPTOR_SET;
use runner_configuration::validate::{FieldPath, Violations};
use tonic::{Code, Status};

/// Asserts about an RPC that was refused.
pub(crate) trait Refusal {
    /// Refused with this code, and a message that contains this text.
    fn refused(self, code: Code, text: &str);

    /// Refused as invalid, with exactly these fields of the request (`gitpod.v1.…`) as violations.
    fn refused_for(self, request: &str, fields: &[&str]);
}

impl<T: std::fmt::Debug> Refusal for Result<T, Status> {
    #[track_caller]
    fn refused(self, code: Code, text: &str) {
        let status = self.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert!(
            status.message().contains(text),
            "{text:?} is not in {:?}",
            status.message()
        );
    }

    #[track_caller]
    fn refused_for(self, request: &str, fields: &[&str]) {
        let status = self.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let violations: Violations = detail_of(&status, "buf.validate.Violations");
        let found: Vec<String> = violations
            .violations
            .iter()
            .map(|violation| {
                let path = violation.field.clone().unwrap_or_default();
                check_path(request, &path);
                assert!(!violation.rule_id().is_empty() && !violation.message().is_empty());
                assert!(status.message().contains(violation.message()));
                path.to_string()
            })
            .collect();
        assert_eq!(found, fields, "{}", status.message());
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// The one detail of an error.
#[track_caller]
fn detail_of<M: prost::Message + Default>(status: &Status, name: &str) -> M {
    let details = RpcStatus::decode(status.details()).unwrap().details;
    assert_eq!(details.len(), 1, "{details:?}");
    assert_eq!(details[0].type_url, format!("type.googleapis.com/{name}"));
    M::decode(details[0].value.as_slice()).unwrap()
}

/// Every step of a path is a field of the contract, with its number and type.
#[track_caller]
fn check_path(request: &str, path: &FieldPath) {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    let mut message = format!(".gitpod.v1.{request}");
    for element in &path.elements {
        let (parent, name) = message.rsplit_once('.').unwrap();
        let descriptor = files
            .iter()
            .flat_map(|file| &file.message_type)
            .find_map(|top| match parent.strip_prefix(".gitpod.v1.") {
                Some(outer) if outer == top.name() => {
                    top.nested_type.iter().find(|nested| nested.name() == name)
                }
                None if name == top.name() => Some(top),
                _ => None,
            })
            .unwrap_or_else(|| panic!("there is no message {message}"));
        let field = descriptor
            .field
            .iter()
            .find(|field| field.name() == element.field_name())
            .unwrap_or_else(|| panic!("{message} has no field {}", element.field_name()));
        assert_eq!(element.field_number(), field.number(), "{path}");
        assert_eq!(element.field_type(), field.r#type(), "{path}");
        if field.r#type() == Type::Message {
            message = field.type_name().to_owned();
        }
    }
}
