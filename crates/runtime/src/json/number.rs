use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A number read from JSON: a JSON number or a string that holds one.
///
/// Integers may be written with a fraction or an exponent as long as their value is integral (`1.0`, `1e5`, `"1e5"`);
/// floats may be one of the strings `NaN`, `Infinity` and `-Infinity`.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number<T>(
    /// The value.
    pub T,
);

/// The Rust types of protobuf's numeric scalars.
pub trait JsonNumber: Sized {
    /// What a reader expected, for the error.
    const EXPECTED: &'static str;

    /// From an integer literal.
    fn from_integer<E: Error>(value: i128) -> Result<Self, E>;

    /// From a literal with a fraction or an exponent, or one too large for 64 bits.
    fn from_f64<E: Error>(value: f64) -> Result<Self, E>;

    /// From a string.
    fn from_text<E: Error>(text: &str) -> Result<Self, E>;
}

impl<'de, T: JsonNumber> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Literal<T>(PhantomData<T>);

        impl<T: JsonNumber> Visitor<'_> for Literal<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
                T::from_integer(value.into())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
                T::from_integer(value.into())
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
                T::from_f64(value)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
                T::from_text(text)
            }
        }

        deserializer.deserialize_any(Literal(PhantomData)).map(Self)
    }
}

macro_rules! integers {
    ($($integer:ident: $expected:literal),*) => {$(
        impl JsonNumber for $integer {
            const EXPECTED: &'static str = $expected;

            fn from_integer<E: Error>(value: i128) -> Result<Self, E> {
                integer(value)
            }

            fn from_f64<E: Error>(value: f64) -> Result<Self, E> {
                integer_from_f64(value)
            }

            fn from_text<E: Error>(text: &str) -> Result<Self, E> {
                let value = decimal(text).ok_or_else(|| invalid::<Self, E>("other text"))?;
                integer(value)
            }
        }
    )*};
}

integers! {
    i32: "a 32-bit integer",
    u32: "an unsigned 32-bit integer",
    i64: "a 64-bit integer",
    u64: "an unsigned 64-bit integer"
}

fn invalid<T: JsonNumber, E: Error>(found: &str) -> E {
    E::invalid_value(Unexpected::Other(found), &T::EXPECTED)
}

/// Narrows an integer to the type of the field.
pub(super) fn integer<T: JsonNumber + TryFrom<i128>, E: Error>(value: i128) -> Result<T, E> {
    T::try_from(value).map_err(|_| invalid::<T, E>("a number out of range"))
}

pub(super) fn integer_from_f64<T: JsonNumber + TryFrom<i128>, E: Error>(
    value: f64,
) -> Result<T, E> {
    if value.fract() != 0.0 {
        return Err(invalid::<T, E>("a number that is not integral"));
    }
    // The double next to i64::MIN is so far from it that other numbers beyond the range round to i64::MIN.
    if value <= i64::MIN as f64 {
        return Err(invalid::<T, E>("a number out of range"));
    }
    // `as` saturates, so a value beyond 128 bits is out of range for every field type as well.
    integer(value as i128)
}

