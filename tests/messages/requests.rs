//! Requests that keep and break every rule of a message.

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};

use crate::arbitrary::Arbitrary;
use crate::types::messages_of;

/// An empty message, messages in which one field has a value near the limits of its rules, and arbitrary ones.
///
/// The oracle is newer than the option that turns off all rules of a message, and does not know it: there are no
/// requests for such a message, and it is inside no other one.
pub(crate) fn of(message: &MessageDescriptor) -> Vec<DynamicMessage> {
    if is_disabled(message) || !holds(message, &mut Vec::new(), has_rules) {
        return Vec::new();
    }
    let mut requests = vec![DynamicMessage::new(message.clone())];
    requests.extend(variants(message, 0));
    if !holds(message, &mut Vec::new(), is_disabled) {
        requests.extend((0..2).map(|seed| Arbitrary::new(seed).message(message)));
    }
    requests
}

fn variants(message: &MessageDescriptor, depth: usize) -> Vec<DynamicMessage> {
    let mut variants = Vec::new();
    for field in message.fields() {
        for value in values(&field, depth) {
            let mut variant = DynamicMessage::new(message.clone());
            variant.set_field(&field, value);
            variants.push(variant);
        }
    }
    variants
}

fn values(field: &FieldDescriptor, depth: usize) -> Vec<Value> {
    if field.is_map() {
        return Vec::new();
    }
    let rules = rules_of(field);
    if !field.is_list() {
        return singular(&field.kind(), rules.as_ref(), depth);
    }
    let rules = inner(rules.as_ref(), "repeated");
    let items = inner(rules.as_ref(), "items");
    let items = singular(&field.kind(), items.as_ref(), depth);
    let mut lists: Vec<_> = items.iter().map(|item| vec![item.clone()]).collect();
    lists.push(items.clone());
    for limit in ["min_items", "max_items"] {
        if let (Some(limit), Some(item)) = (number(rules.as_ref(), limit), items.first()) {
            let around = (limit - 1).max(0)..=limit + 1;
            lists.extend(around.map(|len| vec![item.clone(); len as usize]));
        }
    }
    lists.into_iter().map(Value::List).collect()
}

/// Values of a field or of the items of a list.
fn singular(kind: &Kind, rules: Option<&DynamicMessage>, depth: usize) -> Vec<Value> {
    match kind {
        Kind::String => texts(inner(rules, "string").as_ref()),
        Kind::Int32 => numbers(inner(rules, "int32").as_ref()),
        Kind::Enum(_) => [0, 1, 12_345, -1, -5].map(Value::EnumNumber).into(),
        Kind::Bool => vec![Value::Bool(true)],
        Kind::Bytes => vec![Value::Bytes(vec![1].into())],
        Kind::Double => vec![Value::F64(1.5)],
        Kind::Message(message) if !is_disabled(message) && depth < 2 => {
            let empty = DynamicMessage::new(message.clone());
            let all = [empty].into_iter().chain(variants(message, depth + 1));
            all.map(Value::Message).collect()
        }
        _ => Vec::new(),
    }
}

/// Texts around the limits of length, in characters of one byte and of more, and UUIDs.
fn texts(rules: Option<&DynamicMessage>) -> Vec<Value> {
    let uuid = "d2c94c27-3b76-4a42-b88c-95a85e392c68";
    let mut texts = vec![uuid.to_owned(), String::new(), "x".to_owned()];
    for limit in ["min_len", "max_len"] {
        if let Some(limit) = number(rules, limit) {
            let around = (limit - 1).max(0)..=limit + 1;
            texts.extend(around.map(|len| "x".repeat(len as usize)));
            texts.extend([limit, limit + 1].map(|len| "\u{1f600}".repeat(len as usize)));
        }
    }
    if flag(rules, "uuid") {
        texts.extend([uuid.to_uppercase(), uuid.replace('-', "")]);
        texts.extend([format!("{{{uuid}}}"), format!("{uuid}\n")]);
        texts.push(uuid.replace('2', "g"));
    }
    texts.into_iter().map(Value::String).collect()
}

