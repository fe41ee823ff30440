//! The JSON form of `google.protobuf.Any`: the message's own, with its type under `@type`.

use std::cell::Cell;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};

use super::buffer::Buffer;
use super::registry::look_up;
use crate::Any;

const TYPE: &str = "@type";
/// Holds the JSON form of a message that is not an object with the message's fields.
const VALUE: &str = "value";

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The type may stand behind what it is needed for.
        let Buffer::Object(mut members) = Buffer::deserialize(deserializer)? else {
            return Err(D::Error::custom("google.protobuf.Any is an object"));
        };
        if members.is_empty() {
            return Ok(Self::default());
        }
        let type_url = match take(&mut members, TYPE).map_err(D::Error::custom)? {
            Some(Buffer::String(type_url)) => type_url,
            _ => return Err(D::Error::custom("google.protobuf.Any needs a text `@type`")),
        };
        let mut any = Self {
            type_url,
            value: Vec::new(),
        };
        let codec = any
            .type_name()
            .and_then(look_up)
            .ok_or_else(|| D::Error::custom("the `@type` is not a registered type"))?;
        let json = if codec.is_special {
            take(&mut members, VALUE)
                .map_err(D::Error::custom)?
                .ok_or_else(|| D::Error::missing_field(VALUE))?
        } else {
            Buffer::Object(members)
        };
        any.value = (codec.decode_json)(json).map_err(D::Error::custom)?;
        Ok(any)
    }
}

/// Takes the member with this key out; fails where there are several.
fn take(members: &mut Vec<(String, Buffer)>, key: &str) -> Result<Option<Buffer>, String> {
    let Some(index) = members.iter().position(|(known, _)| known == key) else {
        return Ok(None);
    };
    let (_, value) = members.remove(index);
    if members.iter().any(|(known, _)| known == key) {
        return Err(format!("duplicate field `{key}`"));
    }
    Ok(Some(value))
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::default() {
            return serializer.serialize_map(Some(0))?.end();
        }
        let codec = self.type_name().and_then(look_up).ok_or_else(|| {
            S::Error::custom(format!(
                "google.protobuf.Any of the type {:?}, which is not registered, has no JSON form",
                self.type_url
            ))
        })?;
        let _nesting = Nesting::enter().map_err(S::Error::custom)?;
        let json = (codec.encode_json)(&self.value).map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(TYPE, &self.type_url)?;
        match json {
            Buffer::Object(members) if !codec.is_special => {
                for (key, value) in &members {
                    map.serialize_entry(key, value)?;
                }
            }
            json => map.serialize_entry(VALUE, &json)?,
        }
        map.end()
    }
}

/// Bounds the depth of messages in messages that are written.
///
/// A decoder bounds what it reads at once, in JSON as in binary, but takes the inside of an `Any` for bytes. So a
/// message of some megabytes could hold so many of them inside each other that writing them overflows the stack.
struct Nesting;

