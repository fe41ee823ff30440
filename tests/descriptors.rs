//! The compiled contract, in a form that people can read, against the committed one.
//!
//! A line for a field reads: number, `oneof(NAME)`, `optional` or `repeated`, type, name, `[deprecated]`,
//! `[debug_redact]`, and the `buf.validate` rules in braces.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::fmt::Write as _;
use std::path::Path;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor,
    FileDescriptor, Kind, MessageDescriptor, ServiceDescriptor, Syntax, Value,
};
use runner_configuration::FILE_DESCRIPTOR_SET;

const SNAPSHOT: &str = "tests/snapshots/descriptors.txt";

#[test]
fn the_compiled_descriptors_are_the_committed_ones() {
    let compiled = rendered();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOT);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &compiled).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = committed.lines().zip(compiled.lines()).enumerate();
    if let Some((index, (committed, compiled))) = lines.find(|(_, (one, other))| one != other) {
        panic!(
            "{SNAPSHOT}:{}: committed `{committed}`, compiled `{compiled}`\n\
             If the change is meant: UPDATE_SNAPSHOTS=1 cargo test --test descriptors",
            index + 1
        );
    }
    assert_eq!(
        committed.len(),
        compiled.len(),
        "{SNAPSHOT} has lines too few or too many"
    );
}

fn rendered() -> String {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut files: Vec<_> = pool.files().collect();
    files.retain(|file| file.package_name() != "google.protobuf");
    files.sort_by_key(|file| file.name().to_owned());
    files.iter().map(file).collect::<Vec<_>>().join("\n")
}

fn file(file: &FileDescriptor) -> String {
    let mut text = format!("# file {}  package {}\n", file.name(), file.package_name());
    file.enums()
        .for_each(|inside| enumeration(&mut text, &inside, ""));
    file.messages()
        .for_each(|inside| message(&mut text, &inside, ""));
    file.extensions()
        .for_each(|inside| extension(&mut text, &inside));
    file.services()
        .for_each(|inside| service(&mut text, &inside));
    text
}

fn enumeration(text: &mut String, enumeration: &EnumDescriptor, indent: &str) {
    writeln!(text, "{indent}enum {}:", enumeration.name()).unwrap();
    let declared = enumeration.enum_descriptor_proto();
    for value in &declared.value {
        let options = value.options.as_ref();
        let deprecated = flag(
            options.is_some_and(|options| options.deprecated()),
            "deprecated",
        );
        writeln!(
            text,
            "{indent}  {} {}{deprecated}",
            value.number(),
            value.name()
        )
        .unwrap();
    }
    // The end of a range of enum values is inside of it.
    let ranges = declared
        .reserved_range
        .iter()
        .map(|range| (range.start(), range.end()));
    reserved(text, indent, ranges.collect(), &declared.reserved_name);
}

fn message(text: &mut String, message: &MessageDescriptor, indent: &str) {
    let rules = rules(
        &message.options(),
        message.parent_pool(),
        "buf.validate.message",
    );
    writeln!(text, "{indent}message {}{rules}", message.name()).unwrap();
    let inner = format!("{indent}  ");
    message
        .child_enums()
        .for_each(|inside| enumeration(text, &inside, &inner));
    let nested = message
        .child_messages()
        .filter(|nested| !nested.is_map_entry());
    nested.for_each(|inside| self::message(text, &inside, &inner));
    for declared in &message.descriptor_proto().field {
        let field = message.get_field(declared.number() as u32).unwrap();
        writeln!(text, "{indent}{}", self::field(&field)).unwrap();
    }
    let declared = message.descriptor_proto();
    let ranges = declared
        .reserved_range
        .iter()
        .map(|range| (range.start(), range.end() - 1));
    reserved(text, indent, ranges.collect(), &declared.reserved_name);
}

