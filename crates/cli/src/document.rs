//! What people write in files: YAML or JSON, of messages in proto3 JSON, and stricter than requests are.

use runner_configuration::json;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The documents of a text. JSON is tried first where it can be JSON: YAML has another opinion about some of it.
pub(crate) fn parse_all(text: &str) -> Result<Vec<Value>, String> {
    let as_json = || {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<_, _>>()
    };
    if !text.trim_start().starts_with('{') {
        return yaml(text);
    }
    as_json().or_else(|error: serde_json::Error| {
        yaml(text).map_err(|_| format!("it is not valid JSON: {error}"))
    })
}

fn yaml(text: &str) -> Result<Vec<Value>, String> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| format!("it is not valid YAML: {}", one_line(&error.to_string())))
}

/// What is reported is one sentence, whatever names and texts of the file it repeats.
pub(crate) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut line = String::with_capacity(text.len());
    for letter in lines.join(" ").chars() {
        match letter.is_control() {
            true => line.extend(letter.escape_default()),
            false => line.push(letter),
        }
    }
    line
}

/// The message that a value is, with nothing in it that has no meaning.
pub(crate) fn message<M: DeserializeOwned>(value: &Value) -> Result<M, String> {
    read(value).map_err(|error| one_line(&error))
}

fn read<M: DeserializeOwned>(value: &Value) -> Result<M, String> {
    let text = value.to_string();
    let message = json::from_slice(text.as_bytes()).map_err(|error| {
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
    let unknown = unknown_keys::<M>(value);
    if !unknown.is_empty() {
        return Err(format!("unknown keys: {}", unknown.join(", ")));
    }
    Ok(message)
}

/// The keys of a value that the mapping passes over.
fn unknown_keys<M: DeserializeOwned>(value: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    // An error was reported before.
    let _: Result<M, _> = serde_ignored::deserialize(value, |path| unknown.push(path_text(&path)));
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
