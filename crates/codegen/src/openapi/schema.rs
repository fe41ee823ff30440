//! The schemas of messages and enums.

use prost_reflect::{
    EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, OneofDescriptor,
};
use serde_json::{Map, Value, json};

use super::{rules, scalar, well_known};
use crate::names::declared_fields;
use crate::rules::{FieldRules, Ignore, Rules};
use crate::{Descriptors, Error, comments};

/// The schemas that operations refer to, in the order of their first use.
pub(super) struct Schemas<'a> {
    rules: Rules,
    always_written: &'a dyn Fn(&str) -> bool,
    components: Map<String, Value>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(descriptors: &Descriptors, always_written: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            rules: Rules::new(descriptors),
            always_written,
            components: Map::new(),
        }
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        self.components
    }

    /// A schema that is no message's.
    pub(super) fn insert(&mut self, name: &str, schema: Value) {
        self.components.insert(name.to_owned(), schema);
    }

    /// A reference to the schema of a message.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Result<Value, Error> {
        self.reference(message, true)
    }

    /// Inside a message whose rules are turned off, nothing is checked: then the schema is another one.
    fn reference(&mut self, message: &MessageDescriptor, checked: bool) -> Result<Value, Error> {
        let mut name = message.full_name().to_owned();
        if !checked && self.rules.reach_into(message)? {
            name.push_str(".Unchecked");
        }
        if !self.components.contains_key(&name) {
            // Before its fields, which may refer to it.
            self.components.insert(name.clone(), Value::Null);
            let schema = match well_known::schema(message.full_name()) {
                Some(schema) => schema,
                None => self.object(message, checked)?,
            };
            self.components.insert(name.clone(), schema);
        }
        Ok(reference(&name))
    }

    fn object(&mut self, message: &MessageDescriptor, checked: bool) -> Result<Value, Error> {
        let checked = checked && !self.rules.is_disabled(message)?;
        let mut schema = json!({"type": "object"});
        describe(&mut schema, &message.parent_file(), message.path());
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in declared_fields(message) {
            let (property, is_required) = self.field(&field, checked)?;
            if is_required {
                required.push(field.json_name().to_owned());
            }
            properties.insert(field.json_name().to_owned(), property);
        }
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        let mut oneofs: Vec<_> = message
            .oneofs()
            .filter(|oneof| !oneof.is_synthetic())
            .map(|oneof| at_most_one(&oneof))
            .collect();
        match oneofs.len() {
            0 => {}
            1 => schema["oneOf"] = oneofs.remove(0),
            _ => {
                let each = oneofs.into_iter().map(|oneof| json!({"oneOf": oneof}));
                schema["allOf"] = each.collect();
            }
        }
        Ok(schema)
    }

    /// The schema of a field, and whether it has to be there.
    pub(super) fn field(
        &mut self,
        field: &FieldDescriptor,
        checked: bool,
    ) -> Result<(Value, bool), Error> {
        let mut rules = match checked {
            true => self.rules.of_field(field)?,
            false => FieldRules::default(),
        };
        let inside = checked && rules.ignore != Ignore::Always;
        if !inside {
            rules = FieldRules::default();
        }
        let kind = field.kind();
        let (mut schema, mut is_required) = if field.is_map() {
            rules.require_none(field, "on a map")?;
            (self.map(&kind, inside)?, false)
        } else if field.is_list() {
            self.list(field, &rules, inside)?
        } else {
            self.singular(field, &rules, inside)?
        };
        is_required |= rules.required;
        if field.is_list() && (self.always_written)(field.parent_message().full_name()) {
            is_required = true;
        }
        describe(
            &mut schema,
            &field.parent_message().parent_file(),
            field.path(),
        );
        let options = field.field_descriptor_proto().options.as_ref();
        if options.is_some_and(|options| options.deprecated()) {
            schema["deprecated"] = true.into();
        }
        if kind == Kind::String && is_redacted(field) {
            schema["format"] = "password".into();
        }
        Ok((schema, is_required))
    }

    fn map(&mut self, kind: &Kind, checked: bool) -> Result<Value, Error> {
        let Kind::Message(entry) = kind else {
            return Ok(json!({"type": "object"}));
        };
        let values = self.any(&entry.map_entry_value_field().kind(), checked)?;
        Ok(json!({"type": "object", "additionalProperties": values}))
    }

    fn list(
        &mut self,
        field: &FieldDescriptor,
        rules: &FieldRules,
        checked: bool,
    ) -> Result<(Value, bool), Error> {
        let kind = field.kind();
        let (mut asked, items) = rules::of_list(field, rules)?;
        if rules.required && !asked.refuses_zero {
            asked.keywords.insert("minItems".to_owned(), 1.into());
        }
        let mut of_items = self.any(&kind, checked)?;
        if let Kind::Message(_) = kind {
            items.require_none(field, "on items that are messages")?;
        } else {
            extend(
                &mut of_items,
                rules::of_scalar(field, &kind, &items)?.keywords,
            );
        }
        let mut schema = json!({"type": "array", "items": of_items});
        extend(&mut schema, asked.keywords);
        Ok((schema, asked.refuses_zero))
    }

    fn singular(
        &mut self,
        field: &FieldDescriptor,
        rules: &FieldRules,
        checked: bool,
    ) -> Result<(Value, bool), Error> {
        let kind = field.kind();
        let mut schema = self.any(&kind, checked)?;
        if let Kind::Message(_) = kind {
            rules.require_none(field, "on a message")?;
            return Ok((schema, false));
        }
        let mut asked = rules::of_scalar(field, &kind, rules)?;
        if rules.required && !field.supports_presence() {
            asked.exclude_zero(&kind);
        }
        extend(&mut schema, asked.keywords);
        Ok((schema, asked.refuses_zero && !field.supports_presence()))
    }

    /// The schema of a value of any type, without the rules of its field.
    fn any(&mut self, kind: &Kind, checked: bool) -> Result<Value, Error> {
        match kind {
            Kind::Message(message) => self.reference(message, checked),
            Kind::Enum(enumeration) => Ok(self.enumeration(enumeration)),
            kind => Ok(scalar::schema(kind).unwrap_or_default()),
        }
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptor) -> Value {
        let name = enumeration.full_name();
        if !self.components.contains_key(name) {
            let schema = well_known::schema(name).unwrap_or_else(|| names(enumeration));
            self.components.insert(name.to_owned(), schema);
        }
        reference(name)
    }
}

