//! Which compression a call's messages come in, and may leave in.

use connectrpc_axum::CompressionEncoding as RequestEncoding;
use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataValue;

/// Names the compression of the messages that follow.
pub(super) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
const ACCEPT_ENCODING_NAME: HeaderName = HeaderName::from_static(ACCEPT_ENCODING);

/// The compressions of requests, for callers that used another.
const SUPPORTED: &str = "identity,gzip,zstd,br";

/// The compression that the headers of a request declare.
pub(super) fn of_request(headers: &HeaderMap) -> Result<RequestEncoding, Status> {
    let Some(name) = headers.get(ENCODING) else {
        return Ok(RequestEncoding::Identity);
    };
    name.to_str()
        .ok()
        .and_then(|name| RequestEncoding::from_header(Some(name)))
        .ok_or_else(|| unsupported(name.as_bytes()))
}

/// The first compression that the caller accepts and tonic can write.
pub(super) fn accepted(headers: &HeaderMap) -> Option<CompressionEncoding> {
    headers
        .get(ACCEPT_ENCODING_NAME)?
        .as_bytes()
        .split(|byte| *byte == b',')
        .find_map(|name| known(name.trim_ascii()))
}

pub(super) fn name(encoding: CompressionEncoding) -> HeaderValue {
    HeaderValue::from_static(match encoding {
        CompressionEncoding::Gzip => "gzip",
        CompressionEncoding::Zstd => "zstd",
        // `known` gives no other.
        _ => "identity",
    })
}

fn known(name: &[u8]) -> Option<CompressionEncoding> {
    match name {
        b"gzip" => Some(CompressionEncoding::Gzip),
        b"zstd" => Some(CompressionEncoding::Zstd),
        _ => None,
    }
}

fn unsupported(name: &[u8]) -> Status {
    let mut status = Status::unimplemented(format!(
        "grpc-encoding {}: must be one of {SUPPORTED}",
        name.escape_ascii()
    ));
    status
        .metadata_mut()
        .insert(ACCEPT_ENCODING, MetadataValue::from_static(SUPPORTED));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn a_request_says_how_it_is_compressed() {
        for (value, expected) in [
            ("identity", RequestEncoding::Identity),
            ("zstd", RequestEncoding::Zstd),
            ("br", RequestEncoding::Brotli),
        ] {
            let found = of_request(&headers("grpc-encoding", value)).unwrap();
            assert_eq!(found, expected, "{value}");
        }
        let refusal = of_request(&headers("grpc-encoding", "lz4")).unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::Unimplemented);
        assert_eq!(refusal.metadata().get(ACCEPT_ENCODING).unwrap(), SUPPORTED);
    }

    #[test]
    fn the_callers_first_known_choice_is_taken() {
        let accept = |value| accepted(&headers("grpc-accept-encoding", value));
        assert_eq!(accept("br, zstd,gzip"), Some(CompressionEncoding::Zstd));
        assert_eq!(accept("br,identity"), None);
    }
}
