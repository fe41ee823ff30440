//! Conversions to and from the time types that Rust programmes use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Timestamp;

/// Why a value is not a [`Timestamp`], or a [`Timestamp`] not a value of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampError {
    /// The text is not in the form that the proto3 JSON mapping accepts.
    Syntax,
    /// The value lies outside the range of the type that it should become.
    OutOfRange,
}

impl std::fmt::Display for TimestampError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not an RFC 3339 timestamp such as \"2026-03-01T00:00:00Z\"",
            Self::OutOfRange => {
                "timestamp outside of 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z"
            }
        })
    }
}

impl std::error::Error for TimestampError {}

impl From<prost_types::Timestamp> for Timestamp {
    fn from(timestamp: prost_types::Timestamp) -> Self {
        Self {
            seconds: timestamp.seconds,
            nanos: timestamp.nanos,
        }
    }
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(timestamp: Timestamp) -> Self {
        Self {
            seconds: timestamp.seconds,
            nanos: timestamp.nanos,
        }
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: SystemTime) -> Result<Self, TimestampError> {
        let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).ok(), after.subsec_nanos()),
            Err(error) => {
                let before = error.duration();
                let seconds = i64::try_from(before.as_secs()).ok().map(|seconds| -seconds);
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanos => (seconds.map(|seconds| seconds - 1), 1_000_000_000 - nanos),
                }
            }
        };
        let seconds = seconds.ok_or(TimestampError::OutOfRange)?;
        valid(Self {
            seconds,
            nanos: nanos as i32,
        })
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        let timestamp = valid(timestamp)?;
        let seconds = Duration::from_secs(timestamp.seconds.unsigned_abs());
        let whole = if timestamp.seconds < 0 {
            UNIX_EPOCH.checked_sub(seconds)
        } else {
            UNIX_EPOCH.checked_add(seconds)
        };
        whole
            .and_then(|time| time.checked_add(Duration::from_nanos(timestamp.nanos as u64)))
            .ok_or(TimestampError::OutOfRange)
    }
}

fn valid(timestamp: Timestamp) -> Result<Timestamp, TimestampError> {
    if timestamp.is_valid() {
        Ok(timestamp)
    } else {
        Err(TimestampError::OutOfRange)
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> TryFrom<chrono::DateTime<Tz>> for Timestamp {
    type Error = TimestampError;

    /// A leap second, which chrono shows as nanoseconds beyond 999 999 999, has no place here and is refused.
    fn try_from(time: chrono::DateTime<Tz>) -> Result<Self, TimestampError> {
        valid(Self {
            seconds: time.timestamp(),
            nanos: i32::try_from(time.timestamp_subsec_nanos())
                .map_err(|_| TimestampError::OutOfRange)?,
        })
    }
}

#[cfg(feature = "chrono")]
impl TryFrom<Timestamp> for chrono::DateTime<chrono::Utc> {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        let timestamp = valid(timestamp)?;
        Self::from_timestamp(timestamp.seconds, timestamp.nanos as u32)
            .ok_or(TimestampError::OutOfRange)
    }
}

#[cfg(feature = "jiff")]
impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = TimestampError;

    /// jiff rounds towards the epoch, so the nanoseconds of a time before it are negative there.
    fn try_from(time: jiff::Timestamp) -> Result<Self, TimestampError> {
        let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
        valid(if nanos < 0 {
            Self {
                seconds: seconds - 1,
                nanos: nanos + 1_000_000_000,
            }
        } else {
            Self { seconds, nanos }
        })
    }
}

#[cfg(feature = "jiff")]
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        let timestamp = valid(timestamp)?;
        Self::new(timestamp.seconds, timestamp.nanos).map_err(|_| TimestampError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_converts_both_ways_also_before_the_epoch() {
        for timestamp in [
            Timestamp {
                seconds: 0,
                nanos: 0,
            },
            Timestamp {
                seconds: -1,
                nanos: 1,
            },
            Timestamp {
                seconds: -2,
                nanos: 0,
            },
            Timestamp {
                seconds: 1_772_323_200,
                nanos: 999_999_999,
            },
        ] {
            let time = SystemTime::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        assert_eq!(
            SystemTime::try_from(Timestamp {
                seconds: 0,
                nanos: -1
            }),
            Err(TimestampError::OutOfRange)
        );
    }

    #[test]
    fn the_binary_form_and_the_fields_are_those_of_prost_types() {
        use prost::Message as _;

        // Also where the value is no valid time.
        for (seconds, nanos) in [(0, 0), (-1, 5), (i64::MIN, -1), (i64::MAX, i32::MAX)] {
            let timestamp = Timestamp { seconds, nanos };
            let other = prost_types::Timestamp::from(timestamp);
            assert_eq!((other.seconds, other.nanos), (seconds, nanos));
            assert_eq!(Timestamp::from(other), timestamp);
            assert_eq!(other.encode_to_vec(), timestamp.encode_to_vec());
        }
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn chrono_converts_both_ways_also_before_the_epoch() {
        for timestamp in [
            Timestamp {
                seconds: -1,
                nanos: 1,
            },
            Timestamp {
                seconds: 1_772_323_200,
                nanos: 5,
            },
        ] {
            let time = chrono::DateTime::<chrono::Utc>::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn jiff_converts_both_ways_also_before_the_epoch() {
        for timestamp in [
            Timestamp {
                seconds: -1,
                nanos: 1,
            },
            Timestamp {
                seconds: 1_772_323_200,
                nanos: 5,
            },
        ] {
            let time = jiff::Timestamp::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
    }
}