const DEEPEST: usize = 32;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Nesting {
    fn enter() -> Result<Self, &'static str> {
        let depth = DEPTH.get();
        if depth >= DEEPEST {
            return Err("google.protobuf.Any is nested too deeply");
        }
        DEPTH.set(depth + 1);
        Ok(Self)
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use prost::{Message as _, Name};

    use super::*;
    use crate::Timestamp;
    use crate::json::{BoolKey, Map, Number, register};

    /// What generated code would be for a message with a map.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Flags {
        #[prost(map = "bool, int32", tag = "1")]
        by_answer: std::collections::HashMap<bool, i32>,
        #[prost(message, optional, tag = "2")]
        inner: Option<Any>,
    }

    impl Name for Flags {
        const NAME: &'static str = "Flags";
        const PACKAGE: &'static str = "test.v1";
    }

    impl Serialize for Flags {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("byAnswer", &self.by_answer)?;
            if let Some(inner) = &self.inner {
                map.serialize_entry("inner", inner)?;
            }
            map.end()
        }
    }

    impl<'de> Deserialize<'de> for Flags {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(serde::Deserialize)]
            #[serde(rename_all = "camelCase")]
            struct Fields {
                #[serde(default)]
                by_answer: Map<BoolKey, Number<i32>>,
                inner: Option<Any>,
            }
            Fields::deserialize(deserializer).map(|fields| Self {
                by_answer: (fields.by_answer.0.into_iter())
                    .map(|(key, value)| (key.0, value.0))
                    .collect(),
                inner: fields.inner,
            })
        }
    }

    fn read(json: &str) -> Result<Any, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn flags() -> Flags {
        register::<Flags>();
        Flags {
            by_answer: [(true, 1)].into(),
            inner: Some(Any::pack(&Timestamp::default())),
        }
    }

    #[test]
    fn the_fields_stand_beside_the_type() {
        let any = Any::pack(&flags());
        let json = concat!(
            r#"{"@type":"type.googleapis.com/test.v1.Flags","byAnswer":{"true":1},"inner":"#,
            r#"{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}}"#,
        );
        assert_eq!(serde_json::to_string(&any).unwrap(), json);
        assert_eq!(read(json), Ok(any));
    }

    #[test]
    fn the_type_may_come_last_and_have_any_host() {
        let json = r#"{"inner": null, "byAnswer": {"true": "1e0"}, "@type": "x/test.v1.Flags"}"#;
        flags();
        let decoded = read(json).unwrap().unpack::<Flags>().unwrap().unwrap();
        assert_eq!(decoded.by_answer, [(true, 1)].into());
    }

    #[test]
    fn an_any_in_an_any_has_its_form_under_value() {
        let any = Any::pack(&Any::pack(&Timestamp::default()));
        let json = serde_json::to_string(&any).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"#,
                r#""type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}}"#,
            )
        );
        assert_eq!(read(&json), Ok(any));
    }

    #[test]
    fn an_empty_one_is_an_empty_object() {
        assert_eq!(serde_json::to_string(&Any::default()).unwrap(), "{}");
        assert_eq!(read("{}"), Ok(Any::default()));
    }

    #[test]
    fn what_has_no_known_type_is_refused() {
        flags();
        for json in [
            "1",
            "[]",
            r#"{"byAnswer": {}}"#,
            r#"{"@type": 1}"#,
            r#"{"@type": ""}"#,
            r#"{"@type": "test.v1.Flags"}"#,
            r#"{"@type": "x/test.v1.Other"}"#,
            r#"{"@type": "x/test.v1.Flags", "@type": "x/test.v1.Flags"}"#,
            r#"{"@type": "x/test.v1.Flags", "byAnswer": {}, "byAnswer": {}}"#,
            r#"{"@type": "x/test.v1.Flags", "byAnswer": {"yes": 1}}"#,
            r#"{"@type": "x/google.protobuf.Timestamp"}"#,
            r#"{"@type": "x/google.protobuf.Timestamp", "value": null}"#,
            r#"{"@type": "x/google.protobuf.Timestamp", "value": "", "value": ""}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
        for (type_url, value) in [
            ("x/test.v1.Other", vec![]),
            ("", vec![1]),
            ("x/test.v1.Flags", vec![0xff]),
        ] {
            let type_url = type_url.to_owned();
            assert!(serde_json::to_string(&Any { type_url, value }).is_err());
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_value() {
        let json = br#"{"@type": "x/google.protobuf.Timestamp", "value": 31415}"#;
        let error = crate::json::from_slice::<Any>(json).unwrap_err();
        assert!(!error.to_string().contains("31415"), "{error}");
    }

    #[test]
    fn endless_nesting_is_refused() {
        let mut any = Any::pack(&Timestamp::default());
        for _ in 0..10_000 {
            any = Any {
                type_url: "/google.protobuf.Any".to_owned(),
                value: any.encode_to_vec(),
            };
        }
        let error = serde_json::to_string(&any).unwrap_err();
        assert_eq!(
            error.to_string(),
            "google.protobuf.Any is nested too deeply"
        );
        assert!(serde_json::to_string(&Any::pack(&Any::default())).is_ok());
    }
}
