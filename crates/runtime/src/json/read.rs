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
    // Keeping track of the path costs time, so it is only done for a text that is known to be wrong.
    serde_json::from_slice(text).map_err(|error| locate::<T>(text, error))
}

fn locate<T: DeserializeOwned>(text: &[u8], error: serde_json::Error) -> ReadError {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) if !error.inner().is_syntax() && !error.inner().is_eof() => {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            ReadError {
                path,
                reason: without_value(&error.inner().to_string()),
            }
        }
        // Not JSON, or something behind the message: a place in the text says more than a field.
        _ => ReadError {
            path: String::new(),
            reason: format!("not valid JSON: {error}"),
        },
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
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_place_and_does_not_repeat_the_value() {
        let error = from_slice::<Vec<Vec<String>>>(br#"[["a"], [31415]]"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "[1][0]: expected a string at line 1 column 14"
        );
        let error = from_slice::<Vec<u32>>(br#"["s3cret, expected nothing"]"#).unwrap_err();
        assert_eq!(error.to_string(), "[0]: expected u32 at line 1 column 27");
        let error = from_slice::<Vec<u32>>(b"[1,").unwrap_err();
        assert_eq!(
            error.to_string(),
            "not valid JSON: EOF while parsing a value at line 1 column 3"
        );
        let error = from_slice::<Vec<u32>>(b"[1] x").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("not valid JSON: trailing characters"),
            "{error}"
        );
    }
}
