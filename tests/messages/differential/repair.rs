//! Texts without what is listed as a difference.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::classes::Class;
use super::schema::{Field, Kind, Message};

/// The text without what the classes are about, and the classes that were met; `None` for a text that is read by nobody.
pub(super) fn repaired(message: &Message, text: &[u8]) -> Option<(Vec<u8>, Vec<Class>)> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let of_message = OfMessage(message, &mut found);
    let value = of_message.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some((value.to_string().into_bytes(), found))
}

/// Reads a message; fields that are not known are left out.
struct OfMessage<'a>(&'a Message, &'a mut Vec<Class>);

impl<'de> DeserializeSeed<'de> for OfMessage<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OfMessage<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Self(message, found) = self;
        let mut members = serde_json::Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let Some(field) = message.field(&key) else {
                access.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = access.next_value_seed(OfField {
                kind: &field.kind,
                is_list: field.is_list,
                found,
            })?;
            let again = members.get_mut(&field.json_name);
            if again.is_some() {
                found.push(Class::RepeatedField);
            }
            match again {
                Some(_) if is_absent(field, &value) => {}
                _ => drop(members.insert(field.json_name.clone(), value)),
            }
        }
        Ok(Value::Object(members))
    }
}

/// Whether a value leaves the field as it is: `null`, and the unknown name of an enum value.
fn is_absent(field: &Field, value: &Value) -> bool {
    match (&field.kind, value) {
        (_, Value::Null) => true,
        (Kind::Enum(values), Value::String(text)) => !values.iter().any(|(name, _)| name == text),
        _ => false,
    }
}

/// Reads the value of a field, or an item of its list.
struct OfField<'a> {
    kind: &'a Kind,
    is_list: bool,
    found: &'a mut Vec<Class>,
}

impl<'de> DeserializeSeed<'de> for OfField<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OfField<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value of a field")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        match self.kind {
            // 2^64
            Kind::Uint64 if value == 18_446_744_073_709_551_616.0 => {
                self.found.push(Class::BeyondUint64);
                Ok(u64::MAX.into())
            }
            Kind::Enum(_) if value.fract() == 0.0 && value.abs() <= 2_147_483_648.0 => {
                self.found.push(Class::EnumNotation);
                Ok((value as i64).into())
            }
            _ => Ok(value.into()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        let repaired = match self.kind {
            Kind::Int32 | Kind::Uint64 => integer(text, matches!(self.kind, Kind::Uint64)),
            Kind::Timestamp => timestamp(text),
            _ => None,
        };
        match repaired {
            Some((text, class)) => {
                self.found.push(class);
                Ok(text.into())
            }
            None => Ok(text.into()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        if !self.is_list {
            return Err(A::Error::custom("no list"));
        }
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(OfField {
            kind: self.kind,
            is_list: false,
            found: self.found,
        })? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        match self.kind {
            Kind::Message(message) if !self.is_list => {
                OfMessage(message, self.found).visit_map(access)
            }
            _ => Err(A::Error::custom("no message")),
        }
    }
}

/// A quoted integer in the one form that both mappings read.
fn integer(text: &str, is_unsigned: bool) -> Option<(String, Class)> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(digits) {
        let plain = match digits.trim_start_matches('0') {
            "" => "0",
            plain => plain,
        };
        // -0 is a number in JSON, unlike +0 and -00.
        return match (sign, plain) {
            ("-", "0") if digits == "0" && !is_unsigned => None,
            ("-", "0") if digits == "0" => Some(("0".into(), Class::QuotedNotation)),
            ("+", _) => Some((plain.into(), Class::QuotedSignOrZeros)),
            _ if plain != digits => Some((format!("{sign}{plain}"), Class::QuotedSignOrZeros)),
            _ => None,
        };
    }
    // serde_json knows what a number is; its value is worked out in decimal.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    // It also reads past white space.
    let is_digit = |character: char| character.is_ascii_digit();
    if sign == "+" || !digits.starts_with(is_digit) || !digits.ends_with(is_digit) {
        return None;
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.bytes().all(|digit| digit == b'0') {
        return Some(("0".into(), Class::QuotedNotation));
    }
    let exponent: i64 = exponent.parse().ok()?;
    let point = usize::try_from(whole.len() as i64 + exponent).ok()?;
    // Longer ones are out of range, unless they start with zeros.
    let padded = format!("{all:0<width$}", width = point.min(all.len() + 40));
    let (whole, fraction) = padded.split_at_checked(point)?;
    let plain = whole.trim_start_matches('0');
    let is_integral = fraction.bytes().all(|digit| digit == b'0') && !plain.is_empty();
    is_integral.then(|| (format!("{sign}{plain}"), Class::QuotedNotation))
}

/// A timestamp without what prost-reflect makes fit. Where there is both, the fraction counts.
fn timestamp(text: &str) -> Option<(String, Class)> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let is_long = digits > 9;
    let minute = date_time.strip_suffix(":60");
    let date_time = minute.map_or(date_time.to_owned(), |minute| format!("{minute}:59"));
    let rest = match is_long {
        true => format!("{}{}", &rest[..10], &rest[1 + digits..]),
        false => rest.to_owned(),
    };
    let class = match (is_long, minute) {
        (true, _) => Class::LongFraction,
        (false, Some(_)) => Class::LeapSecond,
        (false, None) => return None,
    };
    Some((format!("{date_time}{rest}"), class))
}
