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
/// answer carries it, too. Implementations find it in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER) {
            Some(given) if is_acceptable(given) => Self(given.clone()),
            _ => Self::new(),
        }
    }

    /// Unique among all processes: 64 random bits for this one, and a counter.
    fn new() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("request"));
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:016x}{number:016x}", *PROCESS);
        Self(HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-")))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        // Only such values get in.
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }
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
    fn new_ids_differ() {
        let none = HeaderMap::new();
        assert_ne!(RequestId::of(&none), RequestId::of(&none));
    }
}
