use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use crate::Enumeration;

/// An enum read from JSON: a name or any 32-bit number, declared or not.
///
/// A name that is not declared is `None`: the readers of this workspace ignore unknown fields, and the mapping asks
/// of such readers to take an unknown enum name as if the field (or the element) were absent. With `REFUSE_UNKNOWN` it
/// is an error.
pub struct EnumValue<E, const REFUSE_UNKNOWN: bool = false> {
    number: Option<i32>,
    enumeration: PhantomData<E>,
}

impl<E, const REFUSE_UNKNOWN: bool> EnumValue<E, REFUSE_UNKNOWN> {
    /// The number, or `None` for an unknown name.
    pub fn number(self) -> Option<i32> {
        self.number
    }
}

impl<'de, E: Enumeration, const REFUSE_UNKNOWN: bool> Deserialize<'de>
    for EnumValue<E, REFUSE_UNKNOWN>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber<E>(PhantomData<E>);

        impl<E: Enumeration> Visitor<'_> for NameOrNumber<E> {
            type Value = Option<i32>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name or the number of an enum value")
            }

            fn visit_unit<Err: Error>(self) -> Result<Self::Value, Err> {
                if E::IS_NULL {
                    Ok(Some(0))
                } else {
                    Err(Err::invalid_type(Unexpected::Unit, &self))
                }
            }

            fn visit_str<Err: Error>(self, name: &str) -> Result<Self::Value, Err> {
                Ok(E::from_name(name).map(E::number))
            }

            fn visit_i64<Err: Error>(self, number: i64) -> Result<Self::Value, Err> {
                super::number::integer(number.into()).map(Some)
            }

            fn visit_u64<Err: Error>(self, number: u64) -> Result<Self::Value, Err> {
                super::number::integer(number.into()).map(Some)
            }

            fn visit_f64<Err: Error>(self, number: f64) -> Result<Self::Value, Err> {
                super::number::integer_from_f64(number).map(Some)
            }
        }

        deserializer
            .deserialize_any(NameOrNumber::<E>(PhantomData))
            .and_then(|number| {
                if REFUSE_UNKNOWN && number.is_none() {
                    return Err(D::Error::custom("not the name of an enum value"));
                }
                Ok(Self {
                    number,
                    enumeration: PhantomData,
                })
            })
    }
}

/// An enum written to JSON: its name, or the number where it has none.
pub struct EnumNumber<E>(i32, PhantomData<E>);

impl<E> EnumNumber<E> {
    /// Wraps the number that the field holds.
    pub fn new(number: i32) -> Self {
        Self(number, PhantomData)
    }
}

impl<E: Enumeration> Serialize for EnumNumber<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match E::from_number(self.0) {
            _ if E::IS_NULL => serializer.serialize_unit(),
            Some(value) => serializer.serialize_str(value.name()),
            None => serializer.serialize_i32(self.0),
        }
    }
}

/// A repeated enum field written to JSON.
pub struct EnumNumbers<'a, E>(&'a [i32], PhantomData<E>);

impl<'a, E> EnumNumbers<'a, E> {
    /// Wraps the numbers that the field holds.
    pub fn new(numbers: &'a [i32]) -> Self {
        Self(numbers, PhantomData)
    }
}

impl<E: Enumeration> Serialize for EnumNumbers<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for number in self.0 {
            sequence.serialize_element(&EnumNumber::<E>::new(*number))?;
        }
        sequence.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Colour(i32);

    impl Enumeration for Colour {
        fn from_number(number: i32) -> Option<Self> {
            (0..2).contains(&number).then_some(Self(number))
        }

        fn from_name(name: &str) -> Option<Self> {
            ["NONE", "RED"]
                .iter()
                .position(|known| *known == name)
                .map(|number| Self(number as i32))
        }

        fn number(self) -> i32 {
            self.0
        }

        fn name(self) -> &'static str {
            ["NONE", "RED"][self.0 as usize]
        }
    }

    fn read(json: &str) -> Option<Option<i32>> {
        serde_json::from_str::<EnumValue<Colour>>(json)
            .ok()
            .map(EnumValue::number)
    }

    #[test]
    fn names_and_numbers_are_read_and_unknown_numbers_kept() {
        assert_eq!(read(r#""RED""#), Some(Some(1)));
        assert_eq!(read("1"), Some(Some(1)));
        assert_eq!(read("1.0"), Some(Some(1)));
        assert_eq!(read("99"), Some(Some(99)));
        assert_eq!(read("-1"), Some(Some(-1)));
        assert_eq!(read(r#""BLUE""#), Some(None));
        for json in ["1.5", "2147483648", "true", "null", "{}", "[]"] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn unknown_names_can_be_refused() {
        let read = |json| serde_json::from_str::<EnumValue<Colour, true>>(json).ok();
        assert_eq!(read(r#""RED""#).and_then(EnumValue::number), Some(1));
        assert_eq!(read("99").and_then(EnumValue::number), Some(99));
        assert!(read(r#""BLUE""#).is_none());
    }

    #[test]
    fn numbers_without_a_name_are_written_as_numbers() {
        let json = serde_json::to_string(&EnumNumbers::<Colour>::new(&[0, 1, 7])).unwrap();
        assert_eq!(json, r#"["NONE","RED",7]"#);
    }
}
