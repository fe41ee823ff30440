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
    trailers: &mut HeaderMap,
) -> Result<(), Error> {
    // A reply without a message has it in its headers.
    let place = if headers.contains_key(STATUS) {
        &mut *headers
    } else {
        &mut *trailers
    };
    let Some(code) = place.get(STATUS).map(code) else {
        return Err(without_status(http, headers));
    };
    let details = place.remove(DETAILS);
    let Some(code) = code else {
        return Ok(());
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
        check(http, &mut headers(in_headers), &mut headers(in_trailers))
    }

    #[test]
    fn the_status_is_in_the_headers_or_the_trailers() {
        assert!(checked(200, &[], &[(STATUS, "0")]).is_ok());
        let error = [(STATUS, "5"), (MESSAGE, "no%20%e2%82%ac%zz"), ("a", "b")];
        for error in [checked(200, &error, &[]), checked(200, &[], &error)] {
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
        let grpc = ("content-type", "application/grpc+proto");
        let error = checked(200, &[grpc], &[]).unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert!(!error.is_from_server());
    }
}
