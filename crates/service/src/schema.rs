//! Environment classes against the runner's schema.

mod definition;

pub use definition::{Problem, check};

use std::collections::{HashMap, HashSet};

use runner_configuration::v1::runner_configuration_schema::field::Type;
use runner_configuration::v1::runner_configuration_schema::{EnumField, Field, IntField};
use runner_configuration::v1::{FieldValue, RunnerConfigurationSchema};

use crate::error::storable;
use crate::pattern::Pattern;

/// What is wrong with one field of a class's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrongField {
    /// The field's id in the schema, or the key that the schema does not know.
    pub(crate) key: String,
    /// Where in the configuration; `None` where the field is missing.
    pub(crate) place: Option<Place>,
    /// What is wrong. Never repeats the value, which may be a secret.
    pub(crate) error: String,
}

/// A part of an entry of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The key of the entry with this index.
    Key(usize),
    /// The value of the entry with this index.
    Value(usize),
}

/// The most wrong fields that one report lists: far more than a schema has fields, and a bound to what a request of
/// nothing but unknown keys can make the service write.
const MAX_REPORTS: usize = 1_000;

/// Everything that is wrong with a configuration, at most one report per key: first the entries in their order, then
/// what is missing in the schema's.
pub(crate) fn wrong_fields(
    schema: &RunnerConfigurationSchema,
    configuration: &[FieldValue],
) -> Vec<WrongField> {
    let mut times_set: HashMap<&str, usize> = HashMap::with_capacity(configuration.len());
    for entry in configuration {
        *times_set.entry(&entry.key).or_default() += 1;
    }
    let mut seen = HashSet::with_capacity(times_set.len());
    let entries = configuration
        .iter()
        .enumerate()
        .filter(|(_, entry)| seen.insert(&entry.key));
    let wrong = entries.filter_map(|(index, entry)| {
        let is_repeated = times_set
            .get(entry.key.as_str())
            .is_some_and(|times| *times > 1);
        let (place, error) = check_entry(schema, index, entry, is_repeated).err()?;
        Some(WrongField {
            key: entry.key.clone(),
            place: Some(place),
            error,
        })
    });
    let needed = schema
        .environment_classes
        .iter()
        .filter(|field| is_needed(field));
    let missing = needed
        .filter(|field| !times_set.contains_key(field.id.as_str()))
        .map(|field| {
            let error = "is required: add it to the configuration".to_owned();
            WrongField {
                key: field.id.clone(),
                place: None,
                error,
            }
        });
    wrong.chain(missing).take(MAX_REPORTS).collect()
}

/// The schema's field for a key of a class's configuration.
pub(crate) fn class_field<'a>(
    schema: &'a RunnerConfigurationSchema,
    key: &str,
) -> Option<&'a Field> {
    schema
        .environment_classes
        .iter()
        .find(|field| field.id == key)
}

/// Display fields can't be set, so that one is required can't be meant.
fn is_needed(field: &Field) -> bool {
    field.required && !matches!(field.r#type, Some(Type::Display(_)))
}

fn check_entry(
    schema: &RunnerConfigurationSchema,
    index: usize,
    entry: &FieldValue,
    is_repeated: bool,
) -> Result<(), (Place, String)> {
    let at_key = |error: &str| (Place::Key(index), error.to_owned());
    let Some(field) = class_field(schema, &entry.key) else {
        return Err(at_key("is not a field of the runner's schema: remove it"));
    };
    if is_repeated {
        return Err(at_key("is set more than once: set it once"));
    }
    if matches!(field.r#type, Some(Type::Display(_))) {
        return Err(at_key("is only displayed and can't be set: remove it"));
    }
    check_value(field, &entry.value).map_err(|error| (Place::Value(index), error))
}

fn check_value(field: &Field, value: &str) -> Result<(), String> {
    match &field.r#type {
        Some(Type::String(string)) => {
            storable(value)?;
            check_pattern(&string.pattern, value)
        }
        Some(Type::Bool(_)) if matches!(value, "true" | "false") => Ok(()),
        Some(Type::Bool(_)) => Err("must be true or false".to_owned()),
        Some(Type::Int(int)) => check_int(*int, value),
        Some(Type::Enum(values)) => check_enum(values, value),
        Some(Type::Display(_)) => Err("is only displayed and can't be set: remove it".to_owned()),
        None => Err(broken("has no type that this service knows")),
    }
}

fn check_pattern(pattern: &str, value: &str) -> Result<(), String> {
    // No pattern is no restriction; a pattern for the empty text would be `^$`.
    if pattern.is_empty() {
        return Ok(());
    }
    match Pattern::of(pattern) {
        Ok(compiled) if compiled.matches(value) => Ok(()),
        Ok(_) => Err(format!("must match the pattern {pattern}")),
        Err(error) => Err(broken(&format!("has a pattern that {error}"))),
    }
}

/// The range of a number, as the schema means it: 0 is "unset" in both bounds, and a lower bound alone is enough.
fn bounds(int: IntField) -> (i32, i32) {
    match (int.min, int.max) {
        (0, 0) => (i32::MIN, i32::MAX),
        (min, 0) => (min, i32::MAX),
        both => both,
    }
}

fn check_int(int: IntField, value: &str) -> Result<(), String> {
    let (min, max) = bounds(int);
    match value.parse::<i32>() {
        Ok(number) if (min..=max).contains(&number) => Ok(()),
        _ => Err(format!("must be a whole number from {min} to {max}")),
    }
}

/// The values of an enum: the titles, or what older runners sent instead.
#[expect(deprecated, reason = "older runners fill `values` only")]
fn enum_values(values: &EnumField) -> Vec<&str> {
    if values.possible_values.is_empty() {
        values.values.iter().map(String::as_str).collect()
    } else {
        values
            .possible_values
            .iter()
            .map(|value| value.title.as_str())
            .collect()
    }
}

fn check_enum(values: &EnumField, value: &str) -> Result<(), String> {
    let values = enum_values(values);
    if values.is_empty() {
        Err(broken("has no possible values"))
    } else if values.contains(&value) {
        Ok(())
    } else {
        Err(format!("must be one of {}", values.join(", ")))
    }
}

fn broken(what: &str) -> String {
    format!("can't be checked: the runner's schema is broken, its field {what}")
}