/// Numbers around the limits and around 0, and the smallest and the largest.
fn numbers(rules: Option<&DynamicMessage>) -> Vec<Value> {
    let limits = ["gt", "gte", "lt", "lte"];
    let limits = limits.iter().filter_map(|limit| number(rules, limit));
    let around = limits.chain([0]).flat_map(|limit| limit - 1..=limit + 1);
    around
        .map(|value| Value::I32(value as i32))
        .chain([i32::MIN, i32::MAX].map(Value::I32))
        .collect()
}

/// The rules of a package that a value can break: the message, the field and the rule's path.
pub(crate) fn rules_of_package(
    pool: &DescriptorPool,
    package: &str,
) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for message in messages_of(pool, package) {
        for field in message.fields().filter(|_| !is_disabled(&message)) {
            let Some(rules) = rules_of(&field) else {
                continue;
            };
            let mut paths = Vec::new();
            leaves(&rules, "", &mut paths);
            let (message, field) = (message.full_name(), field.name());
            let named = |path| (message.to_owned(), field.to_owned(), path);
            found.extend(paths.into_iter().map(named));
        }
    }
    found
}

/// The paths of the rules that are set, apart from those that nothing breaks.
fn leaves(rules: &DynamicMessage, prefix: &str, paths: &mut Vec<String>) {
    if number(Some(rules), "ignore") == Some(3) {
        return;
    }
    let has_lower = ["gt", "gte"]
        .iter()
        .any(|name| number(Some(rules), name).is_some());
    for (field, value) in rules.fields() {
        let path = format!("{prefix}{}", field.name());
        match value {
            Value::Message(inner) => leaves(inner, &format!("{path}."), paths),
            Value::Bool(false) | Value::U64(0) | Value::EnumNumber(_) => {}
            // A pair of bounds is reported as its lower bound.
            _ if has_lower && ["lt", "lte"].contains(&field.name()) => {}
            _ => paths.push(path),
        }
    }
}

fn is_disabled(message: &MessageDescriptor) -> bool {
    let pool = message.parent_pool();
    let extension = pool.get_extension_by_name("buf.validate.message").unwrap();
    let options = message.options();
    let rules = options.get_extension(&extension);
    flag(rules.as_message(), "disabled")
}

/// Whether something is true of a message or of one inside it.
fn holds(
    message: &MessageDescriptor,
    seen: &mut Vec<MessageDescriptor>,
    test: fn(&MessageDescriptor) -> bool,
) -> bool {
    if seen.contains(message) {
        return false;
    }
    seen.push(message.clone());
    let mut fields = message.fields().map(|field| field.kind());
    test(message)
        || fields.any(|kind| {
            kind.as_message()
                .is_some_and(|inner| holds(inner, seen, test))
        })
}

fn has_rules(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| rules_of(&field).is_some())
}

fn rules_of(field: &FieldDescriptor) -> Option<DynamicMessage> {
    let pool = field.parent_message().parent_pool().clone();
    let extension = pool.get_extension_by_name("buf.validate.field")?;
    let options = field.options();
    let rules = options.get_extension(&extension);
    rules
        .as_message()
        .filter(|_| options.has_extension(&extension))
        .cloned()
}

fn inner(rules: Option<&DynamicMessage>, name: &str) -> Option<DynamicMessage> {
    let rules = rules.filter(|rules| rules.has_field_by_name(name))?;
    rules.get_field_by_name(name)?.as_message().cloned()
}

fn flag(rules: Option<&DynamicMessage>, name: &str) -> bool {
    let value = rules.and_then(|rules| rules.get_field_by_name(name)?.as_bool());
    value.unwrap_or_default()
}

fn number(rules: Option<&DynamicMessage>, name: &str) -> Option<i64> {
    let rules = rules.filter(|rules| rules.has_field_by_name(name))?;
    match *rules.get_field_by_name(name)? {
        Value::U64(value) => i64::try_from(value).ok(),
        Value::I32(value) | Value::EnumNumber(value) => Some(value.into()),
        _ => None,
    }
}
