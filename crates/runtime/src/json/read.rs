mod access;
mod reader;

use std::fmt;

use serde::de::DeserializeOwned;

/// Why a JSON text is not a message: which field, and what was expected there.
///
/// The text never repeats the value that was found, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    path: String,
    reason: String,
}

impl ReadError {
    /// The field in JSON notation, such as `filter.runnerIds[0]`; empty where the whole text is meant.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.path, self.reason)
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a message from a JSON text.
///
/// # Errors
///
/// The field that is wrong, by its path.
///
/// ```
/// # use runner_configuration_runtime::{Timestamp, json};
/// let error = json::from_slice::<Vec<Timestamp>>(br#"["2026-03-01T00:00:00Z", 5]"#).unwrap_err();
/// assert_eq!(error.path(), "[1]");
/// ```
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, ReadError> {
    // The usual reader neither knows nor says what is wrong. Keeping track of the path costs time, so it is only done
    // for a text that this reader has given up.
    reader::read(text).or_else(|_| locate(text))
}

fn locate<T: DeserializeOwned>(text: &[u8]) -> Result<T, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let not_json = |error: serde_json::Error| ReadError {
        path: String::new(),
        reason: format!("not valid JSON: {error}"),
    };
    match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => match deserializer.end() {
            Ok(()) => Ok(value),
            Err(error) => Err(not_json(error)),
        },
        // Not JSON: a place in the text says more than a field.
        Err(error) if error.inner().is_syntax() || error.inner().is_eof() => {
            Err(not_json(error.into_inner()))
        }
        Err(error) => {
            let path = error.path().to_string();
            Err(ReadError {
                path: if path == "." { String::new() } else { path },
                reason: without_value(&error.inner().to_string()),
            })
        }
    }
}

/// serde words a mismatch as `invalid type: <what was found>, expected <what> at line 1 column 2`.
fn without_value(message: &str) -> String {
    let mismatch = ["invalid type: ", "invalid value: ", "invalid length "];
    match (
        message.rsplit_once(", expected "),
        mismatch.iter().any(|start| message.starts_with(start)),
    ) {
        (Some((_, expected)), true) => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
