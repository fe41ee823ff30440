//! Which protocol a request speaks.

use http::{HeaderMap, HeaderValue, Method, Request, header};

/// A protocol that a call may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A Connect unary call by POST.
    Connect(Codec),
    /// A Connect unary call by GET; the query says which codec.
    ConnectGet(Codec),
    /// gRPC.
    Grpc,
    /// gRPC-Web.
    GrpcWeb,
}

/// How messages are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// The binary form.
    Proto,
    /// The proto3 JSON mapping.
    Json,
}

impl Protocol {
    /// A short name for logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::ConnectGet(_) => "connect-get",
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc-web",
        }
    }

    /// The codec of this call's messages.
    pub fn codec(self) -> Codec {
        match self {
            Self::Connect(codec) | Self::ConnectGet(codec) => codec,
            Self::Grpc | Self::GrpcWeb => Codec::Proto,
        }
    }

    pub(super) fn is_connect(self) -> bool {
        matches!(self, Self::Connect(_) | Self::ConnectGet(_))
    }
}

impl Codec {
    /// A short name for logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Proto => "application/proto",
            Self::Json => "application/json",
        })
    }
}

/// Why a request speaks none of the protocols.
pub(super) enum Unsupported {
    /// The method; the RPC takes these.
    Method(&'static str),
    /// The content type; the RPC takes these.
    ContentType(&'static str),
}

/// Content types for the `Accept-Post` header of a refusal.
const ACCEPT_POST: &str = "application/json, application/proto, application/grpc, application/grpc+proto, \
     application/grpc-web, application/grpc-web+proto, application/grpc-web-text, \
     application/grpc-web-text+proto";

/// The protocol of a request to an RPC; GET is for RPCs without side effects.
pub(super) fn detect<B>(request: &Request<B>, allows_get: bool) -> Result<Protocol, Unsupported> {
    match *request.method() {
        Method::POST => {
            of_content_type(request.headers()).ok_or(Unsupported::ContentType(ACCEPT_POST))
        }
        Method::GET if allows_get => {
            let query = request.uri().query().unwrap_or_default();
            let is_proto = query.split('&').any(|pair| pair == "encoding=proto");
            Ok(Protocol::ConnectGet(if is_proto {
                Codec::Proto
            } else {
                Codec::Json
            }))
        }
        _ if allows_get => Err(Unsupported::Method("GET, POST")),
        _ => Err(Unsupported::Method("POST")),
    }
}

fn of_content_type(headers: &HeaderMap) -> Option<Protocol> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    // As nearly all callers write it.
    match content_type.as_bytes() {
        b"application/json" => return Some(Protocol::Connect(Codec::Json)),
        b"application/proto" => return Some(Protocol::Connect(Codec::Proto)),
        b"application/grpc" => return Some(Protocol::Grpc),
        _ => {}
    }
    let content_type = content_type.to_str().ok()?;
    let (essence, parameters) = match content_type.split_once(';') {
        Some((essence, parameters)) => (essence.trim_end(), Some(parameters)),
        None => (content_type.trim_end(), None),
    };
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    if is("application/json") {
        let utf8 = parameters.is_none_or(is_utf8);
        utf8.then_some(Protocol::Connect(Codec::Json))
    } else if is("application/proto") {
        Some(Protocol::Connect(Codec::Proto))
    } else if is("application/grpc") || is("application/grpc+proto") {
        Some(Protocol::Grpc)
    } else if [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web-text",
        "application/grpc-web-text+proto",
    ]
    .into_iter()
    .any(is)
    {
        Some(Protocol::GrpcWeb)
    } else {
        None
    }
}

/// Whether the parameters of a JSON content type name no other character set than UTF-8.
fn is_utf8(parameters: &str) -> bool {
    parameters
        .split(';')
        .all(|parameter| match parameter.trim().split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// The protocol to report an error in, for a request that reaches no RPC.
pub(super) fn for_error(headers: &HeaderMap) -> Protocol {
    let starts_with = |prefix: &str| {
        headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.as_bytes().get(..prefix.len()))
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if starts_with("application/grpc-web") {
        Protocol::GrpcWeb
    } else if starts_with("application/grpc") {
        Protocol::Grpc
    } else {
        Protocol::Connect(Codec::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(content_type: &str) -> Option<Protocol> {
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, content_type)
            .body(())
            .unwrap();
        detect(&request, false).ok()
    }

    #[test]
    fn content_types_are_compared_without_case_and_parameters() {
        for json in [
            "application/json",
            "Application/JSON",
            "application/json; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert_eq!(
                detected(json),
                Some(Protocol::Connect(Codec::Json)),
                "{json}"
            );
        }
        assert_eq!(detected("application/grpc+proto"), Some(Protocol::Grpc));
        assert_eq!(
            detected("application/grpc-web-text"),
            Some(Protocol::GrpcWeb)
        );
    }

    #[test]
    fn streaming_and_foreign_content_types_are_refused() {
        for other in [
            "application/connect+json",
            "application/grpc+json",
            "application/json; charset=latin1",
            "text/plain",
            "",
        ] {
            assert_eq!(detected(other), None, "{other}");
        }
    }
}
