//! Whether a schema makes sense, before a runner is registered with it.

use std::collections::HashSet;
use std::fmt;

use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration::v1::runner_configuration_schema::field::Type;
use runner_configuration::v1::runner_configuration_schema::{
    EnumField, Field, IntField, ScmConfigSchema, StringField,
};

use super::{bounds, enum_values};
use crate::host;
use crate::pattern::Pattern;

/// Something in a schema that no configuration could ever be right for, or that is not told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as in `environment_classes[2].string.pattern`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Everything in a schema that makes no sense; nothing, where the schema is good.
///
/// Checked: ids are there and not given twice, fields have a type, patterns can be read, bounds and enums leave a
/// value, defaults are values of their field, a required field can be set, and every SCM offers a way to authenticate.
pub fn check(schema: &RunnerConfigurationSchema) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_fields("runner_config", &schema.runner_config, &mut problems);
    check_fields(
        "environment_classes",
        &schema.environment_classes,
        &mut problems,
    );
    let mut ids = HashSet::new();
    for (index, scm) in schema.scm.iter().enumerate() {
        let path = format!("scm[{index}]");
        check_id(
            &format!("{path}.scm_id"),
            &scm.scm_id,
            &mut ids,
            &mut problems,
        );
        check_scm(&path, scm, &mut problems);
    }
    problems
}

fn check_fields(list: &str, fields: &[Field], problems: &mut Vec<Problem>) {
    let mut ids = HashSet::new();
    for (index, field) in fields.iter().enumerate() {
        let path = format!("{list}[{index}]");
        check_id(&format!("{path}.id"), &field.id, &mut ids, problems);
        match &field.r#type {
            Some(Type::String(string)) => check_string(&path, string, problems),
            Some(Type::Int(int)) => check_int(&path, *int, problems),
            Some(Type::Enum(values)) => check_enum(&path, values, problems),
            Some(Type::Display(_)) if field.required => {
                report(
                    problems,
                    format!("{path}.required"),
                    "a display field can't be set, so it can't be required",
                );
            }
            Some(Type::Bool(_) | Type::Display(_)) => {}
            None => report(
                problems,
                path,
                "has no type: give it one of string, bool, int, enum, display",
            ),
        }
    }
}

fn check_id<'a>(path: &str, id: &'a str, ids: &mut HashSet<&'a str>, problems: &mut Vec<Problem>) {
    if id.is_empty() {
        report(problems, path, "is empty");
    } else if !ids.insert(id) {
        report(problems, path, format!("{id} is there twice"));
    }
}

fn check_string(path: &str, string: &StringField, problems: &mut Vec<Problem>) {
    if string.pattern.is_empty() {
        return;
    }
    match Pattern::of(&string.pattern) {
        Err(error) => report(
            problems,
            format!("{path}.string.pattern"),
            error.to_string(),
        ),
        Ok(pattern) if !string.default.is_empty() && !pattern.matches(&string.default) => {
            report(
                problems,
                format!("{path}.string.default"),
                "does not match the pattern",
            );
        }
        Ok(_) => {}
    }
}

fn check_int(path: &str, int: IntField, problems: &mut Vec<Problem>) {
    let (min, max) = bounds(int);
    if min > max {
        report(
            problems,
            format!("{path}.int"),
            format!("min {min} is above max {max}"),
        );
    } else if int.default != 0 && !(min..=max).contains(&int.default) {
        report(
            problems,
            format!("{path}.int.default"),
            format!("is not from {min} to {max}"),
        );
    }
}

#[expect(deprecated, reason = "older runners fill `default` only")]
fn check_enum(path: &str, field: &EnumField, problems: &mut Vec<Problem>) {
    let values = enum_values(field);
    if values.is_empty() {
        report(problems, format!("{path}.enum"), "has no possible values");
        return;
    }
    let list = if field.possible_values.is_empty() {
        "values"
    } else {
        "possible_values"
    };
    let mut seen = HashSet::new();
    for (index, value) in values.iter().enumerate() {
        check_id(
            &format!("{path}.enum.{list}[{index}]"),
            value,
            &mut seen,
            problems,
        );
    }
    let default = field
        .default_value
        .as_ref()
        .map_or(field.default.as_str(), |value| &value.title);
    if !default.is_empty() && !seen.contains(default) {
        report(
            problems,
            format!("{path}.enum"),
            format!("the default {default} is not a possible value"),
        );
    }
}

fn check_scm(path: &str, scm: &ScmConfigSchema, problems: &mut Vec<Problem>) {
    if scm.oauth.is_none() && scm.pat.is_none() {
        report(
            problems,
            path,
            "offers neither oauth nor pat, so no integration can be made",
        );
    }
    for (index, default) in scm.default_hosts.iter().enumerate() {
        if !host::is_valid(default) {
            report(
                problems,
                format!("{path}.default_hosts[{index}]"),
                "is not a DNS name or address",
            );
        }
    }
}

fn report(problems: &mut Vec<Problem>, path: impl Into<String>, message: impl Into<String>) {
    problems.push(Problem {
        path: path.into(),
        message: message.into(),
    });
}

