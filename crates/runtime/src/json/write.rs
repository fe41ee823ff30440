//! Writing JSON: the same bytes as serde_json's, by a serializer that need not care where they go.
//!
//! serde_json looks at every byte of a text by itself, and asks a writer and a formatter for every token. Here texts are
//! copied whole where nothing in them is to be escaped, which [`text`] finds out for 16 bytes at a time.

mod compound;
mod key;
mod serializer;
mod text;

use std::fmt;

use serde::ser::Serialize;

use self::serializer::Writer;

/// Room for most messages that are not lists.
const INITIAL_BYTES: usize = 1024;

/// Why a message has no JSON form.
///
/// ```
/// use runner_configuration_runtime::{Timestamp, json};
///
/// let beyond_the_year_9999 = Timestamp { seconds: i64::MAX, nanos: 0 };
/// assert!(json::to_vec(&beyond_the_year_9999).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError(Box<str>);

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

impl serde::ser::Error for WriteError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(reason.to_string().into())
    }
}

/// Writes a message as JSON text, without white space: byte for byte what `serde_json::to_vec` writes, in less time.
///
/// # Errors
///
/// A value without JSON form, such as a timestamp beyond the year 9999.
///
/// ```
/// use runner_configuration_runtime::{Timestamp, json};
///
/// let text = json::to_vec(&[Timestamp { seconds: 0, nanos: 0 }]).unwrap();
/// assert_eq!(text, br#"["1970-01-01T00:00:00Z"]"#);
/// ```
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, WriteError> {
    let mut text = Vec::with_capacity(INITIAL_BYTES);
    value.serialize(Writer(&mut text))?;
    Ok(text)
}

#[cfg(test)]
mod tests;
