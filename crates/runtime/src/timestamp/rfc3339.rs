//! The JSON form: RFC 3339 as the proto3 JSON mapping narrows it.

use std::fmt;
use std::str::FromStr;

use super::civil::{date_from_days, days_from_date, days_in_month};
use super::{Timestamp, TimestampError};

/// The longest text: `9999-12-31T23:59:59.999999999Z`.
const MAX_LEN: usize = 30;

impl fmt::Display for Timestamp {
    /// Writes the RFC 3339 form in UTC, or the numbers of a value that is outside the valid range.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; MAX_LEN];
        match self.write_rfc3339(&mut buffer) {
            Some(text) => f.pad(text),
            None => write!(f, "no valid time ({} s, {} ns)", self.seconds, self.nanos),
        }
    }
}

impl Timestamp {
    /// Writes the text into `buffer`; `None` where the value is out of range.
    fn write_rfc3339<'a>(&self, buffer: &'a mut [u8; MAX_LEN]) -> Option<&'a str> {
        if !self.is_valid() {
            return None;
        }
        let (year, month, day) = date_from_days(self.seconds.div_euclid(86_400));
        let second_of_day = self.seconds.rem_euclid(86_400);
        buffer[..19].copy_from_slice(b"0000-00-00T00:00:00");
        write_digits(&mut buffer[0..4], year);
        write_digits(&mut buffer[5..7], month);
        write_digits(&mut buffer[8..10], day);
        write_digits(&mut buffer[11..13], second_of_day / 3600);
        write_digits(&mut buffer[14..16], second_of_day / 60 % 60);
        write_digits(&mut buffer[17..19], second_of_day % 60);
        let nanos = i64::from(self.nanos);
        let (digits, fraction) = match nanos {
            0 => (0, 0),
            _ if nanos % 1_000_000 == 0 => (3, nanos / 1_000_000),
            _ if nanos % 1_000 == 0 => (6, nanos / 1_000),
            _ => (9, nanos),
        };
        let mut len = 19;
        if digits > 0 {
            buffer[len] = b'.';
            write_digits(&mut buffer[len + 1..len + 1 + digits], fraction);
            len += 1 + digits;
        }
        buffer[len] = b'Z';
        std::str::from_utf8(&buffer[..=len]).ok()
    }
}

/// Writes `value` in decimal, filling the slice from its end.
fn write_digits(slice: &mut [u8], mut value: i64) {
    for digit in slice.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`: upper-case `T` and `Z`, 1 to 9 fraction digits, no leap
    /// second, and in range once the offset is taken off.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text.as_bytes())
            .ok_or(TimestampError::Syntax)?
            .in_range()
    }
}

impl Timestamp {
    fn in_range(self) -> Result<Self, TimestampError> {
        if self.is_valid() {
            Ok(self)
        } else {
            Err(TimestampError::OutOfRange)
        }
    }
}

fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date_time, rest) = text.split_at_checked(19)?;
    for (index, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if date_time[index] != separator {
            return None;
        }
    }
    let year = digits(&date_time[0..4])?;
    let month = digits(&date_time[5..7])?;
    let day = digits(&date_time[8..10])?;
    let hour = digits(&date_time[11..13])?;
    let minute = digits(&date_time[14..16])?;
    let second = digits(&date_time[17..19])?;
    let date_exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !date_exists || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, rest) = parse_fraction(rest)?;
    let offset = parse_offset(rest)?;
    let days = days_from_date(year, month, day);
    Some(Timestamp {
        seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset,
        nanos,
    })
}

fn parse_fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let len = fraction
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=9).contains(&len) {
        return None;
    }
    let (fraction, rest) = fraction.split_at(len);
    let nanos = digits(fraction)? * 10_i64.pow(9 - len as u32);
    Some((nanos as i32, rest))
}

/// The offset from UTC in seconds.
fn parse_offset(text: &[u8]) -> Option<i64> {
    let (sign, offset) = match text {
        b"Z" => return Some(0),
        [b'+', offset @ ..] => (1, offset),
        [b'-', offset @ ..] => (-1, offset),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = *offset else {
        return None;
    };
    let hours = digits(&[h1, h2])?;
    let minutes = digits(&[m1, m2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A number of ASCII digits and nothing else.
fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(feature = "json")]
mod json {
    use serde::de::{Error as _, Visitor};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{MAX_LEN, Timestamp, TimestampError, fmt};

    impl Serialize for Timestamp {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut buffer = [0; MAX_LEN];
            match self.write_rfc3339(&mut buffer) {
                Some(text) => serializer.serialize_str(text),
                None => Err(S::Error::custom(TimestampError::OutOfRange)),
            }
        }
    }

    impl<'de> Deserialize<'de> for Timestamp {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Rfc3339;

            impl Visitor<'_> for Rfc3339 {
                type Value = Timestamp;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an RFC 3339 timestamp such as \"2026-03-01T00:00:00Z\"")
                }

                fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                    text.parse().map_err(E::custom)
                }
            }

            // `deserialize_str` borrows; an escaped text arrives through `visit_str` as well.
            deserializer
                .deserialize_str(Rfc3339)
                .map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: i32) -> Timestamp {
        Timestamp { seconds, nanos }
    }

    #[test]
    fn output_has_zero_three_six_or_nine_fraction_digits_and_ends_in_z() {
        for (timestamp, text) in [
            (at(0, 0), "1970-01-01T00:00:00Z"),
            (at(0, 10_000_000), "1970-01-01T00:00:00.010Z"),
            (at(0, 10_000), "1970-01-01T00:00:00.000010Z"),
            (at(0, 1), "1970-01-01T00:00:00.000000001Z"),
            (at(-1, 999_999_999), "1969-12-31T23:59:59.999999999Z"),
            (at(-62_135_596_800, 0), "0001-01-01T00:00:00Z"),
            (
                at(253_402_300_799, 999_999_999),
                "9999-12-31T23:59:59.999999999Z",
            ),
        ] {
            assert_eq!(timestamp.to_string(), text);
            assert_eq!(text.parse(), Ok(timestamp));
        }
    }

    #[test]
    fn offsets_are_taken_off() {
        assert_eq!("1970-01-01T08:00:00+08:00".parse(), Ok(at(0, 0)));
        assert_eq!(
            "1969-12-31T16:00:00.25-08:00".parse(),
            Ok(at(0, 250_000_000))
        );
    }

    #[test]
    fn texts_outside_the_mapping_are_refused() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T24:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567891Z",
            "1970-01-01T00:00:00\u{2212}08:00",
            "1970-01-01T00:00:00+0800",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00Z ",
            "+970-01-01T00:00:00Z",
            "1970-1-01T00:00:00Z",
        ] {
            assert_eq!(
                text.parse::<Timestamp>(),
                Err(TimestampError::Syntax),
                "{text}"
            );
        }
        for text in [
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(
                text.parse::<Timestamp>(),
                Err(TimestampError::OutOfRange),
                "{text}"
            );
        }
    }

    #[test]
    fn values_out_of_range_are_shown_in_a_form_that_is_not_read() {
        for timestamp in [
            at(i64::MIN, 0),
            at(253_402_300_800, 0),
            at(0, -1),
            at(0, 1_000_000_000),
        ] {
            let text = timestamp.to_string();
            assert!(text.starts_with("no valid time ("), "{text}");
            assert!(text.parse::<Timestamp>().is_err());
        }
    }
}
