use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use prost::Message;
use runner_configuration_runtime::json;
use serde::de::DeserializeOwned;
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
/// An implementation that has the message in its binary form or its JSON text already, in a database for example, passes
/// that on: [`Reply::encoded`], [`Reply::json`]. Which of the two the caller wants says the protocol in the
/// request's [`Context`](super::Context).
#[derive(Clone, Debug)]
pub struct Reply<M> {
    content: Content<M>,
    /// Most replies have none, and are moved with what takes one word.
    extra: Option<Box<Extra>>,
}

/// What is sent with a message.
#[derive(Clone, Debug, Default)]
struct Extra {
    metadata: MetadataMap,
    trailers: MetadataMap,
}

/// A message in one of its forms.
#[derive(Clone)]
pub(super) enum Content<M> {
    Message(M),
    Encoded(Bytes),
    Json(Bytes),
}

/// What an implementation gave as the encoded message, or as its text, is none.
#[derive(Debug)]
pub struct NotTheMessage(Form);

#[derive(Debug)]
enum Form {
    Encoded(prost::DecodeError),
    Json(json::ReadError),
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

    /// A reply with the JSON text of a message. Callers that want JSON get this text, which nobody looks at; for those that
    /// want binary it is read.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_server::Reply;
    ///
    /// let stored = r#"{"id":"a"}"#;
    /// let text = format!(r#"{{"environmentClass":{stored}}}"#);
    /// let reply: Reply<GetEnvironmentClassResponse> = Reply::json(text);
    /// let message = reply.into_message().unwrap();
    /// assert_eq!(message.environment_class.unwrap().id, "a");
    /// ```
    pub fn json(text: impl Into<Bytes>) -> Self {
        Self::with(Content::Json(text.into()))
    }

    /// The message in binary, where it was given so.
    pub fn binary(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Encoded(bytes) => Some(bytes),
            Content::Message(_) | Content::Json(_) => None,
        }
    }

    /// The message's JSON text, where it was given so.
    pub fn text(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Json(text) => Some(text),
            Content::Message(_) | Content::Encoded(_) => None,
        }
    }

    fn with(content: Content<M>) -> Self {
        Self {
            content,
            extra: None,
        }
    }

    /// Headers to send with the message. Those that HTTP and the protocols set themselves are left out: see
    /// [`trailers_mut`](Self::trailers_mut).
    pub fn metadata_mut(&mut self) -> &mut MetadataMap {
        &mut self.extra.get_or_insert_default().metadata
    }

    /// Trailers to send after the message, as each protocol does: in HTTP trailers, in the body, or as headers named
    /// `trailer-…`.
    ///
    /// Names that begin with `connect-`, `grpc-` or `trailer-`, and those that describe the body or the connection,
    /// belong to the protocols and are left out.
    pub fn trailers_mut(&mut self) -> &mut MetadataMap {
        &mut self.extra.get_or_insert_default().trailers
    }

    /// The message, and the headers and the trailers, if any, without what belongs to the protocols.
    pub(super) fn into_parts(self) -> (Content<M>, Option<(HeaderMap, HeaderMap)>) {
        let extra = self
            .extra
            .map(|extra| (custom(extra.metadata), custom(extra.trailers)));
        (self.content, extra)
    }
}

impl<M: Message + Default + DeserializeOwned> Reply<M> {
    /// The message, without the headers.
    ///
    /// # Errors
    ///
    /// What was given as the encoded message, or as its text, is none.
    pub fn into_message(self) -> Result<M, NotTheMessage> {
        self.content.into_message()
    }
}

impl<M: Message + Default + DeserializeOwned> Content<M> {
    pub(super) fn into_message(self) -> Result<M, NotTheMessage> {
        match self {
            Self::Message(message) => Ok(message),
            Self::Encoded(bytes) => {
                M::decode(bytes).map_err(|error| NotTheMessage(Form::Encoded(error)))
            }
            Self::Json(text) => {
                json::from_slice(&text).map_err(|error| NotTheMessage(Form::Json(error)))
            }
        }
    }

    /// The message itself, or in binary.
    pub(super) fn without_text(self) -> Result<Self, NotTheMessage> {
        match self {
            Self::Json(_) => self.into_message().map(Self::Message),
            content => Ok(content),
        }
    }

    /// The message in binary.
    pub(super) fn into_bytes(self) -> Result<Bytes, NotTheMessage> {
        match self {
            Self::Encoded(bytes) => Ok(bytes),
            content => Ok(content.into_message()?.encode_to_vec().into()),
        }
    }
}

impl<M: Message> Content<M> {
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Message(message) => message.encoded_len(),
            Self::Encoded(bytes) | Self::Json(bytes) => bytes.len(),
        }
    }
}

impl<M: fmt::Debug> fmt::Debug for Content<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => message.fmt(f),
            // What is redacted in a message is not told apart here.
            Self::Encoded(bytes) | Self::Json(bytes) => write!(f, "({} bytes)", bytes.len()),
        }
    }
}

impl fmt::Display for NotTheMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Form::Encoded(_) => "the encoded reply is not the message",
            Form::Json(_) => "the text of the reply is not the message",
        })
    }
}

impl std::error::Error for NotTheMessage {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Form::Encoded(error) => Some(error),
            Form::Json(error) => Some(error),
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
        let mut reply = Self::new(message);
        if !metadata.is_empty() {
            *reply.metadata_mut() = metadata;
        }
        reply
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
    use runner_configuration::v1::GetEnvironmentClassRequest;

    use super::*;

    #[test]
    fn every_form_of_a_message_becomes_any_other() {
        let message = GetEnvironmentClassRequest {
            environment_class_id: "a".into(),
        };
        let encoded = message.encode_to_vec();
        let text = r#"{"environmentClassId":"a"}"#;
        for reply in [
            Reply::new(message.clone()),
            Reply::encoded(encoded.clone()),
            Reply::json(text),
        ] {
            let (content, extra) = reply.clone().into_parts();
            assert_eq!(content.into_bytes().unwrap(), encoded);
            assert!(extra.is_none());
            let (content, _) = reply.clone().into_parts();
            assert!(!matches!(content.without_text(), Ok(Content::Json(_))));
            assert_eq!(reply.into_message().unwrap(), message);
        }
    }

    #[test]
    fn what_is_not_the_message_is_called_so() {
        for reply in [Reply::encoded(&b"\xff"[..]), Reply::json("{")] {
            let reply: Reply<GetEnvironmentClassRequest> = reply;
            let error = reply.into_message().unwrap_err();
            assert!(error.to_string().contains("is not the message"));
            assert!(std::error::Error::source(&error).is_some());
        }
    }

    #[test]
    fn what_belongs_to_the_protocols_is_left_out() {
        let mut reply = Reply::new(());
        for name in ["x-kept", "grpc-status", "content-length", "trailer-x"] {
            reply.metadata_mut().append(name, "1".parse().unwrap());
            reply.trailers_mut().append(name, "2".parse().unwrap());
        }
        reply.trailers_mut().append("x-kept", "3".parse().unwrap());
        let (headers, trailers) = reply.into_parts().1.unwrap();
        let values = |map: &HeaderMap| -> Vec<_> {
            map.iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect()
        };
        assert_eq!(values(&headers), ["x-kept: 1"]);
        assert_eq!(values(&trailers), ["x-kept: 2", "x-kept: 3"]);
    }
}
