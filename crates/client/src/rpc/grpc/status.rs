//! How a gRPC reply says what became of the call.
//!
//! tonic's own reading of it panics where the details are no base64, so it only gets to see what went well.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode;
use prost::Message as _;

use crate::rpc::detail::decode_base64;
use crate::rpc::http::status_error;
use crate::rpc::{Code, Detail, Error};

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Passes replies that went well.
pub(super) fn check(
    http: StatusCode,
    headers: &mut HeaderMap,
    body: &[u8],
    trailers: &mut HeaderMap,
) -> Result<(), Error> {
    // Only a reply that has nothing else has it in its headers.
    let place = if body.is_empty() && trailers.is_empty() {
        &mut *headers
    } else {
        &mut *trailers
    };
    let Some(code) = place.get(STATUS).map(code) else {
        return Err(without_status(http, headers));
    };
    let details = place.remove(DETAILS);
    let Some(code) = code else {
        return check_message(headers, body).map_err(|error| error.with_headers(headers.clone()));
    };
    let message = place.get(MESSAGE).map(HeaderValue::as_bytes);
    let message = message.map_or(Cow::Borrowed(""), |message| {
        percent_decode(message).decode_utf8_lossy()
    });
    let error = Error::new(code, message)
        .with_details(details.iter().flat_map(read_details))
        .with_headers(std::mem::take(headers))
        .with_headers(std::mem::take(trailers));
    Err(error)
}

/// Passes exactly one message in a compression that was offered. tonic reads no further than the first, and calls other
/// compressions `unimplemented`.
fn check_message(headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    if let Some(encoding) = headers.get("grpc-encoding")
        && !["identity", "gzip"].iter().any(|known| encoding == known)
    {
        let encoding = encoding.as_bytes().escape_ascii();
        let text = format!("the reply is compressed with \"{encoding}\", which was not asked for");
        return Err(Error::local(Code::Internal, text));
    }
    let Some((prefix, rest)) = body.split_first_chunk::<5>() else {
        let text = "the reply has no message";
        return Err(Error::local(Code::Unimplemented, text));
    };
    let [_flags, length @ ..] = *prefix;
    if rest.len() as u64 > u64::from(u32::from_be_bytes(length)) {
        let text = "the reply has more than one message";
        return Err(Error::local(Code::Unimplemented, text));
    }
    Ok(())
}

/// `None` for success.
fn code(value: &HeaderValue) -> Option<Code> {
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    match number {
        Some(0) => None,
        Some(number) => Some(Code::from_number(number)),
        None => Some(Code::Unknown),
    }
}

/// Something that is no gRPC server, or a broken one.
fn without_status(http: StatusCode, headers: &HeaderMap) -> Error {
    if http != StatusCode::OK {
        return status_error(http, headers);
    }
    let content_type = headers.get(header::CONTENT_TYPE);
    let is_grpc =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    let error = if is_grpc {
        Error::local(Code::Internal, "the reply ends without a status")
    } else {
        let content_type = content_type.map(HeaderValue::as_bytes).unwrap_or_default();
        let content_type = content_type.escape_ascii();
        let text =
            format!("the reply has the content type \"{content_type}\", which is not gRPC's");
        Error::local(Code::Unknown, text)
    };
    error.with_headers(headers.clone())
}

fn read_details(value: &HeaderValue) -> Vec<Detail> {
    let status = decode_base64(value).and_then(|encoded| RpcStatus::decode(&*encoded).ok());
    let details = status.unwrap_or_default().details;
    details
        .into_iter()
        .map(|detail| Detail::new(&detail.type_url, detail.value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRPC: (&str, &str) = ("content-type", "application/grpc+proto");

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    fn checked(
        http: u16,
        in_headers: &[(&'static str, &'static str)],
        in_trailers: &[(&'static str, &'static str)],
    ) -> Result<(), Error> {
        let http = StatusCode::from_u16(http).unwrap();
        let (mut headers, mut trailers) = (headers(in_headers), headers(in_trailers));
        check(http, &mut headers, &[0; 5], &mut trailers)
    }

    /// A reply without a message.
    fn checked_empty(in_headers: &[(&'static str, &'static str)]) -> Result<(), Error> {
        let mut trailers = HeaderMap::new();
        check(StatusCode::OK, &mut headers(in_headers), &[], &mut trailers)
    }

    #[test]
    fn the_status_is_in_the_headers_or_the_trailers() {
        assert!(checked(200, &[], &[(STATUS, "0")]).is_ok());
        let error = [(STATUS, "5"), (MESSAGE, "no%20%e2%82%ac%zz"), ("a", "b")];
        for error in [checked_empty(&error), checked(200, &[], &error)] {
            let error = error.unwrap_err();
            assert!(error.is_not_found());
            assert!(error.is_from_server());
            assert_eq!(error.message(), "no €%zz");
            assert_eq!(error.headers()["a"], "b");
        }
        for (status, code) in [
            ("16", Code::Unauthenticated),
            ("17", Code::Unknown),
            ("x", Code::Unknown),
        ] {
            let error = checked(200, &[], &[(STATUS, status)]).unwrap_err();
            assert_eq!(error.code(), code);
        }
        // In the headers it does not count where there is more.
        for trailers in [&[][..], &[("a", "b")]] {
            let error = checked(200, &[GRPC, (STATUS, "5")], trailers).unwrap_err();
            assert_eq!(error.code(), Code::Internal);
        }
        let error = checked(200, &[(STATUS, "5")], &[(STATUS, "6")]).unwrap_err();
        assert!(error.is_already_exists());
    }

    #[test]
    fn what_went_well_has_one_message() {
        let ok = (STATUS, "0");
        assert_eq!(
            checked_empty(&[ok]).unwrap_err().code(),
            Code::Unimplemented
        );
        for (encoding, body, expected) in [
            ("gzip", &[0, 0, 0, 0, 1, 9][..], None),
            ("identity", &[0; 5], None),
            ("br", &[0; 5], Some(Code::Internal)),
            ("gzip", &[0; 4], Some(Code::Unimplemented)),
            ("gzip", &[0; 10], Some(Code::Unimplemented)),
        ] {
            let mut headers = headers(&[("grpc-encoding", encoding)]);
            let mut trailers = self::headers(&[ok]);
            let checked = check(StatusCode::OK, &mut headers, body, &mut trailers);
            assert_eq!(checked.err().map(|error| error.code()), expected);
        }
    }

    #[test]
    fn details_that_cannot_be_read_are_left_out() {
        for (details, expected) in [
            ("!", 0),
            ("AAAA", 0),
            ("GgkKA3QvbhICEAE", 1),
            ("GgkKA3QvbhICEAE=", 1),
        ] {
            let trailers = [(STATUS, "3"), (DETAILS, details)];
            let error = checked(200, &[], &trailers).unwrap_err();
            assert!(error.is_invalid_argument());
            assert_eq!(error.details().len(), expected, "{details}");
            assert!(
                error
                    .details()
                    .iter()
                    .all(|detail| detail.type_name() == "n")
            );
        }
        assert!(checked(200, &[], &[(STATUS, "0"), (DETAILS, "!")]).is_ok());
    }

    #[test]
    fn what_is_not_grpc_counts_by_its_http_status() {
        let html = ("content-type", "text/html");
        assert_eq!(
            checked(502, &[html], &[]).unwrap_err().code(),
            Code::Unavailable
        );
        assert_eq!(
            checked(200, &[html], &[]).unwrap_err().code(),
            Code::Unknown
        );
        let error = checked(200, &[GRPC], &[]).unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(!error.is_from_server());
    }
}
