//! `buf.validate` rules in the words of JSON Schema.

use prost_reflect::{FieldDescriptor, Kind, Value as Rule};
use serde_json::{Map, Value, json};

use crate::Error;
use crate::rules::{FieldRules, Ignore, unsupported};

/// What the rules of a value ask for.
#[derive(Default)]
pub(super) struct Asked {
    /// Keywords for the schema of the value.
    pub(super) keywords: Map<String, Value>,
    /// Whether the zero value breaks a rule.
    pub(super) refuses_zero: bool,
}

/// The UUIDs that the rule takes: of any version, in any case.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// The rules of a scalar or an enum: of a field, or of the items of one.
pub(super) fn of_scalar(
    field: &FieldDescriptor,
    kind: &Kind,
    rules: &FieldRules,
) -> Result<Asked, Error> {
    let type_name = match kind {
        Kind::String => "string",
        Kind::Int32 => "int32",
        Kind::Enum(_) => "enum",
        _ => {
            rules.require_none(field, "on a field of this type")?;
            return Ok(Asked::default());
        }
    };
    let mut asked = Asked::default();
    let mut bounds = Bounds::default();
    for (name, rule) in rules.of_type(field, type_name)? {
        match (name.as_str(), rule) {
            ("min_len", Rule::U64(min)) => {
                asked.set("minLength", min);
                asked.refuses_zero |= min > 0;
            }
            ("max_len", Rule::U64(max)) => asked.set("maxLength", max),
            ("uuid", Rule::Bool(true)) => {
                asked.set("format", "uuid");
                asked.set("pattern", UUID);
                asked.refuses_zero = true;
            }
            // The schema of an enum has the declared values only.
            ("defined_only", Rule::Bool(_)) | ("uuid", Rule::Bool(false)) => {}
            ("gt", Rule::I32(min)) => bounds.lower = Some(("exclusiveMinimum", min)),
            ("gte", Rule::I32(min)) => bounds.lower = Some(("minimum", min)),
            ("lt", Rule::I32(max)) => bounds.upper = Some(("exclusiveMaximum", max)),
            ("lte", Rule::I32(max)) => bounds.upper = Some(("maximum", max)),
            (name, _) => {
                let rule = format!("{type_name}.{name}");
                return Err(unsupported(field.full_name(), rule));
            }
        }
    }
    bounds.add_to(&mut asked);
    if rules.ignore == Ignore::IfUnpopulated && !field.supports_presence() && !field.is_list() {
        asked.permit_zero(kind);
    }
    Ok(asked)
}

/// The rules of a list; those of its items are handed back.
pub(super) fn of_list(
    field: &FieldDescriptor,
    rules: &FieldRules,
) -> Result<(Asked, FieldRules), Error> {
    let (mut asked, mut items) = (Asked::default(), FieldRules::default());
    for (name, rule) in rules.of_type(field, "repeated")? {
        match (name.as_str(), rule) {
            ("min_items", Rule::U64(0)) => {}
            // An unset list is an empty one, which is not looked at.
            ("min_items", Rule::U64(_)) if rules.ignore == Ignore::IfUnpopulated => {}
            ("min_items", Rule::U64(min)) => {
                asked.set("minItems", min);
                asked.refuses_zero = true;
            }
            ("max_items", Rule::U64(max)) => asked.set("maxItems", max),
            ("items", Rule::Message(rules)) => items = FieldRules::of_items(field, &rules)?,
            (name, _) => return Err(unsupported(field.full_name(), format!("repeated.{name}"))),
        }
    }
    Ok((asked, items))
}

#[derive(Default)]
struct Bounds {
    lower: Option<(&'static str, i32)>,
    upper: Option<(&'static str, i32)>,
}

impl Bounds {
    fn add_to(self, asked: &mut Asked) {
        let above = |value: i32| match self.lower {
            Some(("minimum", min)) => value >= min,
            Some((_, min)) => value > min,
            None => true,
        };
        let below = |value: i32| match self.upper {
            Some(("maximum", max)) => value <= max,
            Some((_, max)) => value < max,
            None => true,
        };
        match (self.lower, self.upper) {
            // Turned inside out: the values outside of the two.
            (Some((low, min)), Some((high, max))) if max < min => {
                asked.set("anyOf", json!([{low: min}, {high: max}]));
                asked.refuses_zero |= !above(0) && !below(0);
            }
            (lower, upper) => {
                for (keyword, bound) in lower.into_iter().chain(upper) {
                    asked.set(keyword, bound);
                }
                asked.refuses_zero |= !above(0) || !below(0);
            }
        }
    }
}

impl Asked {
    fn set(&mut self, keyword: &str, value: impl Into<Value>) {
        self.keywords.insert(keyword.to_owned(), value.into());
    }

    /// Lets the zero value pass, whatever the rules say.
    fn permit_zero(&mut self, kind: &Kind) {
        if !std::mem::take(&mut self.refuses_zero) {
            return;
        }
        let rules = std::mem::take(&mut self.keywords);
        self.set("anyOf", json!([{"const": zero(kind)}, rules]));
    }

    /// Excludes the zero value, which means that a field without presence is not set.
    pub(super) fn exclude_zero(&mut self, kind: &Kind) {
        if !std::mem::replace(&mut self.refuses_zero, true) {
            self.set("not", json!({"const": zero(kind)}));
        }
    }
}

/// The zero value of a scalar or an enum, as JSON.
fn zero(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => json!(false),
        Kind::String | Kind::Bytes => json!(""),
        Kind::Enum(enumeration) => json!(enumeration.default_value().name()),
        _ => json!(0),
    }
}
