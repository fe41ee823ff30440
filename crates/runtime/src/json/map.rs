use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

/// A `map` field read from JSON: an object in which no key occurs twice.
pub struct Map<K, V>(
    /// The entries.
    pub HashMap<K, V>,
);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<'de, K, V> Deserialize<'de> for Map<K, V>
where
    K: Deserialize<'de> + Eq + Hash,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);

        impl<'de, K, V> Visitor<'de> for Entries<K, V>
        where
            K: Deserialize<'de> + Eq + Hash,
            V: Deserialize<'de>,
        {
            type Value = HashMap<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut entries = HashMap::new();
                while let Some((key, value)) = access.next_entry()? {
                    if entries.insert(key, value).is_some() {
                        return Err(A::Error::custom("a key occurs twice"));
                    }
                }
                Ok(entries)
            }
        }

        deserializer.deserialize_map(Entries(PhantomData)).map(Self)
    }
}

/// A `bool` key of a map: `"true"` or `"false"`, however these texts are escaped.
#[derive(PartialEq, Eq, Hash)]
pub struct BoolKey(
    /// The key.
    pub bool,
);

impl<'de> Deserialize<'de> for BoolKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = bool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or `false`")
            }

            fn visit_bool<E: Error>(self, key: bool) -> Result<bool, E> {
                Ok(key)
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
                match key {
                    "true" => Ok(true),
                    "false" => Ok(false),
                    _ => Err(E::invalid_value(Unexpected::Other("other text"), &self)),
                }
            }
        }

        // Not `deserialize_bool`, for which serde_json does not resolve escapes.
        deserializer.deserialize_any(Name).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Number;

    fn read(json: &str) -> Option<usize> {
        serde_json::from_str::<Map<Number<i32>, bool>>(json)
            .ok()
            .map(|map| map.0.len())
    }

    #[test]
    fn keys_may_not_repeat_however_they_are_written() {
        assert_eq!(read("{}"), Some(0));
        assert_eq!(read(r#"{"1": true, "2": true}"#), Some(2));
        assert_eq!(read(r#"{"1": true, "1": true}"#), None);
        assert_eq!(read(r#"{"1": true, "1.0": true}"#), None);
        assert_eq!(read("[]"), None);
    }

    #[test]
    fn bool_keys_may_be_escaped() {
        let read = |json| {
            let map: serde_json::Result<Map<BoolKey, u32>> = serde_json::from_str(json);
            map.ok()?.0.remove(&BoolKey(true))
        };
        assert_eq!(read(r#"{"true": 5, "false": 6}"#), Some(5));
        assert_eq!(read(r#"{"tr\u0075e": 5}"#), Some(5));
        assert_eq!(read(r#"{"yes": 5}"#), None);
        assert_eq!(read(r#"{"true": 5, "tr\u0075e": 5}"#), None);
    }
}
