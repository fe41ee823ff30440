//! The id of a request, by which a log, an audit and a caller mean the same call.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};

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
    /// `given` is the value of the caller's header.
    pub(super) fn of(given: Option<&HeaderValue>) -> Self {
        match given {
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

/// What `{:016x}` writes, without its machinery.
fn hexadecimal(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    let (high, low) = digits.split_at_mut(8);
    high.copy_from_slice(&eight_digits((number >> 32) as u32));
    low.copy_from_slice(&eight_digits(number as u32));
    digits
}

/// All digits at once, each in a byte of one number.
fn eight_digits(number: u32) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const FROM_9_TO_A: u64 = b'a' as u64 - b'9' as u64 - 1;
    let number = u64::from(number);
    let number = (number << 16 | number) & 0x0000_ffff_0000_ffff;
    let number = (number << 8 | number) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (number << 4 | number) & (15 * EACH);
    // 6 more than 9 carries into the next bit.
    let letters = (nibbles + 6 * EACH) >> 4 & EACH;
    (nibbles + u64::from(b'0') * EACH + letters * FROM_9_TO_A).to_be_bytes()
}

fn is_acceptable(value: &HeaderValue) -> bool {
    (1..=MAX_LENGTH).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> RequestId {
        RequestId::of(Some(&HeaderValue::from_bytes(value).unwrap()))
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
        assert_ne!(RequestId::of(None), RequestId::of(None));
    }
}
