//! HTTP, below every protocol: one request, one whole reply.

mod base_url;
mod resolver;

use std::error::Error as _;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use reqwest::{Url, redirect};

use super::{Code, Error, TlsOptions, tls};

pub(crate) use base_url::BaseUrl;
pub(crate) use resolver::DnsError;

/// The versions of HTTP that a protocol can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// What the server offers; HTTP/1.1 without TLS.
    Any,
    /// HTTP/2 only, without TLS too.
    Http2,
}

/// What is the same for all requests, whatever the protocol.
#[derive(Clone, Debug)]
pub(crate) struct HttpOptions {
    /// The size of a message in bytes, and with it of what holds it.
    pub(crate) max_response_bytes: usize,
    /// The size in bytes from which the messages of requests are compressed.
    pub(crate) compress_from: Option<usize>,
    /// HTTP/2 also where TLS does not negotiate it.
    pub(crate) http2_prior_knowledge: bool,
    pub(crate) tls: TlsOptions,
}

/// Sends requests to one base URL, over pooled connections.
pub(crate) struct HttpClient {
    http: reqwest::Client,
    base_url: BaseUrl,
    max_response_bytes: usize,
    compress_from: Option<usize>,
}

/// The body of a reply.
pub(super) struct Collected {
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
}

impl HttpClient {
    pub(crate) fn new(
        base_url: BaseUrl,
        version: Version,
        options: &HttpOptions,
    ) -> Result<Self, Error> {
        let version = match version {
            Version::Any if options.http2_prior_knowledge => Version::Http2,
            version => version,
        };
        let tls = if base_url.is_https() {
            options.tls.config(version)?
        } else {
            tls::unused_config()?
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            // No RPC redirects, and one to another origin would take the API key there.
            .redirect(redirect::Policy::none())
            .referer(false)
            .dns_resolver(resolver::SystemResolver);
        let builder = match version {
            Version::Any => builder,
            Version::Http2 => builder.http2_prior_knowledge(),
        };
        let http = builder.build().map_err(|error| {
            Error::local(Code::Internal, "HTTP cannot be set up").with_source(error)
        })?;
        Ok(Self {
            http,
            base_url,
            max_response_bytes: options.max_response_bytes,
            compress_from: options.compress_from,
        })
    }

    pub(super) fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub(super) fn max_response_bytes(&self) -> usize {
        self.max_response_bytes
    }

    /// Whether a request's message is to be compressed.
    pub(super) fn compresses(&self, message: &Bytes) -> bool {
        self.compress_from.is_some_and(|from| message.len() >= from)
    }

    /// The same request for [`exchange`](Self::exchange).
    pub(super) fn request(&self, request: Request<Bytes>) -> Result<reqwest::Request, Error> {
        reqwest::Request::try_from(request).map_err(|error| self.failure(error))
    }

    /// Sends a request and reads the whole reply, decompressed. `framing` is how many bytes a reply has beside its message,
    /// which don't count towards the limit.
    pub(super) async fn exchange(
        &self,
        request: reqwest::Request,
        framing: usize,
    ) -> Result<Response<Collected>, Error> {
        let reply = self.http.execute(request).await;
        let reply = Response::<reqwest::Body>::from(reply.map_err(|error| self.failure(error))?);
        let (parts, body) = reply.into_parts();
        let body = self.collect(body, &parts.headers, framing).await?;
        Ok(Response::from_parts(parts, body))
    }

    async fn collect(
        &self,
        body: reqwest::Body,
        headers: &HeaderMap,
        framing: usize,
    ) -> Result<Collected, Error> {
        let too_large = || too_large(self.max_response_bytes);
        let limit = self.max_response_bytes.saturating_add(framing);
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        // A reply in one piece is not copied.
        let (mut first, mut collected) = (Bytes::new(), BytesMut::new());
        let mut trailers = HeaderMap::new();
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            match frame.map_err(|error| self.failure(error))?.into_data() {
                Ok(data) if data.len() > limit - collected.len().max(first.len()) => {
                    return Err(too_large());
                }
                Ok(data) if first.is_empty() => first = data,
                Ok(data) => {
                    if collected.is_empty() {
                        collected.extend_from_slice(&first);
                    }
                    collected.extend_from_slice(&data);
                }
                Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        let body = if collected.is_empty() {
            first
        } else {
            collected.freeze()
        };
        Ok(Collected { body, trailers })
    }

    /// What stopped an exchange.
    fn failure(&self, error: reqwest::Error) -> Error {
        // The URL of a GET holds the message.
        let error = error.without_url();
        let base_url = &self.base_url;
        let failure = if error.is_connect() {
            Error::no_connection(format!("cannot connect to {base_url}"))
        } else if error.is_builder() {
            Error::local(Code::Internal, "the request is no HTTP request")
        } else if is_decompression(&error) {
            Error::local(Code::Internal, "the reply cannot be decompressed")
        } else {
            Error::broken(format!("the connection to {base_url} failed"))
        };
        failure.with_source(error)
    }
}

/// A body's own input/output errors are those of its decompression; the network's are hyper's.
fn is_decompression(error: &reqwest::Error) -> bool {
    error.is_body()
        && error
            .source()
            .is_some_and(|source| source.is::<std::io::Error>())
}

pub(super) fn too_large(limit: usize) -> Error {
    let text = format!("the reply is larger than {limit} bytes");
    Error::local(Code::ResourceExhausted, text)
}

/// What to say about a reply of which the HTTP status tells most.
pub(super) fn status_error(status: StatusCode, headers: &HeaderMap) -> Error {
    let location = headers.get(header::LOCATION);
    let text = match location.and_then(|location| location.to_str().ok()) {
        Some(location) if status.is_redirection() => {
            let location = without_secrets(location);
            format!("HTTP {status}: a redirect to {location}, which is not followed")
        }
        _ => format!("HTTP {status}"),
    };
    Error::new(Code::from_http_status(status), text)
        .with_http_status(status)
        .with_headers(headers.clone())
}

/// A location without user name, password, query and fragment: the query of a GET holds the message.
fn without_secrets(location: &str) -> String {
    match Url::parse(location) {
        Ok(url) if url.has_host() => {
            format!("{}{}", url.origin().ascii_serialization(), url.path())
        }
        Ok(url) => format!("{}:", url.scheme()),
        // Another host, perhaps with a password.
        Err(_relative) if location.starts_with("//") => "//…".to_owned(),
        Err(_relative) => {
            let end = location.find(['?', '#']).unwrap_or(location.len());
            location.get(..end).unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_shown_without_secrets() {
        for (location, shown) in [
            ("https://a.example/b/c", "https://a.example/b/c"),
            (
                "https://user:secret@a.example:8443/b?secret#secret",
                "https://a.example:8443/b",
            ),
            ("//user:secret@a.example/b", "//…"),
            ("/b?message=secret", "/b"),
            ("b#secret", "b"),
            ("mailto:secret@a.example", "mailto:"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(location), shown);
        }
    }
}