fn field(field: &FieldDescriptor) -> String {
    let declared = field.field_descriptor_proto();
    let is_proto2 = field.parent_file().syntax() == Syntax::Proto2;
    let oneof = field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic());
    let label = match oneof {
        Some(oneof) => format!("oneof({}) ", oneof.name()),
        None if field.is_list() => "repeated ".to_owned(),
        None if declared.proto3_optional() || (is_proto2 && !field.is_map()) => {
            "optional ".to_owned()
        }
        None => String::new(),
    };
    let options = declared.options.as_ref();
    let deprecated = flag(
        options.is_some_and(|options| options.deprecated()),
        "deprecated",
    );
    let redact = field
        .options()
        .get_field_by_name("debug_redact")
        .map(|value| value.as_bool());
    let redacted = flag(redact == Some(Some(true)), "debug_redact");
    let pool = field.parent_message().parent_pool().clone();
    let rules = rules(&field.options(), &pool, "buf.validate.field");
    let (number, kind) = (field.number(), type_name(&field.kind()));
    assert_eq!(
        field.json_name(),
        lower_camel(field.name()),
        "json_name is never overridden"
    );
    format!(
        "  {number:>2} {label}{kind} {}{deprecated}{redacted}{rules}",
        field.name()
    )
}

fn extension(text: &mut String, extension: &ExtensionDescriptor) {
    let (message, number) = (extension.containing_message(), extension.number());
    let kind = type_name(&extension.kind());
    let message = message.full_name();
    writeln!(
        text,
        "extend {message}\n  {number:>2} optional {kind} {}",
        extension.name()
    )
    .unwrap();
}

fn service(text: &mut String, service: &ServiceDescriptor) {
    writeln!(text, "service {}", service.full_name()).unwrap();
    for method in service.methods() {
        let (input, output) = (method.input(), method.output());
        assert!(!method.is_client_streaming() && !method.is_server_streaming());
        let options = method
            .method_descriptor_proto()
            .options
            .clone()
            .unwrap_or_default();
        let level = match options.idempotency_level {
            Some(_) => format!(
                "  {{idempotency_level: {}}}",
                options.idempotency_level().as_str_name()
            ),
            None => String::new(),
        };
        let (name, deprecated) = (method.name(), flag(options.deprecated(), "deprecated"));
        let (input, output) = (input.name(), output.name());
        writeln!(text, "  rpc {name}({input}) -> {output}{deprecated}{level}").unwrap();
    }
}

fn reserved(text: &mut String, indent: &str, ranges: Vec<(i32, i32)>, names: &[String]) {
    let ranges = ranges.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    });
    let all: Vec<_> = ranges
        .chain(names.iter().map(|name| format!("{name:?}")))
        .collect();
    if !all.is_empty() {
        writeln!(text, "{indent}  reserved {}", all.join(", ")).unwrap();
    }
}

fn flag(is_set: bool, name: &str) -> String {
    if is_set {
        format!(" [{name}]")
    } else {
        String::new()
    }
}

/// An option of protovalidate in protobuf's text format.
fn rules(options: &DynamicMessage, pool: &DescriptorPool, extension: &str) -> String {
    match pool.get_extension_by_name(extension) {
        Some(extension) if options.has_extension(&extension) => {
            let rules = options.get_extension(&extension);
            format!("  {{{}}}", fields(rules.as_message().unwrap()))
        }
        _ => String::new(),
    }
}

fn fields(message: &DynamicMessage) -> String {
    assert_eq!(
        message.unknown_fields().count() + message.extensions().count(),
        0
    );
    let fields = message
        .fields()
        .map(|(field, value)| match (value, field.kind()) {
            (Value::Message(inner), _) => format!("{} {{ {} }}", field.name(), fields(inner)),
            (Value::EnumNumber(number), Kind::Enum(enumeration)) => {
                let value = enumeration.get_value(*number).unwrap();
                format!("{}: {}", field.name(), value.name())
            }
            (value, _) => format!("{}: {value}", field.name()),
        });
    fields.collect::<Vec<_>>().join(" ")
}

fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(enumeration) => enumeration.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn lower_camel(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::new();
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            _ if std::mem::take(&mut upper) => camel.extend(letter.to_uppercase()),
            _ => camel.push(letter),
        }
    }
    camel
}
