//! Keys of maps, which may be numbers or bools, and are text in JSON.

use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};

use super::WriteError;

/// Writes a separator, a key and a colon, as serde_json does: messages have few maps.
pub(super) fn key<K: Serialize + ?Sized>(
    text: &mut Vec<u8>,
    separator: u8,
    key: &K,
) -> Result<(), WriteError> {
    let start = text.len();
    serde_json::to_writer(&mut *text, &Entry(key)).map_err(WriteError::custom)?;
    // `{"key":null}` without its end; its beginning is where the separator belongs.
    text.truncate(text.len() - "null}".len());
    if let Some(beginning) = text.get_mut(start) {
        *beginning = separator;
    }
    Ok(())
}

/// An object with nothing but a key.
struct Entry<'a, K: ?Sized>(&'a K);

impl<K: Serialize + ?Sized> Serialize for Entry<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &())?;
        map.end()
    }
}
