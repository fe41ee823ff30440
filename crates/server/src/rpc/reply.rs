use http::{HeaderMap, HeaderName};
use tonic::metadata::MetadataMap;

/// What an implementation returns: a message, and headers and trailers to send with it.
///
/// A message becomes a reply by itself:
///
/// ```
/// use runner_configuration::v1::DeleteScmIntegrationResponse;
/// use runner_configuration_server::Reply;
///
/// let reply: Reply<_> = DeleteScmIntegrationResponse {}.into();
/// ```
#[derive(Clone, Debug)]
pub struct Reply<M> {
    message: M,
    metadata: MetadataMap,
    trailers: MetadataMap,
}

impl<M> Reply<M> {
    /// A reply without headers of its own.
    pub fn new(message: M) -> Self {
        Self {
            message,
            metadata: MetadataMap::new(),
            trailers: MetadataMap::new(),
        }
    }

    /// The message.
    pub fn message(&self) -> &M {
        &self.message
    }

    /// The message, without the headers.
    pub fn into_message(self) -> M {
        self.message
    }

    /// Headers to send with the message. Those that HTTP and the protocols set themselves are left out: see
    /// [`trailers_mut`](Self::trailers_mut).
    pub fn metadata_mut(&mut self) -> &mut MetadataMap {
        &mut self.metadata
    }

    /// Trailers to send after the message, as each protocol does: in HTTP trailers, in the body, or as headers named
    /// `trailer-…`.
    ///
    /// Names that begin with `connect-`, `grpc-` or `trailer-`, and those that describe the body or the connection,
    /// belong to the protocols and are left out.
    pub fn trailers_mut(&mut self) -> &mut MetadataMap {
        &mut self.trailers
    }

    /// The message, the headers and the trailers, without what belongs to the protocols.
    pub(super) fn into_parts(self) -> (M, HeaderMap, HeaderMap) {
        (self.message, custom(self.metadata), custom(self.trailers))
    }
}

impl<M> From<M> for Reply<M> {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}

impl<M> From<tonic::Response<M>> for Reply<M> {
    fn from(response: tonic::Response<M>) -> Self {
        let (metadata, message, _extensions) = response.into_parts();
        Self {
            message,
            metadata,
            trailers: MetadataMap::new(),
        }
    }
}

fn custom(metadata: MetadataMap) -> HeaderMap {
    let all = metadata.into_headers();
    if all.keys().any(is_reserved) {
        let custom = all.iter().filter(|(name, _)| !is_reserved(name));
        return custom
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
    }
    all
}

/// Whether HTTP or the protocols give this header its meaning.
fn is_reserved(name: &HeaderName) -> bool {
    const NAMES: [&str; 8] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
    ];
    const PREFIXES: [&str; 3] = ["connect-", "grpc-", "trailer-"];
    let name = name.as_str();
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_protocols_is_left_out() {
        let mut reply = Reply::new(());
        for name in ["x-kept", "grpc-status", "content-length", "trailer-x"] {
            reply.metadata_mut().append(name, "1".parse().unwrap());
            reply.trailers_mut().append(name, "2".parse().unwrap());
        }
        reply.trailers_mut().append("x-kept", "3".parse().unwrap());
        let ((), headers, trailers) = reply.into_parts();
        let values = |map: &HeaderMap| -> Vec<_> {
            map.iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect()
        };
        assert_eq!(values(&headers), ["x-kept: 1"]);
        assert_eq!(values(&trailers), ["x-kept: 2", "x-kept: 3"]);
    }
}
