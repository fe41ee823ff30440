//! Markers, and the fields that they are planted in.

use std::collections::BTreeSet;

use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use uuid::Uuid;

use crate::requests::SECRET_CLASS_FIELD;

/// Every marker begins with it, so it alone gives any of them away, even one that was cut off.
pub(crate) const PREFIX: &str = "leakmarker";

/// Makes markers, and plants them.
#[derive(Default)]
pub(crate) struct Markers {
    pub(crate) count: usize,
    /// The fields that got one, by their paths.
    pub(crate) planted: BTreeSet<String>,
}

impl Markers {
    pub(crate) fn next(&mut self) -> String {
        self.count += 1;
        format!("{PREFIX}{}", Uuid::new_v4().simple())
    }

    /// Sets every field that the contract marks to a marker of its own. Of configuration fields it is the one that the
    /// schema marks as secret; or, `everywhere`, all.
    pub(crate) fn plant(&mut self, message: &mut DynamicMessage, everywhere: bool) {
        let root = message.descriptor().name().to_owned();
        self.plant_below(&root, message, everywhere);
    }

    fn plant_below(&mut self, path: &str, message: &mut DynamicMessage, everywhere: bool) {
        // What is not secret is stored and returned in the clear, as it has to be.
        let key = message.get_field_by_name("key");
        let shown = message.descriptor().name() == "FieldValue"
            && key.is_some_and(|key| key.as_str() != Some(SECRET_CLASS_FIELD));
        for field in message.descriptor().fields() {
            let path = format!("{path}.{}", field.name());
            if is_secret(&field) {
                if !shown || everywhere {
                    let marker = self.next();
                    let value = match field.kind() {
                        Kind::String => Value::String(marker),
                        Kind::Bytes => Value::Bytes(marker.into_bytes().into()),
                        kind => panic!("{path} is of the kind {kind:?}: say how it is filled"),
                    };
                    message.set_field(&field, value);
                    self.planted.insert(path);
                }
            } else if message.has_field(&field) {
                match message.get_field_mut(&field) {
                    Value::Message(inner) => self.plant_below(&path, inner, everywhere),
                    Value::List(items) => {
                        for item in items {
                            if let Value::Message(inner) = item {
                                self.plant_below(&path, inner, everywhere);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The paths of all marked fields of a message, also those inside others.
pub(crate) fn secret_fields(message: &MessageDescriptor) -> Vec<String> {
    fields_below(message.name(), message, 0)
}

fn fields_below(path: &str, message: &MessageDescriptor, depth: usize) -> Vec<String> {
    assert!(
        depth < 10,
        "{path}: a message that holds itself needs another way"
    );
    let fields = message.fields().flat_map(|field| {
        let path = format!("{path}.{}", field.name());
        match field.kind() {
            _ if is_secret(&field) => vec![path],
            Kind::Message(inner) => fields_below(&path, &inner, depth + 1),
            _ => Vec::new(),
        }
    });
    fields.collect()
}

fn is_secret(field: &FieldDescriptor) -> bool {
    let option = field.options();
    option
        .get_field_by_name("debug_redact")
        .is_some_and(|marked| marked.as_bool() == Some(true))
}
