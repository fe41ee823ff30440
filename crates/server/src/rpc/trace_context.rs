//! The trace that a call belongs to, as its caller says: [W3C Trace Context][w3c].
//!
//! [w3c]: https://www.w3.org/TR/trace-context/

mod state;

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it.
const HEADER: HeaderName = HeaderName::from_static("traceparent");

/// The trace that a call belongs to, and the caller's span in it: what the caller's `traceparent` says. A header that is not
/// as [W3C Trace Context](https://www.w3.org/TR/trace-context/) has it is ignored, as that asks for; so are two of them.
///
/// Implementations find it in their [`Context`](super::Context), and the call's span has its `trace_id`. Formatted, it is the value
/// of a `traceparent`.
///
/// ```
/// use runner_configuration_server::rpc::TraceContext;
///
/// let mut headers = http::HeaderMap::new();
/// let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// headers.insert("traceparent", http::HeaderValue::from_static(value));
/// let trace = TraceContext::of(&headers).unwrap();
/// assert_eq!(trace.trace_id(), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
/// assert!(trace.is_sampled());
/// assert_eq!(trace.to_string(), value);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    is_sampled: bool,
}

impl TraceContext {
    /// What these headers say; `None` without a valid `traceparent`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(HEADER)?;
        if headers.get_all(HEADER).iter().count() > 1 {
            return None;
        }
        Self::parse(value.as_bytes())
    }

    /// What this `traceparent` says.
    pub(super) fn of_header(traceparent: Option<&HeaderValue>) -> Option<Self> {
        Self::parse(traceparent?.as_bytes())
    }

    /// The `tracestate` of these headers: what tracing systems say to each other beside a valid `traceparent`. The members
    /// of all such headers, in their order; `None` where there are none, or where one is invalid.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use runner_configuration_server::rpc::TraceContext;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.append("tracestate", HeaderValue::from_static("one=1 , ,"));
    /// headers.append("tracestate", HeaderValue::from_static("two@system=2"));
    /// assert_eq!(TraceContext::state(&headers).unwrap(), "one=1,two@system=2");
    /// ```
    pub fn state(headers: &HeaderMap) -> Option<String> {
        state::of(headers)
    }

    /// The trace; not 0.
    pub const fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// The caller's span; not 0.
    pub const fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Whether the caller may have recorded its span.
    pub const fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let (known, rest) = value.split_at_checked(LENGTH)?;
        if [known[2], known[35], known[52]] != *b"---" {
            return None;
        }
        match (hex(&known[..2])?, rest) {
            (0, []) | (1..0xff, [] | [b'-', ..]) => {}
            _ => return None,
        }
        let trace_id = hex(&known[3..35])?;
        let parent_id = u64::try_from(hex(&known[36..52])?).ok()?;
        let flags = hex(&known[53..])?;
        (trace_id != 0 && parent_id != 0).then_some(Self {
            trace_id,
            parent_id,
            is_sampled: flags & 1 == 1,
        })
    }
}

/// The length of version 00, with which later versions begin.
const LENGTH: usize = 55;

/// The number that these digits are; capital letters are none of them.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        let Self {
            trace_id,
            parent_id,
            ..
        } = self;
        write!(f, "00-{trace_id:032x}-{parent_id:016x}-{flags:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&[u8]]) -> Option<TraceContext> {
        let values = values
            .iter()
            .map(|value| (HEADER, HeaderValue::from_bytes(value).unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        TraceContext::of(&headers)
    }

    #[test]
    fn a_traceparent_is_read_and_written() {
        let trace = TraceContext {
            trace_id: 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c,
            parent_id: 0xb7ad_6b71_6920_3331,
            is_sampled: true,
        };
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(of(&[text.as_bytes()]), Some(trace));
        assert_eq!(trace.to_string(), text);
    }

    #[test]
    fn of_the_flags_the_lowest_is_known() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("02", false), ("ff", true)] {
            let text = format!("00-{:032x}-{:016x}-{flags}", 1, 2);
            assert_eq!(of(&[text.as_bytes()]).unwrap().is_sampled(), is_sampled);
        }
    }

    #[test]
    fn of_later_versions_the_known_part_is_read() {
        let (trace_id, parent_id) = (format!("{:032x}", 1), format!("{:016x}", 2));
        for (version, rest, is_valid) in [
            ("01", "", true),
            ("cc", "-what-the-future-will-be-like", true),
            ("fe", "-", true),
            ("cc", ".what", false),
            ("cc", "0", false),
            ("ff", "", false),
            ("00", "-", false),
            ("00", "0", false),
        ] {
            let text = format!("{version}-{trace_id}-{parent_id}-01{rest}");
            assert_eq!(of(&[text.as_bytes()]).is_some(), is_valid, "{text}");
        }
    }

    #[test]
    fn what_is_no_traceparent_is_ignored() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (what, becomes) in [
            (valid, ""),
            (valid, "00"),
            ("00-", "0-"),
            ("00-", "0g-"),
            ("00-", "0A-"),
            ("0af7", "0AF7"),
            ("0af7", "0afg"),
            ("0af7", "0af"),
            ("0af7", "0af77"),
            (
                "0af7651916cd43dd8448eb211c80319c",
                "00000000000000000000000000000000",
            ),
            ("b7ad6b7169203331", "0000000000000000"),
            ("b7ad", "b7aD"),
            ("-01", "-1"),
            ("-01", "-0x"),
            ("-01", "-01 "),
            ("-01", "_01"),
            ("c-b", "c_b"),
            ("00-", "00 "),
        ] {
            let text = valid.replacen(what, becomes, 1);
            assert_ne!(text, valid);
            assert_eq!(of(&[text.as_bytes()]), None, "{text}");
        }
        assert_eq!(of(&[valid.as_bytes(), valid.as_bytes()]), None);
        assert_eq!(of(&[&[0xff; 55]]), None);
        assert_eq!(of(&[]), None);
    }
}
