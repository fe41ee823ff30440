//! Which calls are made again, and when.
//!
//! As the official SDKs of the 0.x series do, save that a call which may change something is made again only where the
//! server cannot have acted on it: there is no key by which it would know the second one.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::{Code, Error, Rpc};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(8);

/// What a server asks for beyond this, in seconds, is not waited for.
const LONGEST_ASKED: f64 = 60.0;

/// By how much of itself a delay may be shorter.
const JITTER: f64 = 0.25;

/// Whether the call that failed with this error may be made again.
pub(super) fn is_allowed(rpc: &Rpc, error: &Error) -> bool {
    if error.is_already_exists() {
        return false;
    }
    match asked(error) {
        Some(asked) => asked,
        None if rpc.no_side_effects() => may_go_well(error),
        None => cannot_have_acted(error),
    }
}

/// What the server says about it.
fn asked(error: &Error) -> Option<bool> {
    let value = error
        .is_from_server()
        .then(|| error.headers().get("x-should-retry"))??;
    match value.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

fn may_go_well(error: &Error) -> bool {
    if error.is_from_server() {
        return matches!(status(error), 408 | 409 | 429 | 500..);
    }
    error.is_connect() || error.is_broken() || error.is_timeout()
}

fn cannot_have_acted(error: &Error) -> bool {
    error.is_connect() || (error.is_from_server() && status(error) == 429)
}

/// The HTTP status of a reply; for gRPC the one that Connect has for the code.
fn status(error: &Error) -> u16 {
    match (error.http_status(), error.code()) {
        (Some(status), _) => status.as_u16(),
        (None, Code::Canceled) => 499,
        (None, Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange) => 400,
        (None, Code::Unauthenticated) => 401,
        (None, Code::PermissionDenied) => 403,
        (None, Code::NotFound) => 404,
        (None, Code::AlreadyExists | Code::Aborted) => 409,
        (None, Code::ResourceExhausted) => 429,
        (None, Code::Unknown | Code::Internal | Code::DataLoss) => 500,
        (None, Code::Unimplemented) => 501,
        (None, Code::Unavailable) => 503,
        (None, Code::DeadlineExceeded) => 504,
    }
}

/// How long to wait before a retry, of which there were some before. `jitter` is from 0 to 1.
pub(super) fn delay(error: &Error, before: u32, now: SystemTime, jitter: f64) -> Duration {
    if let Some(asked) = asked_delay(error.headers(), now) {
        return asked;
    }
    let doubled = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(before));
    let jitter = if jitter.is_nan() {
        0.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    doubled.min(LONGEST_DELAY).mul_f64(1.0 - JITTER * jitter)
}

/// What the server asks for, in the first header that can be read, where it is neither nothing nor too long.
fn asked_delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let number = |name| text(name)?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms")
        .map(|milliseconds| milliseconds / 1000.0)
        .or_else(|| number("retry-after"))
        .or_else(|| {
            let date = httpdate::parse_http_date(text("retry-after")?).ok()?;
            Some(date.duration_since(now).ok()?.as_secs_f64())
        })?;
    (seconds > 0.0 && seconds <= LONGEST_ASKED).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, StatusCode};

    use super::*;

    const READING: Rpc = Rpc::new("/s.S/Get", true);
    const CHANGING: Rpc = Rpc::new("/s.S/Create", false);

    /// Whether a reading and a changing call are made again.
    fn again(error: &Error) -> (bool, bool) {
        (is_allowed(&READING, error), is_allowed(&CHANGING, error))
    }

    fn with_header(error: Error, name: &'static str, value: &'static str) -> Error {
        let name = HeaderName::from_static(name);
        error.with_headers(
            [(name, HeaderValue::from_static(value))]
                .into_iter()
                .collect(),
        )
    }

    #[test]
    fn statuses_decide_where_there_are_any() {
        for (status, expected) in [
            (204, (false, false)),
            (302, (false, false)),
            (400, (false, false)),
            (404, (false, false)),
            (408, (true, false)),
            (409, (true, false)),
            (429, (true, true)),
            (499, (false, false)),
            (500, (true, false)),
            (503, (true, false)),
            (599, (true, false)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            for code in [Code::Unavailable, Code::NotFound] {
                let error = Error::new(code, "").with_http_status(status);
                assert_eq!(again(&error), expected, "{status} {code}");
            }
        }
    }

    #[test]
    fn codes_decide_where_there_is_no_status() {
        for (code, expected) in [
            (Code::Canceled, (false, false)),
            (Code::Unknown, (true, false)),
            (Code::InvalidArgument, (false, false)),
            (Code::DeadlineExceeded, (true, false)),
            (Code::NotFound, (false, false)),
            (Code::AlreadyExists, (false, false)),
            (Code::PermissionDenied, (false, false)),
            (Code::ResourceExhausted, (true, true)),
            (Code::FailedPrecondition, (false, false)),
            (Code::Aborted, (true, false)),
            (Code::OutOfRange, (false, false)),
            (Code::Unimplemented, (true, false)),
            (Code::Internal, (true, false)),
            (Code::Unavailable, (true, false)),
            (Code::DataLoss, (true, false)),
            (Code::Unauthenticated, (false, false)),
        ] {
            assert_eq!(again(&Error::new(code, "")), expected, "{code}");
        }
    }

    #[test]
    fn of_what_happens_on_this_side_only_the_network_may_go_better() {
        for (error, expected) in [
            (Error::no_connection(""), (true, true)),
            (Error::broken(""), (true, false)),
            (Error::local(Code::DeadlineExceeded, ""), (true, false)),
            (Error::local(Code::ResourceExhausted, ""), (false, false)),
            (Error::local(Code::Internal, ""), (false, false)),
        ] {
            assert_eq!(again(&error), expected, "{error:?}");
            // Not the server's word.
            let error = with_header(error, "x-should-retry", "true");
            assert_eq!(again(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn the_server_may_ask_for_a_retry_or_none() {
        for code in [Code::ResourceExhausted, Code::Internal, Code::NotFound] {
            let error = |value| with_header(Error::new(code, ""), "x-should-retry", value);
            assert_eq!(again(&error("true")), (true, true));
            assert_eq!(again(&error("false")), (false, false));
            assert_eq!(again(&error("?")), again(&Error::new(code, "")));
        }
        let exists = Error::new(Code::AlreadyExists, "");
        assert_eq!(
            again(&with_header(exists, "x-should-retry", "true")),
            (false, false)
        );
    }

    #[test]
    fn delays_double_up_to_a_limit_less_jitter() {
        let error = Error::new(Code::Unavailable, "");
        let delay = |before, jitter| delay(&error, before, SystemTime::UNIX_EPOCH, jitter);
        for (before, milliseconds) in [(0, 500), (1, 1000), (2, 2000), (4, 8000), (5, 8000)] {
            assert_eq!(delay(before, 0.0).as_millis(), milliseconds);
            assert_eq!(delay(before, 1.0).as_millis(), milliseconds * 3 / 4);
        }
        assert_eq!(delay(u32::MAX, 0.5).as_millis(), 7000);
        for (wrong, milliseconds) in [(f64::NAN, 500), (-1.0, 500), (2.0, 375)] {
            assert_eq!(delay(0, wrong).as_millis(), milliseconds);
        }
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for() {
        // Five seconds before the dates below.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_772);
        for (header, value, milliseconds) in [
            ("retry-after-ms", "1", 1),
            ("retry-after-ms", "1500.5", 1500),
            ("retry-after", "2", 2000),
            ("retry-after", " 0.25 ", 250),
            ("retry-after", "60", 60_000),
            ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 5000),
            // Otherwise it is this side that decides.
            ("retry-after", "60.1", 500),
            ("retry-after", "0", 500),
            ("retry-after", "-1", 500),
            ("retry-after", "soon", 500),
            ("retry-after", "NaN", 500),
            ("retry-after", "Sun, 06 Nov 1994 08:49:31 GMT", 500),
            ("retry-after", "Sun, 06 Nov 1994 08:59:37 GMT", 500),
            ("retry-after-ms", "60001", 500),
        ] {
            let error = with_header(Error::new(Code::Unavailable, ""), header, value);
            let delay = delay(&error, 0, now, 0.0);
            assert_eq!(delay.as_millis(), milliseconds, "{header}: {value}");
        }
        let both = with_header(Error::new(Code::Unavailable, ""), "retry-after", "2");
        let both = |milliseconds| with_header(both.clone(), "retry-after-ms", milliseconds);
        assert_eq!(delay(&both("7"), 0, now, 0.0).as_millis(), 7);
        assert_eq!(delay(&both("?"), 0, now, 0.0).as_millis(), 2000);
        assert_eq!(delay(&both("90000"), 0, now, 0.0).as_millis(), 500);
    }
}
