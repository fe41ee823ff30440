//! Connect unary calls: <https://connectrpc.com/docs/protocol#unary-rpcs>.

mod error;
mod request;

use http::{HeaderMap, HeaderName, Response, StatusCode, header};

use super::http::Collected;
use super::{Code, Codec, Error, HttpClient, Transport, UnaryRequest, UnaryResponse};

/// Speaks Connect.
pub(crate) struct Connect {
    http: HttpClient,
    codec: Codec,
    get: bool,
}

impl Connect {
    pub(crate) fn new(http: HttpClient, codec: Codec, get: bool) -> Self {
        Self { http, codec, get }
    }
}

impl Transport for Connect {
    fn codec(&self) -> Codec {
        self.codec
    }

    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        let codec = request.codec;
        let compressed = self.http.compresses(&request.message);
        let request = request::build(request, self.http.base_url(), self.get, compressed)?;
        let reply = self.http.exchange(request, 0).await?;
        if reply.status() != StatusCode::OK {
            return Err(error::read(&reply));
        }
        check_encoding(reply.headers())?;
        check_content_type(&reply, codec)?;
        let (parts, collected) = reply.into_parts();
        let (headers, trailers) = split_trailers(parts.headers);
        Ok(UnaryResponse::new(codec, collected.body).with_metadata(headers, trailers))
    }
}

/// What could be decompressed has been, and no longer says that it was compressed.
fn check_encoding(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            let encoding = encoding.as_bytes().escape_ascii();
            let text =
                format!("the reply is compressed with \"{encoding}\", which was not asked for");
            Err(Error::local(Code::Internal, text).with_headers(headers.clone()))
        }
        _ => Ok(()),
    }
}

/// What answers in another codec is broken; what answers something else is no Connect server.
fn check_content_type(reply: &Response<Collected>, codec: Codec) -> Result<(), Error> {
    let exact = request::content_type(codec);
    if reply.headers().get(header::CONTENT_TYPE) == Some(&exact) {
        return Ok(());
    }
    let content_type = media_type(reply.headers());
    let code = match content_type.strip_prefix("application/") {
        Some(name) if name == codec.name() => return Ok(()),
        Some("json" | "proto") => Code::Internal,
        _ => Code::Unknown,
    };
    let expected = codec.name();
    let text = format!(
        "the reply has the content type {content_type:?} instead of \"application/{expected}\""
    );
    Err(Error::local(code, text).with_headers(reply.headers().clone()))
}

/// The content type in lower case and without parameters.
fn media_type(headers: &HeaderMap) -> String {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

const TRAILER: &str = "trailer-";

/// Connect sends the trailers of a unary call as headers with a prefix.
fn split_trailers(all: HeaderMap) -> (HeaderMap, HeaderMap) {
    if !all.keys().any(|name| name.as_str().starts_with(TRAILER)) {
        return (all, HeaderMap::new());
    }
    let (mut headers, mut trailers) = (HeaderMap::new(), HeaderMap::new());
    let mut last = None;
    for (name, value) in all {
        // Further values of a header come without its name.
        last = name.or(last);
        let Some(name) = &last else { continue };
        let trailer = name
            .as_str()
            .strip_prefix(TRAILER)
            .and_then(|name| HeaderName::try_from(name).ok());
        match trailer {
            Some(name) => trailers.append(name, value),
            None => headers.append(name, value),
        };
    }
    (headers, trailers)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn prefixed_headers_are_trailers() {
        let mut all = HeaderMap::new();
        for (name, value) in [
            ("a", "1"),
            ("a", "2"),
            ("trailer-b", "3"),
            ("trailer-b", "4"),
        ] {
            all.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let (headers, trailers) = split_trailers(all);
        assert_eq!(headers.get_all("a").iter().count(), 2);
        assert_eq!(headers.len(), 2);
        let trailers: Vec<_> = trailers.get_all("b").iter().collect();
        assert_eq!(trailers, ["3", "4"]);
    }
}
