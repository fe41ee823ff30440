//! Which compression a call's messages come in, and may leave in.

use connectrpc_axum::CompressionEncoding as RequestEncoding;
use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataValue;

/// Names the compression of the messages that follow.
const ENCODING: &str = "grpc-encoding";
pub(super) const ENCODING_NAME: HeaderName = HeaderName::from_static(ENCODING);

const ACCEPT_ENCODING: &str = "grpc-accept-encoding";

/// The compressions of requests, for callers that used another.
const SUPPORTED: &str = "identity,gzip,zstd,br";

/// What a request's headers say of compression.
pub(super) struct Compression {
    /// That of its messages, or why they can't be read.
    pub(super) of_request: Result<RequestEncoding, Status>,
    /// The first that the caller accepts and tonic can write.
    pub(super) of_reply: Option<CompressionEncoding>,
}

impl Compression {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (mut used, mut accepted) = (None, None);
        // In one pass, as most requests have neither.
        for (name, value) in headers {
            match name.as_str() {
                ENCODING => used = used.or(Some(value)),
                ACCEPT_ENCODING => accepted = accepted.or(Some(value)),
                _ => {}
            }
        }
        Self {
            of_request: used.map_or(Ok(RequestEncoding::Identity), declared),
            of_reply: accepted.and_then(first_known),
        }
    }
}

fn declared(name: &HeaderValue) -> Result<RequestEncoding, Status> {
    name.to_str()
        .ok()
        .and_then(|name| RequestEncoding::from_header(Some(name)))
        .ok_or_else(|| unsupported(name.as_bytes()))
}

fn first_known(names: &HeaderValue) -> Option<CompressionEncoding> {
    names
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
            let found = Compression::of(&headers(ENCODING, value)).of_request;
            assert_eq!(found.unwrap(), expected, "{value}");
        }
        let refusal = Compression::of(&headers(ENCODING, "lz4")).of_request;
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::Unimplemented);
        assert_eq!(refusal.metadata().get(ACCEPT_ENCODING).unwrap(), SUPPORTED);
    }

    #[test]
    fn without_a_word_nothing_is_compressed() {
        let found = Compression::of(&headers("accept-encoding", "gzip"));
        assert_eq!(found.of_request.unwrap(), RequestEncoding::Identity);
        assert_eq!(found.of_reply, None);
    }

    #[test]
    fn the_callers_first_known_choice_is_taken() {
        let accept = |value| Compression::of(&headers(ACCEPT_ENCODING, value)).of_reply;
        assert_eq!(accept("br, zstd,gzip"), Some(CompressionEncoding::Zstd));
        assert_eq!(accept("br,identity"), None);
    }
}
