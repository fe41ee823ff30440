//! The id of a request, by which a log, an audit and a caller mean the same call.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, in both directions.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a caller.
const MAX_LENGTH: usize = 128;

/// The id of a request: the caller's `x-request-id`, where that is up to 128 visible ASCII characters, else a new one. The
/// answer carries it, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Id);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Id {
    Given(HeaderValue),
    /// Hexadecimal digits.
    Made([u8; 32]),
}

impl RequestId {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER) {
            Some(given) if is_acceptable(given) => Self(Id::Given(given.clone())),
            _ => Self::new(),
        }
    }

    /// Unique among all processes: 64 random bits for this one, and a counter.
    fn new() -> Self {
        static PROCESS: LazyLock<[u8; 16]> =
            LazyLock::new(|| hexadecimal(RandomState::new().hash_one("request")));
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = hexadecimal(NEXT.fetch_add(1, Ordering::Relaxed));
        let mut id = [0; 32];
        let (process, rest) = id.split_at_mut(16);
        process.copy_from_slice(&*PROCESS);
        rest.copy_from_slice(&number);
        Self(Id::Made(id))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        // Only such values get in.
        match &self.0 {
            Id::Given(value) => value.to_str().unwrap_or_default(),
            Id::Made(digits) => std::str::from_utf8(digits).unwrap_or_default(),
        }
    }

    pub(super) fn to_header(&self) -> HeaderValue {
        match &self.0 {
            Id::Given(value) => value.clone(),
            Id::Made(digits) => {
                HeaderValue::from_bytes(digits).unwrap_or(HeaderValue::from_static("-"))
            }
        }
    }
}

/// What `{:016x}` writes, which takes ten times as long.
fn hexadecimal(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = (number >> (4 * place)) as u8 & 15;
        *digit = if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' - 10 + nibble
        };
    }
    digits
}

fn is_acceptable(value: &HeaderValue) -> bool {
    (1..=MAX_LENGTH).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> RequestId {
        let value = HeaderValue::from_bytes(value).unwrap();
        RequestId::of(&HeaderMap::from_iter([(HEADER, value)]))
    }

    #[test]
    fn an_id_of_the_caller_is_kept() {
        let longest = "x".repeat(MAX_LENGTH);
        for id in ["1", "6a2f-b/c", &longest] {
            assert_eq!(of(id.as_bytes()).as_str(), id);
        }
    }

    #[test]
    fn what_is_no_id_is_replaced() {
        let too_long = "x".repeat(MAX_LENGTH + 1);
        for value in [&b""[..], b"a b", b"a\tb", b"\xff", too_long.as_bytes()] {
            assert_eq!(of(value).as_str().len(), 32, "{value:?}");
        }
    }

    #[test]
    fn numbers_become_hexadecimal_digits() {
        for number in [0, 9, 10, 0x0123_4567_89ab_cdef, u64::MAX] {
            let digits = hexadecimal(number);
            assert_eq!(digits, format!("{number:016x}").as_bytes());
        }
    }

    #[test]
    fn new_ids_differ() {
        let none = HeaderMap::new();
        assert_ne!(RequestId::of(&none), RequestId::of(&none));
    }
}
