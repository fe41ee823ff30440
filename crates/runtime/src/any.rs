//! `google.protobuf.Any`: an encoded message beside the name of its type.

use prost::{DecodeError, Message, Name};

/// A message of any type, as `google.protobuf.Any` carries it.
///
/// Its JSON form has the fields of the message beside `@type`, so writing and reading it takes the message's type: the
/// types that [`json::register`](crate::json::register) was told, and the well-known ones.
///
/// ```
/// use runner_configuration_runtime::{Any, Timestamp};
///
/// let any = Any::pack(&Timestamp { seconds: 5, nanos: 0 });
/// assert_eq!(any.type_url, "type.googleapis.com/google.protobuf.Timestamp");
/// assert_eq!(any.unpack::<Timestamp>().unwrap()?.seconds, 5);
/// assert!(any.unpack::<Any>().is_none());
/// # Ok::<(), prost::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Any {
    /// The full name of the type behind a slash, such as `type.googleapis.com/google.protobuf.Timestamp`.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message in its binary form.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Any {
    /// Encodes a message.
    pub fn pack<M: Message + Name>(message: &M) -> Self {
        Self {
            type_url: format!("type.googleapis.com/{}", M::full_name()),
            value: message.encode_to_vec(),
        }
    }

    /// Decodes the message, where it is of this type.
    pub fn unpack<M: Message + Name + Default>(&self) -> Option<Result<M, DecodeError>> {
        (self.type_name()? == M::full_name()).then(|| M::decode(self.value.as_slice()))
    }

    /// The full name of the message's type; `None` where the URL has no name behind a slash.
    pub fn type_name(&self) -> Option<&str> {
        let (_, name) = self.type_url.rsplit_once('/')?;
        (!name.is_empty()).then_some(name)
    }
}

impl Name for Any {
    const NAME: &'static str = "Any";
    const PACKAGE: &'static str = "google.protobuf";
}

impl From<prost_types::Any> for Any {
    fn from(any: prost_types::Any) -> Self {
        Self {
            type_url: any.type_url,
            value: any.value,
        }
    }
}

impl From<Any> for prost_types::Any {
    fn from(any: Any) -> Self {
        Self {
            type_url: any.type_url,
            value: any.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_behind_the_last_slash() {
        let name = |type_url: &str| {
            let any = Any {
                type_url: type_url.to_owned(),
                value: Vec::new(),
            };
            any.type_name().map(str::to_owned)
        };
        assert_eq!(
            name("example.com/a/acme.v1.Thing").as_deref(),
            Some("acme.v1.Thing")
        );
        assert_eq!(name("/acme.v1.Thing").as_deref(), Some("acme.v1.Thing"));
        for without in ["", "acme.v1.Thing", "example.com/"] {
            assert_eq!(name(without), None, "{without}");
        }
    }

    #[test]
    fn a_damaged_message_is_an_error() {
        let mut any = Any::pack(&Any::default());
        any.value = vec![0xff];
        assert!(any.unpack::<Any>().unwrap().is_err());
    }
}
