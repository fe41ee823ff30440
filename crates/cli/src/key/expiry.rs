//! When a key ends, as people write it.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use runner_configuration::Timestamp;

use crate::duration::Span;

/// The end of a key as an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Expiry {
    Never,
    After(Duration),
    At(SystemTime),
}

impl Expiry {
    /// The end of a key that is made now; `None` where that is never.
    pub(super) fn from(self, now: SystemTime) -> Option<SystemTime> {
        match self {
            Self::Never => None,
            Self::After(duration) => now.checked_add(duration),
            Self::At(time) => Some(time),
        }
    }
}

const EXPECTED: &str =
    "give days or hours, as in 90d or 12h, a time, as in 2030-01-01T00:00:00Z, or never";

impl FromStr for Expiry {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return SystemTime::try_from(time)
                .map(Self::At)
                .map_err(|_| EXPECTED);
        }
        let span: Span = text.parse().map_err(|_| EXPECTED)?;
        Ok(Self::After(span.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_times_and_never_are_read() {
        let hour = Duration::from_secs(3600);
        for (text, expected) in [
            ("never", Expiry::Never),
            ("90d", Expiry::After(90 * 24 * hour)),
            ("12h", Expiry::After(12 * hour)),
            (
                "1970-01-01T01:00:00Z",
                Expiry::At(SystemTime::UNIX_EPOCH + hour),
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "1.5h",
            "90",
            "4000000d",
            "90 d",
            "9é",
            "2030-01-01",
        ] {
            assert!(text.parse::<Expiry>().is_err(), "{text}");
        }
    }
}
