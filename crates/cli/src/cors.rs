//! Which pages of other origins may call.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// An origin as an argument, such as `https://app.example.com`.
#[derive(Clone, Debug)]
pub(crate) struct Origin(HeaderValue);

impl std::str::FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "give a scheme, a host and, if it is not the default, a port, as in https://app.example.com";
        let uri: http::Uri = text.parse().map_err(|_| expected)?;
        let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        // Browsers send it without a path; one that is given here would never match.
        let is_origin = uri.authority().is_some()
            && !text.ends_with('/')
            && uri.path() == "/"
            && uri.query().is_none();
        match HeaderValue::from_str(text) {
            Ok(value) if has_scheme && is_origin => Ok(Self(value)),
            _ => Err(expected),
        }
    }
}

/// What browsers are told; without origins, nothing.
pub(crate) fn layer(origins: Vec<Origin>) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = origins.into_iter().map(|origin| origin.0);
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(REQUEST.map(HeaderName::from_static))
        .expose_headers(RESPONSE.map(HeaderName::from_static))
        .max_age(Duration::from_secs(2 * 60 * 60));
    Some(layer)
}

/// What Connect and gRPC-Web clients send.
const REQUEST: [&str; 10] = [
    "accept-encoding",
    "authorization",
    "connect-protocol-version",
    "connect-timeout-ms",
    "content-encoding",
    "content-type",
    "grpc-timeout",
    "x-grpc-web",
    "x-user-agent",
    "x-request-id",
];

/// What they read.
const RESPONSE: [&str; 8] = [
    "content-encoding",
    "grpc-message",
    "grpc-status",
    "grpc-status-details-bin",
    "retry-after",
    "retry-after-ms",
    "x-request-id",
    "x-should-retry",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_told_from_other_texts() {
        for origin in [
            "https://app.example.com",
            "http://localhost:3000",
            "https://[::1]:8443",
        ] {
            assert!(origin.parse::<Origin>().is_ok(), "{origin}");
        }
        for other in [
            "*",
            "null",
            "app.example.com",
            "https://app.example.com/",
            "https://a/b",
            "ftp://a",
            "https://a?b",
            "",
        ] {
            assert!(other.parse::<Origin>().is_err(), "{other}");
        }
    }
}
