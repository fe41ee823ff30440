//! The schema that the tests' runners register.

use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration::v1::runner_configuration_schema::field::Type;
use runner_configuration::v1::runner_configuration_schema::*;

/// Required `cpu` and `memory`, an optional field of every type, and five SCMs.
pub(crate) fn schema() -> RunnerConfigurationSchema {
    let required = |id, kind| Field {
        required: true,
        ..field(id, kind)
    };
    let secret = |id, kind| Field {
        secret: true,
        ..field(id, kind)
    };
    RunnerConfigurationSchema {
        version: "1".to_owned(),
        environment_classes: vec![
            required("cpu", int(1, 128)),
            required("memory", int(512, 0)),
            field("offset", int(0, 0)),
            field(
                "machineType",
                string(r"[a-z0-9]+\.(large|[0-9]*xlarge)|metal"),
            ),
            field("note", string("")),
            field("spot", Type::Bool(BoolField::default())),
            field("disk", enumeration(&["gp3", "io2"])),
            field("region", old_enumeration(&["eu", "us"])),
            field("banner", Type::Display(DisplayField::default())),
            field("broken", string("a(")),
            secret("licence", string("[A-Z0-9-]+")),
        ],
        runner_config: Vec::new(),
        scm: vec![
            scm("github", true, true),
            scm("gitlab", true, false),
            scm("bitbucket", false, true),
            scm("azuredevops_entra", true, true),
            scm("azuredevops_server", true, true),
        ],
    }
}

pub(crate) fn field(id: &str, kind: Type) -> Field {
    Field {
        id: id.to_owned(),
        name: id.to_owned(),
        r#type: Some(kind),
        ..Field::default()
    }
}

pub(crate) fn int(min: i32, max: i32) -> Type {
    Type::Int(IntField {
        default: 0,
        min,
        max,
    })
}

pub(crate) fn string(pattern: &str) -> Type {
    Type::String(StringField {
        default: String::new(),
        pattern: pattern.to_owned(),
    })
}

pub(crate) fn enumeration(titles: &[&str]) -> Type {
    let value = |title: &&str| enum_field::Value {
        title: (*title).to_owned(),
        ..Default::default()
    };
    Type::Enum(EnumField {
        possible_values: titles.iter().map(value).collect(),
        ..Default::default()
    })
}

#[expect(deprecated, reason = "older runners name their values so")]
fn old_enumeration(values: &[&str]) -> Type {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Type::Enum(EnumField {
        values,
        ..Default::default()
    })
}

fn scm(id: &str, oauth: bool, pat: bool) -> ScmConfigSchema {
    ScmConfigSchema {
        scm_id: id.to_owned(),
        name: id.to_owned(),
        default_hosts: vec![format!("{}.com", id.replace('_', "-"))],
        oauth: oauth.then(OAuth::default),
        pat: pat.then(PersonalAccessToken::default),
    }
}
