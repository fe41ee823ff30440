//! `google.protobuf.Struct` and what is in it: JSON as a message.

use std::collections::HashMap;

use crate::Enumeration;

/// A JSON object.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Struct {
    /// Its members.
    #[prost(map = "string, message", tag = "1")]
    pub fields: HashMap<String, Value>,
}

/// A JSON array.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListValue {
    /// Its items.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

/// Any JSON value. Without a [`kind`](Self::kind), or with a number that is not finite, it has no JSON form.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    /// What it is.
    #[prost(oneof = "value::Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<value::Kind>,
}

/// What a [`Value`] is made of.
pub mod value {
    use super::{ListValue, Struct};

    /// The kinds of JSON values.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Kind {
        /// `null`.
        #[prost(enumeration = "super::NullValue", tag = "1")]
        NullValue(i32),
        /// A number.
        #[prost(double, tag = "2")]
        NumberValue(f64),
        /// A text.
        #[prost(string, tag = "3")]
        StringValue(String),
        /// `true` or `false`.
        #[prost(bool, tag = "4")]
        BoolValue(bool),
        /// An object.
        #[prost(message, tag = "5")]
        StructValue(Struct),
        /// An array.
        #[prost(message, tag = "6")]
        ListValue(ListValue),
    }
}

impl From<value::Kind> for Value {
    fn from(kind: value::Kind) -> Self {
        Self { kind: Some(kind) }
    }
}

/// JSON's `null` as an enum with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum NullValue {
    /// `null`.
    NullValue = 0,
}

impl Enumeration for NullValue {
    const IS_NULL: bool = true;

    fn from_number(number: i32) -> Option<Self> {
        Self::try_from(number).ok()
    }

    fn from_name(name: &str) -> Option<Self> {
        (name == Self::NullValue.name()).then_some(Self::NullValue)
    }

    fn number(self) -> i32 {
        self as i32
    }

    fn name(self) -> &'static str {
        "NULL_VALUE"
    }
}

#[cfg(feature = "json")]
mod json {
    use std::fmt;

    use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
    use serde::de::{MapAccess, SeqAccess, Visitor};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::value::Kind;
    use super::{ListValue, Struct, Value};
    use crate::json::Map;

    impl Serialize for Struct {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.fields.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Struct {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Map::deserialize(deserializer).map(|fields| Self { fields: fields.0 })
        }
    }

    impl Serialize for ListValue {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.values.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for ListValue {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Vec::deserialize(deserializer).map(|values| Self { values })
        }
    }

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let without = "has no JSON form";
            match &self.kind {
                None => Err(S::Error::custom(format!("an unset Value {without}"))),
                Some(Kind::NullValue(_)) => serializer.serialize_unit(),
                Some(Kind::NumberValue(number)) if number.is_finite() => {
                    serializer.serialize_f64(*number)
                }
                Some(Kind::NumberValue(_)) => Err(S::Error::custom(format!(
                    "a Value that is not finite {without}"
                ))),
                Some(Kind::StringValue(text)) => serializer.serialize_str(text),
                Some(Kind::BoolValue(value)) => serializer.serialize_bool(*value),
                Some(Kind::StructValue(object)) => object.serialize(serializer),
                Some(Kind::ListValue(list)) => list.serialize(serializer),
            }
        }
    }

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(AnyKind).map(Self::from)
        }
    }

    struct AnyKind;

    impl<'de> Visitor<'de> for AnyKind {
        type Value = Kind;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_unit<E>(self) -> Result<Kind, E> {
            Ok(Kind::NullValue(0))
        }

        fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
            Ok(Kind::BoolValue(value))
        }

        fn visit_i64<E>(self, number: i64) -> Result<Kind, E> {
            Ok(Kind::NumberValue(number as f64))
        }

        fn visit_u64<E>(self, number: u64) -> Result<Kind, E> {
            Ok(Kind::NumberValue(number as f64))
        }

        fn visit_f64<E>(self, number: f64) -> Result<Kind, E> {
            Ok(Kind::NumberValue(number))
        }

        fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
            Ok(Kind::StringValue(text.to_owned()))
        }

        fn visit_string<E>(self, text: String) -> Result<Kind, E> {
            Ok(Kind::StringValue(text))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Kind, A::Error> {
            ListValue::deserialize(SeqAccessDeserializer::new(access)).map(Kind::ListValue)
        }

        fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Kind, A::Error> {
            Struct::deserialize(MapAccessDeserializer::new(access)).map(Kind::StructValue)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::json::{EnumNumber, EnumValue};
        use crate::well_known::NullValue;

        #[test]
        fn every_kind_goes_both_ways() {
            for json in [
                "null",
                "true",
                "-1.5",
                r#""text""#,
                r#"[null,{"a":[]},"b"]"#,
                r#"{"key":{"inner":false}}"#,
            ] {
                let value: Value = serde_json::from_str(json).unwrap();
                assert_eq!(serde_json::to_string(&value).unwrap(), json);
            }
            let value: Value = serde_json::from_str("3").unwrap();
            assert_eq!(value, Kind::NumberValue(3.0).into());
        }

        #[test]
        fn what_json_has_no_value_for_is_refused() {
            for value in [
                Value::default(),
                Kind::NumberValue(f64::NAN).into(),
                Kind::NumberValue(f64::INFINITY).into(),
            ] {
                assert!(serde_json::to_string(&value).is_err());
            }
            assert!(serde_json::from_str::<Struct>(r#"{"a": 1, "a": 1}"#).is_err());
            assert!(serde_json::from_str::<Value>(r#"[{"a": 1, "a": 1}]"#).is_err());
        }

        #[test]
        fn null_is_read_as_itself_its_name_or_its_number() {
            for json in ["null", r#""NULL_VALUE""#, "0"] {
                let null: EnumValue<NullValue> = serde_json::from_str(json).unwrap();
                assert_eq!(null.number(), Some(0), "{json}");
            }
            let null = EnumNumber::<NullValue>::new(0);
            assert_eq!(serde_json::to_string(&null).unwrap(), "null");
        }
    }
}
