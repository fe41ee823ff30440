use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use prost::{DecodeError, Message};
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
///
/// An implementation that has the message in its binary form already, in a database for example, passes that on:
/// [`Reply::encoded`].
#[derive(Clone, Debug)]
pub struct Reply<M> {
    content: Content<M>,
    metadata: MetadataMap,
    trailers: MetadataMap,
}

/// A message in one of two forms.
#[derive(Clone)]
pub(super) enum Content<M> {
    Message(M),
    Encoded(Bytes),
}

impl<M> Reply<M> {
    /// A reply without headers of its own.
    pub fn new(message: M) -> Self {
        Self::with(Content::Message(message))
    }

    /// A reply with a message that is encoded as protobuf. Callers that want binary get these bytes, which nobody looks at;
    /// for those that want JSON they are decoded.
    ///
    /// ```
    /// use prost::Message;
    /// use runner_configuration::v1::{EnvironmentClass, GetEnvironmentClassResponse};
    /// use runner_configuration_server::Reply;
    ///
    /// // Field 1, length-delimited; its length; the stored class.
    /// let class = EnvironmentClass { id: "a".into(), ..Default::default() }.encode_to_vec();
    /// let encoded = [&[0x0a, class.len() as u8], &class[..]].concat();
    /// let reply: Reply<GetEnvironmentClassResponse> = Reply::encoded(encoded);
    /// let message = reply.into_message().unwrap();
    /// assert_eq!(message.environment_class.unwrap().id, "a");
    /// ```
    pub fn encoded(message: impl Into<Bytes>) -> Self {
        Self::with(Content::Encoded(message.into()))
    }

    fn with(content: Content<M>) -> Self {
        Self {
            content,
            metadata: MetadataMap::new(),
            trailers: MetadataMap::new(),
        }
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
    pub(super) fn into_parts(self) -> (Content<M>, HeaderMap, HeaderMap) {
        (self.content, custom(self.metadata), custom(self.trailers))
    }
}

impl<M: Message + Default> Reply<M> {
    /// The message, without the headers.
    ///
    /// # Errors
    ///
    /// What was given as the encoded message is none.
    pub fn into_message(self) -> Result<M, DecodeError> {
        self.content.into_message()
    }
}

impl<M: Message + Default> Content<M> {
    pub(super) fn into_message(self) -> Result<M, DecodeError> {
        match self {
            Self::Message(message) => Ok(message),
            Self::Encoded(bytes) => M::decode(bytes),
        }
    }
}

impl<M: Message> Content<M> {
    /// The message in binary.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Message(message) => message.encode_to_vec().into(),
            Self::Encoded(bytes) => bytes,
        }
    }

    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Message(message) => message.encoded_len(),
            Self::Encoded(bytes) => bytes.len(),
        }
    }
}

impl<M: fmt::Debug> fmt::Debug for Content<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => message.fmt(f),
            // What is redacted in a message is not told apart here.
            Self::Encoded(bytes) => write!(f, "({} bytes)", bytes.len()),
        }
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
            metadata,
            ..Self::new(message)
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
        let (_, headers, trailers) = reply.into_parts();
        let values = |map: &HeaderMap| -> Vec<_> {
            map.iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect()
        };
        assert_eq!(values(&headers), ["x-kept: 1"]);
        assert_eq!(values(&trailers), ["x-kept: 2", "x-kept: 3"]);
    }
}
