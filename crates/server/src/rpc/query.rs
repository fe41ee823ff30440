use std::borrow::Cow;

use runner_configuration_runtime::json;
use tonic::{Code, Status};

/// The query of a call's URL, from which generated code fills request fields.
///
/// A parameter whose value is the default (`""`, `0`) counts as not given.
#[derive(Clone, Copy)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    pub(super) fn new(query: &'a str) -> Self {
        Self(query)
    }

    fn find(self, name: &str) -> Option<Cow<'a, str>> {
        form_urlencoded::parse(self.0.as_bytes())
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// A `string` parameter.
    ///
    /// # Errors
    ///
    /// None; the signature is that of the other types.
    pub fn string(self, name: &str) -> Result<Option<String>, Status> {
        Ok(self.find(name).map(Cow::into_owned))
    }

    /// An `int32` parameter.
    ///
    /// # Errors
    ///
    /// `invalid_argument` where it is no 32-bit integer.
    pub fn int32(self, name: &str) -> Result<Option<i32>, Status> {
        let Some(text) = self.find(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(0) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Status::new(
                Code::InvalidArgument,
                format!("URL parameter {name}: must be a 32-bit integer"),
            )),
        }
    }
}

/// The parts of a Connect GET's query.
pub(super) struct GetQuery {
    pub(super) message: Vec<u8>,
    pub(super) compression: Option<String>,
}

impl GetQuery {
    /// Reads the query; connectrpc-axum has checked that everything is there.
    pub(super) fn read(query: &str) -> Result<Self, Status> {
        let (mut message, mut base64, mut compression) = (Cow::Borrowed(""), false, None);
        let mut encoded = None;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "message" => message = value,
                "base64" => base64 = value == "1",
                "compression" => compression = Some(value.into_owned()),
                _ => {}
            }
        }
        if base64 {
            let quoted = serde_json::Value::String(message.into_owned());
            let decoded = <json::Bytes<Vec<u8>> as serde::Deserialize>::deserialize(quoted)
                .map_err(|_| Status::invalid_argument("URL parameter message: must be base64"))?;
            encoded = Some(decoded.0);
            message = Cow::Borrowed("");
        }
        let message = encoded.unwrap_or_else(|| message.into_owned().into_bytes());
        Ok(Self {
            message,
            compression,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_values_count_as_not_given() {
        let query = Query::new("token=&pageSize=0&x=%2B1");
        assert_eq!(query.string("token").unwrap(), None);
        assert_eq!(query.int32("pageSize").unwrap(), None);
        assert_eq!(query.string("x").unwrap().as_deref(), Some("+1"));
        assert_eq!(query.string("y").unwrap(), None);
        assert_eq!(
            Query::new("n=abc").int32("n").unwrap_err().code(),
            Code::InvalidArgument
        );
    }

    #[test]
    fn a_get_message_is_text_or_base64() {
        let plain = GetQuery::read("encoding=json&message=%7B%22a%22%3A1%7D").unwrap();
        assert_eq!(plain.message, br#"{"a":1}"#);
        let encoded =
            GetQuery::read("base64=1&encoding=proto&message=-_8&compression=gzip").unwrap();
        assert_eq!(
            (encoded.message.as_slice(), encoded.compression.as_deref()),
            (&[0xfb, 0xff][..], Some("gzip"))
        );
        assert!(GetQuery::read("base64=1&message=%20").is_err());
    }
}
