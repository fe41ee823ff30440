//! The schema of a runner file: proto3 JSON, and stricter than requests are.

use runner_configuration::json;
use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration_service::schema;
use runner_configuration_service::store::Encoded;
use serde_json::Value;

/// The schema that a JSON value is, with nothing in it that has no meaning.
pub(super) fn read(value: &Value) -> Result<Encoded<RunnerConfigurationSchema>, String> {
    let text = value.to_string();
    let schema =
        json::from_slice::<RunnerConfigurationSchema>(text.as_bytes()).map_err(|error| {
            // The place in the text that was written just now says nothing.
            let reason = error.reason();
            let reason = reason
                .rsplit_once(" at line ")
                .map_or(reason, |(what, _)| what);
            match error.path() {
                "" => reason.to_owned(),
                path => format!("{path}: {reason}"),
            }
        })?;
    let unknown = unknown_keys(value);
    if !unknown.is_empty() {
        return Err(format!("unknown keys: {}", unknown.join(", ")));
    }
    let problems = schema::check(&schema);
    if !problems.is_empty() {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Err(problems.join("; "));
    }
    Ok(Encoded::new(&schema))
}

/// The keys of a schema that the mapping passes over.
fn unknown_keys(schema: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    // An error was reported before.
    let _: Result<RunnerConfigurationSchema, _> =
        serde_ignored::deserialize(schema, |path| unknown.push(path_text(&path)));
    unknown
}

/// As in `environmentClasses[0].int.step`.
fn path_text(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;

    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", path_text(parent)),
        Path::Map { parent, key } => match path_text(parent) {
            parent if parent.is_empty() => key.clone(),
            parent => format!("{parent}.{key}"),
        },
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => path_text(parent),
    }
}
