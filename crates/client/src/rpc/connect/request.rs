//! The HTTP request of a call.

use std::io::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, Method, header};
use reqwest::{Request, Url};

use crate::rpc::{BaseUrl, Code, Codec, Error, UnaryRequest};

/// Longer URLs are refused by some servers and proxies.
const LONGEST_GET_URL: usize = 8000;

const GZIP: &str = "gzip";

/// By GET where that is wanted and the RPC and the length of the message allow it.
pub(super) fn build(
    call: UnaryRequest,
    base_url: &BaseUrl,
    get: bool,
    compressed: bool,
) -> Result<Request, Error> {
    let url = base_url.join(call.rpc.path());
    let message = if compressed {
        gzip(&call.message)?
    } else {
        call.message
    };
    let get_url = (get && call.rpc.no_side_effects())
        .then(|| get_url(&url, call.codec, compressed, &message))
        .filter(|url| url.as_str().len() <= LONGEST_GET_URL);
    let mut headers = call.headers;
    if let Some(timeout) = call.timeout {
        headers.insert("connect-timeout-ms", milliseconds(timeout));
    }
    let mut request = match get_url {
        Some(url) => Request::new(Method::GET, url),
        None => {
            headers.insert(header::CONTENT_TYPE, content_type(call.codec));
            headers.insert("connect-protocol-version", HeaderValue::from_static("1"));
            if compressed {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(GZIP));
            }
            let mut request = Request::new(Method::POST, url);
            *request.body_mut() = Some(message.into());
            request
        }
    };
    *request.headers_mut() = headers;
    Ok(request)
}

/// The message in base64, which JSON may be sent in too: it needs no escapes.
fn get_url(url: &Url, codec: Codec, compressed: bool, message: &[u8]) -> Url {
    let (encoding, message) = (codec.name(), URL_SAFE_NO_PAD.encode(message));
    let compression = if compressed { "&compression=gzip" } else { "" };
    let query = format!("connect=v1&encoding={encoding}{compression}&base64=1&message={message}");
    let mut url = url.clone();
    url.set_query(Some(&query));
    url
}

fn gzip(message: &[u8]) -> Result<Bytes, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(message).and_then(|()| encoder.finish());
    compressed.map(Bytes::from).map_err(|error| {
        Error::local(Code::Internal, "the message cannot be compressed").with_source(error)
    })
}

pub(super) fn content_type(codec: Codec) -> HeaderValue {
    HeaderValue::from_static(match codec {
        Codec::Proto => "application/proto",
        Codec::Json => "application/json",
    })
}

/// At most ten digits are allowed.
fn milliseconds(timeout: Duration) -> HeaderValue {
    const MOST: u128 = 9_999_999_999;
    let milliseconds = timeout.as_millis().min(MOST);
    HeaderValue::from(u64::try_from(milliseconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::rpc::Rpc;

    fn request(no_side_effects: bool, message: &'static [u8]) -> Request {
        let call = UnaryRequest {
            rpc: Rpc::new("/s.S/M", no_side_effects),
            codec: Codec::Proto,
            message: Bytes::from_static(message),
            headers: HeaderMap::new(),
            timeout: Some(Duration::MAX),
        };
        build(call, &"http://host/api".parse().unwrap(), true, false).unwrap()
    }

    #[test]
    fn calls_without_side_effects_go_by_get() {
        let get = request(true, b"\xfb\xff");
        assert_eq!(get.method(), Method::GET);
        assert_eq!(
            get.url().as_str(),
            "http://host/api/s.S/M?connect=v1&encoding=proto&base64=1&message=-_8"
        );
        assert!(!get.headers().contains_key(header::CONTENT_TYPE));
        assert_eq!(get.headers()["connect-timeout-ms"], "9999999999");
        assert!(get.body().is_none());
    }

    #[test]
    fn all_else_goes_by_post() {
        for post in [request(false, b"m"), request(true, &[0; 6000])] {
            assert_eq!(post.method(), Method::POST);
            assert_eq!(post.url().as_str(), "http://host/api/s.S/M");
            assert_eq!(post.headers()[header::CONTENT_TYPE], "application/proto");
            assert_eq!(post.headers()["connect-protocol-version"], "1");
            assert!(
                post.body()
                    .unwrap()
                    .as_bytes()
                    .is_some_and(|body| !body.is_empty())
            );
        }
    }
}
