//! Spans of time as people write them: `90d`, `12h`.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A number of days or hours, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl Span {
    /// The time that is this long before `now`.
    pub(crate) fn before(self, now: SystemTime) -> SystemTime {
        now.checked_sub(self.0).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

const HOUR: u64 = 60 * 60;
/// Ten thousand years: more can't be added to a time.
const MAX: u32 = 3_650_000;

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "give days or hours, as in 90d or 12h";
        let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
            (Some(days), _) => (days, 24 * HOUR),
            (_, Some(hours)) => (hours, HOUR),
            _ => return Err(expected),
        };
        match number.parse() {
            Ok(number @ 1..=MAX) => Ok(Self(Duration::from_secs(u64::from(number) * unit))),
            _ => Err(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_read() {
        let hour = Duration::from_secs(HOUR);
        assert_eq!("90d".parse(), Ok(Span(90 * 24 * hour)));
        assert_eq!("12h".parse(), Ok(Span(12 * hour)));
        for text in [
            "", "d", "0d", "-1d", "1.5h", "90", "4000000d", "90 d", "9é", "12m",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
