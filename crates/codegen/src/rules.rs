//! The `buf.validate` options of a descriptor.

use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage as _, Value,
};

use crate::{Descriptors, Error};

/// The extensions that carry rules; a descriptor set without `buf/validate/validate.proto` has none.
pub(crate) struct Rules {
    message: Option<ExtensionDescriptor>,
    oneof: Option<ExtensionDescriptor>,
    field: Option<ExtensionDescriptor>,
}

impl Rules {
    pub(crate) fn new(descriptors: &Descriptors) -> Self {
        let extension = |name: &str| descriptors.pool().get_extension_by_name(name);
        Self {
            message: extension("buf.validate.message"),
            oneof: extension("buf.validate.oneof"),
            field: extension("buf.validate.field"),
        }
    }

    /// Whether all rules of a message are turned off. No other rule for a whole message or a oneof is supported.
    pub(crate) fn is_disabled(&self, message: &MessageDescriptor) -> Result<bool, Error> {
        for oneof in message.oneofs() {
            let rules = option_fields(oneof.full_name(), &oneof.options(), self.oneof.as_ref())?;
            if let Some((rule, _)) = rules.first() {
                return Err(unsupported(oneof.full_name(), format!("oneof.{rule}")));
            }
        }
        let place = message.full_name();
        let mut disabled = false;
        for (name, value) in option_fields(place, &message.options(), self.message.as_ref())? {
            match (name.as_str(), value) {
                ("disabled", Value::Bool(value)) => disabled = value,
                _ => return Err(unsupported(place, format!("message.{name}"))),
            }
        }
        Ok(disabled)
    }

    pub(crate) fn of_field(&self, field: &FieldDescriptor) -> Result<FieldRules, Error> {
        let place = field.full_name();
        FieldRules::read(
            place,
            option_fields(place, &field.options(), self.field.as_ref())?,
        )
    }

    /// Whether a message, or one inside it, has a rule.
    pub(crate) fn reach_into(&self, message: &MessageDescriptor) -> Result<bool, Error> {
        self.reach_unseen(message, &mut Vec::new())
    }

    fn reach_unseen(
        &self,
        message: &MessageDescriptor,
        seen: &mut Vec<String>,
    ) -> Result<bool, Error> {
        if seen.iter().any(|name| name == message.full_name()) {
            return Ok(false);
        }
        seen.push(message.full_name().to_owned());
        if self.is_disabled(message)? {
            return Ok(false);
        }
        for field in message.fields() {
            let rules = self.of_field(&field)?;
            if rules.ignore == Ignore::Always {
                continue;
            }
            if !rules.is_empty() {
                return Ok(true);
            }
            if let Kind::Message(inner) = field.kind()
                && self.reach_unseen(&inner, seen)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The fields that are set in an option's message.
fn option_fields(
    place: &str,
    options: &DynamicMessage,
    extension: Option<&ExtensionDescriptor>,
) -> Result<Vec<(String, Value)>, Error> {
    let Some(extension) = extension.filter(|extension| options.has_extension(extension)) else {
        return Ok(Vec::new());
    };
    match options.get_extension(extension).as_message() {
        Some(rules) => set_fields(place, rules),
        None => Ok(Vec::new()),
    }
}

/// The fields that are set. A rule that the descriptors do not know, or one that is an extension, is refused rather
/// than passed over.
fn set_fields(place: &str, rules: &DynamicMessage) -> Result<Vec<(String, Value)>, Error> {
    let foreign = rules
        .extensions()
        .map(|(extension, _)| extension.full_name().to_owned())
        .chain(
            rules
                .unknown_fields()
                .map(|field| format!("number {}", field.number())),
        )
        .next();
    if let Some(rule) = foreign {
        let holder = rules.descriptor();
        return Err(unsupported(place, format!("{rule} of {}", holder.name())));
    }
    Ok(rules
        .fields()
        .map(|(field, value)| (field.name().to_owned(), value.clone()))
        .collect())
}

/// `buf.validate.FieldRules` of one field.
#[derive(Default)]
pub(crate) struct FieldRules {
    pub(crate) required: bool,
    pub(crate) ignore: Ignore,
    /// The rules of the field's type: `("string", rules)`.
    pub(crate) of_types: Vec<(String, DynamicMessage)>,
}

/// `buf.validate.Ignore`.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Ignore {
    #[default]
    Never,
    IfUnpopulated,
    Always,
}

impl FieldRules {
    /// The rules for the items of a list.
    pub(crate) fn of_items(field: &FieldDescriptor, rules: &DynamicMessage) -> Result<Self, Error> {
        let place = field.full_name();
        let rules = Self::read(place, set_fields(place, rules)?)?;
        if rules.ignore != Ignore::Never {
            return Err(unsupported(place, "repeated.items.ignore"));
        }
        if rules.required {
            return Err(unsupported(place, "repeated.items.required"));
        }
        Ok(rules)
    }

    fn read(place: &str, fields: Vec<(String, Value)>) -> Result<Self, Error> {
        let mut rules = Self::default();
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("required", Value::Bool(required)) => rules.required = required,
                ("ignore", Value::EnumNumber(0)) => rules.ignore = Ignore::Never,
                ("ignore", Value::EnumNumber(1)) => rules.ignore = Ignore::IfUnpopulated,
                ("ignore", Value::EnumNumber(3)) => rules.ignore = Ignore::Always,
                ("string" | "int32" | "enum" | "repeated", Value::Message(of_type)) => {
                    rules.of_types.push((name, of_type));
                }
                _ => return Err(unsupported(place, name)),
            }
        }
        Ok(rules)
    }

    /// Whether a field with these rules is ever checked, not counting what is inside it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.required && self.of_types.is_empty()
    }

    /// The rules for a type, which has to be the type of the field.
    pub(crate) fn of_type(
        &self,
        field: &FieldDescriptor,
        type_name: &str,
    ) -> Result<Vec<(String, Value)>, Error> {
        let mut fields = Vec::new();
        for (name, rules) in &self.of_types {
            if name != type_name {
                return Err(unsupported(
                    field.full_name(),
                    format!("{name} (on a field of another type)"),
                ));
            }
            fields.extend(set_fields(field.full_name(), rules)?);
        }
        Ok(fields)
    }

    /// Fails where there are rules for a type.
    pub(crate) fn require_none(&self, field: &FieldDescriptor, what: &str) -> Result<(), Error> {
        match self.of_types.first() {
            Some((name, _)) => Err(unsupported(field.full_name(), format!("{name} ({what})"))),
            None => Ok(()),
        }
    }
}

pub(crate) fn unsupported(place: &str, rule: impl Into<String>) -> Error {
    Error::UnsupportedRule {
        place: place.to_owned(),
        rule: rule.into(),
    }
}