/// An enum is the name of one of its values.
fn names(enumeration: &EnumDescriptor) -> Value {
    let mut schema = json!({"type": "string"});
    let file = enumeration.parent_file();
    let mut values: Vec<_> = enumeration.values().collect();
    values.sort_by_key(|value| value.path().last().copied());
    let of_values = values.iter().filter_map(|value| {
        let comment = comments::leading(&file, value.path())?;
        Some(format!(
            "- `{}`: {}",
            value.name(),
            comment.replace('\n', " ")
        ))
    });
    let description: Vec<_> = comments::leading(&file, enumeration.path())
        .into_iter()
        .chain([of_values.collect::<Vec<_>>().join("\n")])
        .filter(|part| !part.is_empty())
        .collect();
    if !description.is_empty() {
        schema["description"] = description.join("\n\n").into();
    }
    schema["enum"] = values.iter().map(|value| value.name()).collect();
    schema
}

/// One of the members, or none.
fn at_most_one(oneof: &OneofDescriptor) -> Value {
    let members = oneof
        .fields()
        .map(|field| json!({"required": [field.json_name()]}));
    let members: Vec<Value> = members.collect();
    let none = json!({"not": {"anyOf": members}});
    members.iter().cloned().chain([none]).collect()
}

fn is_redacted(field: &FieldDescriptor) -> bool {
    let redact = field
        .options()
        .get_field_by_name("debug_redact")
        .map(|value| value.as_bool());
    redact == Some(Some(true))
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn describe(schema: &mut Value, file: &FileDescriptor, path: &[i32]) {
    if let Some(comment) = comments::leading(file, path) {
        schema["description"] = comment.into();
    }
}

fn extend(schema: &mut Value, keywords: Map<String, Value>) {
    if let Value::Object(schema) = schema {
        schema.extend(keywords);
    }
}