/// The value of a decimal text in the grammar of JSON numbers, where it is integral and has at most 38 digits.
fn decimal(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leading_zero || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let trailing_zeros = digits.len() - digits.trim_end_matches('0').len();
    let scale = exponent + trailing_zeros as i64 - fraction.len() as i64;
    let scale = u32::try_from(scale).ok().filter(|scale| *scale <= 38)?;
    let value = significant
        .parse::<i128>()
        .ok()?
        .checked_mul(10_i128.pow(scale))?;
    Some(if negative { -value } else { value })
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    // Clamped: an exponent of more digits than this is out of range, or scales a zero.
    let magnitude = digits.parse::<i64>().unwrap_or(1_000_000).min(1_000_000);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

macro_rules! floats {
    ($($float:ident: $expected:literal),*) => {$(
        impl JsonNumber for $float {
            const EXPECTED: &'static str = $expected;

            fn from_integer<E: Error>(value: i128) -> Result<Self, E> {
                Ok(value as $float)
            }

            fn from_f64<E: Error>(value: f64) -> Result<Self, E> {
                let narrowed = value as $float;
                if narrowed.is_infinite() {
                    return Err(invalid::<Self, E>("a number out of range"));
                }
                Ok(narrowed)
            }

            fn from_text<E: Error>(text: &str) -> Result<Self, E> {
                match text {
                    "NaN" => Ok($float::NAN),
                    "Infinity" => Ok($float::INFINITY),
                    "-Infinity" => Ok($float::NEG_INFINITY),
                    // Rust also reads `inf`, `+1` and `.5`, which JSON has not.
                    _ => match text.parse::<$float>() {
                        Ok(value) if is_json_number(text) && value.is_finite() => Ok(value),
                        Ok(_) if is_json_number(text) => Err(invalid::<Self, E>("a number out of range")),
                        _ => Err(invalid::<Self, E>("other text")),
                    },
                }
            }
        }
    )*};
}

floats! { f32: "a 32-bit float", f64: "a 64-bit float" }

fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.starts_with(|first: char| first.is_ascii_digit())
        && unsigned.ends_with(|last: char| last.is_ascii_digit())
        && !(unsigned.len() > 1
            && unsigned.starts_with('0')
            && unsigned[1..].starts_with(|next: char| next.is_ascii_digit()))
        && !unsigned.contains(".e")
        && !unsigned.contains(".E")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: JsonNumber>(json: &str) -> Option<T> {
        serde_json::from_str::<Number<T>>(json)
            .ok()
            .map(|number| number.0)
    }

    #[test]
    fn integral_values_are_read_however_they_are_written() {
        for json in [
            "100000",
            "1e5",
            "1E+5",
            "100000.0",
            "100000.000",
            r#""100000""#,
            r#""1e5""#,
            r#""1.0e5""#,
        ] {
            assert_eq!(read::<i32>(json), Some(100_000), "{json}");
        }
        assert_eq!(read::<i32>(r#""100e-2""#), Some(1));
        assert_eq!(read::<i32>(r#""-0""#), Some(0));
        assert_eq!(read::<i64>(r#""-9223372036854775808""#), Some(i64::MIN));
        assert_eq!(read::<u64>(r#""18446744073709551615""#), Some(u64::MAX));
        assert_eq!(read::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read::<i32>(r#""0e999999999999999999999""#), Some(0));
    }

    #[test]
    fn fractions_foreign_syntax_and_values_out_of_range_are_refused() {
        for json in [
            "0.5",
            "2147483648",
            "-2147483649",
            "1e10",
            "1e400",
            r#""""#,
            r#"" 1""#,
            r#""1 ""#,
            r#""+1""#,
            r#""01""#,
            r#""1.""#,
            r#"".5""#,
            r#""0x10""#,
            r#""1e""#,
            r#""0.5""#,
            r#""1e999999999""#,
            "true",
            "null",
            "[1]",
        ] {
            assert_eq!(read::<i32>(json), None, "{json}");
        }
        assert_eq!(read::<u32>("-1"), None);
        assert_eq!(read::<u64>("18446744073709551616"), None);
        assert_eq!(read::<i64>("9223372036854775808"), None);
        assert_eq!(read::<i64>("-9223372036854775809"), None);
    }

    #[test]
    fn floats_have_their_three_names_and_no_overflow() {
        assert_eq!(read::<f64>(r#""Infinity""#), Some(f64::INFINITY));
        assert!(read::<f32>(r#""NaN""#).unwrap().is_nan());
        assert_eq!(read::<f64>(r#""1.5""#), Some(1.5));
        assert_eq!(read::<f64>("3"), Some(3.0));
        for json in [
            r#""inf""#,
            r#""infinity""#,
            r#""+1""#,
            r#"".5""#,
            r#""1.""#,
            r#""01""#,
            r#""1e999""#,
        ] {
            assert_eq!(read::<f64>(json), None, "{json}");
        }
        assert_eq!(read::<f32>("1e39"), None);
    }
}
