//! Reading what is usual: every text that this reads, serde_json reads alike.
//!
//! serde_json reads bytes that may stop anywhere, and knows the place of everything that is wrong. This reader has the
//! whole text, which is UTF-8, and [gives up](GivenUp) where something is wrong or rare: then serde_json says what it is.
//! Strings with escapes, numbers that are not small integers, and what nobody wants to know are left to serde_json at once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, Visitor};

use super::access::{Items, Members};
use crate::json::scan::first_special;

/// How many arrays and objects may be inside each other, and one: as serde_json has it.
const DEPTH: u8 = 128;

/// Integers of so many digits are in 64 bits, whatever the digits.
const SMALL_DIGITS: usize = 19;

/// The text is wrong, or not for this reader.
#[derive(Debug)]
pub(super) struct GivenUp;

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not read")
    }
}

impl std::error::Error for GivenUp {}

impl Error for GivenUp {
    fn custom<T: fmt::Display>(_reason: T) -> Self {
        Self
    }
}

/// Reads the whole text.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, GivenUp> {
    let text = std::str::from_utf8(text).map_err(|_| GivenUp)?;
    let mut reader = Reader {
        text,
        at: 0,
        depth: DEPTH,
    };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(GivenUp),
    }
}

/// A text, and how much of it is read.
pub(super) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
}

impl<'de> Reader<'de> {
    /// The next byte that is not white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Goes past a byte that was peeked at.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    #[inline]
    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), GivenUp> {
        if self.peek() != Some(wanted) {
            return Err(GivenUp);
        }
        self.advance();
        Ok(())
    }

    #[inline]
    fn word(&mut self, word: &str) -> Result<(), GivenUp> {
        if !self.rest()?.starts_with(word) {
            return Err(GivenUp);
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn rest(&self) -> Result<&'de str, GivenUp> {
        self.text.get(self.at..).ok_or(GivenUp)
    }

    #[inline]
    fn bool<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            _ => Err(GivenUp),
        }
    }

    /// Reads a string, at whose quote the reader is.
    #[inline]
    pub(super) fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let length = first_special(bytes.get(start..).unwrap_or_default()).ok_or(GivenUp)?;
        let end = start + length;
        match bytes.get(end) {
            Some(b'"') => {
                let plain = self.text.get(start..end).ok_or(GivenUp)?;
                self.at = end + 1;
                visitor.visit_borrowed_str(plain)
            }
            Some(b'\\') => visitor.visit_string(self.escaped(end)?),
            _ => Err(GivenUp),
        }
    }

    /// Reads a string that has an escape, the first of them here.
    fn escaped(&mut self, mut at: usize) -> Result<String, GivenUp> {
        let bytes = self.text.as_bytes();
        while bytes.get(at) == Some(&b'\\') {
            // What is escaped may be a quote or a backslash.
            at += 2;
            at += first_special(bytes.get(at..).unwrap_or_default()).ok_or(GivenUp)?;
        }
        let string = self.text.get(self.at..=at).ok_or(GivenUp)?;
        let string = serde_json::from_str(string).map_err(|_| GivenUp)?;
        self.at = at + 1;
        Ok(string)
    }

    /// Reads a number, at whose first character the reader is.
    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        let rest = self.rest()?;
        let is_part = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
        let length = rest.bytes().take_while(|byte| is_part(*byte)).count();
        let number = rest.get(..length).ok_or(GivenUp)?;
        self.at += length;
        if let Some(small) = small_integer(number) {
            return visitor.visit_u64(small);
        }
        let mut reader = serde_json::Deserializer::from_str(number);
        let value = reader.deserialize_any(visitor).map_err(|_| GivenUp)?;
        reader.end().map_err(|_| GivenUp)?;
        Ok(value)
    }

    /// Goes past a value of any kind, however deep.
    fn ignore(&mut self) -> Result<(), GivenUp> {
        let mut values = serde_json::Deserializer::from_str(self.rest()?).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => self.at += values.byte_offset(),
            _ => return Err(GivenUp),
        }
        Ok(())
    }

    #[inline]
    fn array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        self.expect(b'[')?;
        self.enter()?;
        let value = visitor.visit_seq(Items::of(self))?;
        self.depth += 1;
        self.expect(b']')?;
        Ok(value)
    }

    #[inline]
    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        self.expect(b'{')?;
        self.enter()?;
        let value = visitor.visit_map(Members::of(self))?;
        self.depth += 1;
        self.expect(b'}')?;
        Ok(value)
    }

    #[inline]
    fn enter(&mut self) -> Result<(), GivenUp> {
        self.depth -= 1;
        if self.depth == 0 {
            return Err(GivenUp);
        }
        Ok(())
    }
}

/// The value of digits without anything else, if that is how JSON writes a number.
fn small_integer(number: &str) -> Option<u64> {
    let is_plain = number == "0" || !number.starts_with('0');
    if number.len() > SMALL_DIGITS || !is_plain {
        return None;
    }
    number.bytes().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        Some(value * 10 + u64::from(digit))
    })
}

/// What messages do not ask for is given up.
macro_rules! give_up {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, GivenUp> {
            Err(GivenUp)
        }
    )*};
}
pub(super) use give_up;

macro_rules! numbers {
    ($($method:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
            match self.peek() {
                Some(b'0'..=b'9' | b'-') => self.number(visitor),
                _ => Err(GivenUp),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = GivenUp;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b'"') => self.string(visitor),
            Some(b'0'..=b'9' | b'-') => self.number(visitor),
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.array(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => self.bool(visitor),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.bool(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b'"') => self.string(visitor),
            _ => Err(GivenUp),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.peek();
        self.word("null")?;
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.array(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.object(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        self.object(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.ignore()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        self.array(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        self.array(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, GivenUp> {
        Err(GivenUp)
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.deserialize_str(visitor)
    }

    numbers! {
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64,
        deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64, deserialize_f64
    }

    give_up! {
        deserialize_i128, deserialize_u128, deserialize_f32, deserialize_bytes, deserialize_byte_buf
    }
}
