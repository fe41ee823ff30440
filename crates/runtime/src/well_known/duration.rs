//! `google.protobuf.Duration`, whose JSON form is a number of seconds before an `s`.

use std::fmt;
use std::str::FromStr;

/// A span of time, as `google.protobuf.Duration` defines it: seconds and nanoseconds of the same sign.
///
/// The valid range is ±315 576 000 000 seconds. The binary form can carry values outside of it;
/// [`is_valid`](Self::is_valid) tells, and the JSON form refuses them.
///
/// ```
/// use runner_configuration_runtime::well_known::Duration;
///
/// let duration: Duration = "-1.5s".parse()?;
/// assert_eq!(duration, Duration { seconds: -1, nanos: -500_000_000 });
/// assert_eq!(duration.to_string(), "-1.500s");
/// # Ok::<(), runner_configuration_runtime::well_known::DurationError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Duration {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds beside them, with the same sign.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// About 10 000 years.
const MAX_SECONDS: i64 = 315_576_000_000;

impl Duration {
    /// Whether this value is inside the range that the specification allows.
    pub fn is_valid(&self) -> bool {
        let one_sign = self.seconds.signum() * i64::from(self.nanos.signum()) >= 0;
        (-MAX_SECONDS..=MAX_SECONDS).contains(&self.seconds)
            && (-999_999_999..=999_999_999).contains(&self.nanos)
            && one_sign
    }
}

impl fmt::Display for Duration {
    /// Writes the seconds with 0, 3, 6 or 9 fraction digits; a value outside the valid range is a [`fmt::Error`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_valid() {
            return Err(fmt::Error);
        }
        if self.seconds < 0 || self.nanos < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", self.seconds.unsigned_abs())?;
        match self.nanos.unsigned_abs() {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000)?,
            nanos if nanos % 1_000 == 0 => write!(f, ".{:06}", nanos / 1_000)?,
            nanos => write!(f, ".{nanos:09}")?,
        }
        f.write_str("s")
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    /// Reads seconds, with up to 9 fraction digits, and an `s`.
    fn from_str(text: &str) -> Result<Self, DurationError> {
        let duration = parse(text).ok_or(DurationError::Syntax)?;
        if duration.is_valid() {
            Ok(duration)
        } else {
            Err(DurationError::OutOfRange)
        }
    }
}

fn parse(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('s')?;
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration {
        seconds: sign * seconds,
        nanos: sign as i32 * nanos,
    })
}

/// Why a value is not a [`Duration`], or a [`Duration`] not a value of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DurationError {
    /// The text is not in the form that the proto3 JSON mapping accepts.
    Syntax,
    /// The value lies outside the range of the type that it should become.
    OutOfRange,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not a duration such as \"1.5s\"",
            Self::OutOfRange => "duration outside of -315576000000s to 315576000000s",
        })
    }
}

impl std::error::Error for DurationError {}

impl TryFrom<std::time::Duration> for Duration {
    type Error = DurationError;

    fn try_from(duration: std::time::Duration) -> Result<Self, DurationError> {
        let seconds = i64::try_from(duration.as_secs()).map_err(|_| DurationError::OutOfRange)?;
        let duration = Self {
            seconds,
            nanos: duration.subsec_nanos() as i32,
        };
        duration
            .is_valid()
            .then_some(duration)
            .ok_or(DurationError::OutOfRange)
    }
}

impl TryFrom<Duration> for std::time::Duration {
    type Error = DurationError;

    /// Fails for a negative duration.
    fn try_from(duration: Duration) -> Result<Self, DurationError> {
        match (
            u64::try_from(duration.seconds),
            u32::try_from(duration.nanos),
        ) {
            (Ok(seconds), Ok(nanos)) if duration.is_valid() => Ok(Self::new(seconds, nanos)),
            _ => Err(DurationError::OutOfRange),
        }
    }
}

#[cfg(feature = "json")]
mod json {
    use serde::de::{Error, Visitor};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Duration, DurationError, fmt};

    impl Serialize for Duration {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if !self.is_valid() {
                return Err(S::Error::custom(DurationError::OutOfRange));
            }
            serializer.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for Duration {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Seconds;

            impl Visitor<'_> for Seconds {
                type Value = Duration;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a duration such as \"1.5s\"")
                }

                fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
                    text.parse().map_err(E::custom)
                }
            }

            deserializer.deserialize_str(Seconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: i64, nanos: i32) -> Duration {
        Duration { seconds, nanos }
    }

    #[test]
    fn texts_have_zero_three_six_or_nine_fraction_digits() {
        for (duration, text) in [
            (of(0, 0), "0s"),
            (of(1, 0), "1s"),
            (of(0, 10_000_000), "0.010s"),
            (of(0, -10_000), "-0.000010s"),
            (of(-1, -1), "-1.000000001s"),
            (of(MAX_SECONDS, 999_999_999), "315576000000.999999999s"),
        ] {
            assert_eq!(duration.to_string(), text);
            assert_eq!(text.parse(), Ok(duration));
        }
        assert_eq!("1.5s".parse(), Ok(of(1, 500_000_000)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "s",
            "1",
            "1 s",
            " 1s",
            "+1s",
            "1.s",
            ".5s",
            "--1s",
            "1e3s",
            "1.1234567891s",
            "1S",
        ] {
            assert_eq!(
                text.parse::<Duration>(),
                Err(DurationError::Syntax),
                "{text}"
            );
        }
        for text in ["315576000001s", "-315576000001s"] {
            assert_eq!(text.parse::<Duration>(), Err(DurationError::OutOfRange));
        }
    }

    #[test]
    fn values_out_of_range_have_no_text() {
        use std::fmt::Write as _;

        for duration in [
            of(MAX_SECONDS + 1, 0),
            of(1, -1),
            of(-1, 1),
            of(0, 1_000_000_000),
        ] {
            assert!(write!(String::new(), "{duration}").is_err());
        }
    }

    #[test]
    fn durations_of_std_convert_unless_negative() {
        let std = std::time::Duration::new(1, 5);
        assert_eq!(Duration::try_from(std), Ok(of(1, 5)));
        assert_eq!(std::time::Duration::try_from(of(1, 5)), Ok(std));
        assert!(std::time::Duration::try_from(of(0, -5)).is_err());
        assert!(Duration::try_from(std::time::Duration::MAX).is_err());
    }
}
