use std::time::Duration;

use connectrpc_axum::parse_timeout;
use http::{HeaderValue, Request};
use tokio::time::Instant;
use tonic::Status;

use super::Protocol;
use super::call_headers::CallHeaders;

/// When a call ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    at: Instant,
    asked: Option<Duration>,
}

impl Deadline {
    /// The earlier of the caller's deadline and the server's, for a call that began at `start`.
    pub(super) fn within(start: Instant, longest: Duration, asked: Option<Duration>) -> Self {
        let timeout = asked.map_or(longest, |asked| asked.min(longest));
        Self {
            at: start + timeout,
            asked,
        }
    }

    /// The time at which the call is answered with `deadline_exceeded`.
    pub fn at(self) -> Instant {
        self.at
    }

    /// How long the caller waits, counted from its request, where it said so; the server's own limit may be shorter.
    pub fn asked(self) -> Option<Duration> {
        self.asked
    }
}

/// How long the caller waits, where it says so. `headers` are the request's.
pub(super) fn asked<B>(
    request: &Request<B>,
    headers: &CallHeaders<'_>,
    protocol: Protocol,
) -> Result<Option<Duration>, Status> {
    if protocol.is_connect() {
        // parse_timeout looks for the header by a name that it reads anew for each call.
        if headers.connect_timeout.is_none() {
            return Ok(None);
        }
        parse_timeout(request)
            .map_err(|_| Status::invalid_argument("connect-timeout-ms: must be 1 to 10 digits"))
    } else {
        headers.grpc_timeout.map(grpc_timeout).transpose()
    }
}

/// `grpc-timeout`: at most eight digits and a unit.
fn grpc_timeout(value: &HeaderValue) -> Result<Duration, Status> {
    parse_grpc_timeout(value.as_bytes())
        .ok_or_else(|| Status::invalid_argument("grpc-timeout: must be 1 to 8 digits and a unit"))
}

fn parse_grpc_timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    match unit {
        b'H' => Some(Duration::from_secs(count * 3600)),
        b'M' => Some(Duration::from_secs(count * 60)),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::protocol::Codec;
    use super::*;

    #[test]
    fn a_timeout_that_is_no_number_is_refused_by_the_name_of_its_header() {
        for (protocol, header) in [
            (Protocol::Connect(Codec::Json), "connect-timeout-ms"),
            (Protocol::Grpc, "grpc-timeout"),
        ] {
            let mut request = Request::new(());
            let value = http::HeaderValue::from_static("soon");
            request.headers_mut().insert(header, value);
            let headers = CallHeaders::of(request.headers());
            let refused =
                asked(&request, &headers, protocol).map_err(|status| status.message().to_owned());
            assert!(refused.is_err_and(|message| message.starts_with(header)));
        }
    }

    #[test]
    fn grpc_timeouts_are_digits_and_a_unit() {
        assert_eq!(
            parse_grpc_timeout(b"99999999H"),
            Some(Duration::from_secs(99_999_999 * 3600))
        );
        assert_eq!(parse_grpc_timeout(b"5m"), Some(Duration::from_millis(5)));
        for wrong in [&b""[..], b"S", b"5", b"5s", b"-5S", b"123456789S", b"5.S"] {
            assert_eq!(parse_grpc_timeout(wrong), None);
        }
    }
}