#[cfg(test)]
mod tests {
    use runner_configuration::v1::runner_configuration_schema::enum_field::Value;
    use runner_configuration::v1::runner_configuration_schema::{
        BoolField, DisplayField, OAuth, PersonalAccessToken,
    };

    use super::*;

    fn field(id: &str, kind: Type) -> Field {
        Field {
            id: id.to_owned(),
            r#type: Some(kind),
            ..Field::default()
        }
    }

    fn string(pattern: &str, default: &str) -> Type {
        Type::String(StringField {
            default: default.to_owned(),
            pattern: pattern.to_owned(),
        })
    }

    fn int(default: i32, min: i32, max: i32) -> Type {
        Type::Int(IntField { default, min, max })
    }

    fn value(title: &str) -> Value {
        Value {
            title: title.to_owned(),
            ..Value::default()
        }
    }

    fn choice(default: Option<&str>, titles: &[&str]) -> Type {
        Type::Enum(EnumField {
            default_value: default.map(value),
            possible_values: titles.iter().copied().map(value).collect(),
            ..EnumField::default()
        })
    }

    fn scm(id: &str, hosts: &[&str]) -> ScmConfigSchema {
        ScmConfigSchema {
            scm_id: id.to_owned(),
            default_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            oauth: Some(OAuth::default()),
            pat: Some(PersonalAccessToken::default()),
            ..ScmConfigSchema::default()
        }
    }

    fn problems(schema: &RunnerConfigurationSchema) -> Vec<String> {
        check(schema).iter().map(ToString::to_string).collect()
    }

    fn of_fields(fields: Vec<Field>) -> Vec<String> {
        problems(&RunnerConfigurationSchema {
            environment_classes: fields,
            ..Default::default()
        })
    }

    #[test]
    fn a_sensible_schema_has_no_problems() {
        let display = Type::Display(DisplayField::default());
        let environment_classes = vec![
            field("a", string("[a-z]+", "x")),
            field("b", Type::Bool(BoolField::default())),
            field("c", int(4, 1, 128)),
            field("d", int(0, 512, 0)),
            field("e", choice(Some("x"), &["x", "y"])),
            field("f", display),
        ];
        let schema = RunnerConfigurationSchema {
            environment_classes,
            runner_config: vec![field("a", string("", ""))],
            scm: vec![scm("github", &["github.com"]), scm("gitlab", &[])],
            ..Default::default()
        };
        assert!(problems(&schema).is_empty(), "{:?}", problems(&schema));
        assert!(problems(&RunnerConfigurationSchema::default()).is_empty());
    }

    #[test]
    fn nonsense_in_fields_is_found() {
        let required_display = Field {
            required: true,
            ..field("x", Type::Display(DisplayField::default()))
        };
        for (fields, expected) in [
            (vec![field("", int(0, 0, 0))], "[0].id: is empty"),
            (
                vec![field("x", int(0, 0, 0)), field("x", int(0, 0, 0))],
                "[1].id: x is there twice",
            ),
            (
                vec![Field {
                    r#type: None,
                    ..field("x", int(0, 0, 0))
                }],
                "[0]: has no type: give it one of string, bool, int, enum, display",
            ),
            (
                vec![field("x", string("a(", ""))],
                "[0].string.pattern: unclosed group",
            ),
            (
                vec![field("x", string("a", "b"))],
                "[0].string.default: does not match the pattern",
            ),
            (
                vec![field("x", int(0, 5, 4))],
                "[0].int: min 5 is above max 4",
            ),
            (
                vec![field("x", int(9, 1, 4))],
                "[0].int.default: is not from 1 to 4",
            ),
            (
                vec![field("x", choice(None, &[]))],
                "[0].enum: has no possible values",
            ),
            (
                vec![field("x", choice(None, &["a", "a"]))],
                "[0].enum.possible_values[1]: a is there twice",
            ),
            (
                vec![field("x", choice(None, &[""]))],
                "[0].enum.possible_values[0]: is empty",
            ),
            (
                vec![field("x", choice(Some("b"), &["a"]))],
                "[0].enum: the default b is not a possible value",
            ),
            (
                vec![required_display],
                "[0].required: a display field can't be set, so it can't be required",
            ),
        ] {
            assert_eq!(
                of_fields(fields),
                [format!("environment_classes{expected}")]
            );
        }
    }

    #[test]
    fn nonsense_in_scms_is_found() {
        let none = ScmConfigSchema {
            oauth: None,
            pat: None,
            ..scm("x", &[])
        };
        let schema = RunnerConfigurationSchema {
            scm: vec![
                scm("", &[]),
                scm("a", &["https://a.com"]),
                scm("a", &[]),
                none,
            ],
            ..Default::default()
        };
        assert_eq!(
            problems(&schema),
            [
                "scm[0].scm_id: is empty",
                "scm[1].default_hosts[0]: is not a DNS name or address",
                "scm[2].scm_id: a is there twice",
                "scm[3]: offers neither oauth nor pat, so no integration can be made",
            ]
        );
    }
}
