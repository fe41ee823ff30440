use bytes::Bytes;
use runner_configuration::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Code, Error};

/// How messages are encoded.
///
/// ```
/// use runner_configuration_client::{Codec, Protocol};
///
/// let readable = Protocol::Connect { codec: Codec::Json, get: false };
/// assert_eq!(Codec::default(), Codec::Proto);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// The binary form.
    #[default]
    Proto,
    /// The proto3 JSON mapping.
    Json,
}

/// A message that every [`Codec`] can carry; every message with a JSON mapping is one.
///
/// ```
/// use runner_configuration::v1::GetEnvironmentClassRequest;
/// use runner_configuration_client::rpc::Message;
///
/// fn size(message: &impl Message) -> usize {
///     message.encoded_len()
/// }
/// assert_eq!(size(&GetEnvironmentClassRequest::default()), 0);
/// ```
pub trait Message: prost::Message + Default + Serialize + DeserializeOwned + 'static {}

impl<M: prost::Message + Default + Serialize + DeserializeOwned + 'static> Message for M {}

impl Codec {
    /// The name in a content type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Json => "json",
        }
    }

    pub(super) fn encode<M: Message>(self, message: &M) -> Result<Bytes, Error> {
        match self {
            Self::Proto => Ok(message.encode_to_vec().into()),
            Self::Json => match json::to_vec(message) {
                Ok(text) => Ok(text.into()),
                Err(error) => {
                    let text = "the message has no JSON form";
                    Err(Error::local(Code::Internal, text).with_source(error))
                }
            },
        }
    }

    pub(super) fn decode<M: Message>(self, encoded: &Bytes) -> Result<M, Error> {
        const MALFORMED: &str = "the message is malformed";
        match self {
            Self::Proto => M::decode(encoded.clone())
                .map_err(|error| Error::local(Code::Internal, MALFORMED).with_source(error)),
            Self::Json => json::from_slice(encoded)
                .map_err(|error| Error::local(Code::Internal, MALFORMED).with_source(error)),
        }
    }
}
