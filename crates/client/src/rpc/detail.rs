use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use prost::Name;

/// A message that says more about an error, as the server sent it.
///
/// [`Error::detail`](super::Error::detail) decodes the one that is asked for.
///
/// ```
/// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
/// use runner_configuration_client::{Code, Error};
///
/// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
/// let error = Error::new(Code::Aborted, "").with_detail(&info);
/// for detail in error.details() {
///     println!("{}: {} bytes", detail.type_name(), detail.value().len());
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    type_name: String,
    value: Bytes,
}

impl Detail {
    pub(super) fn new(type_name: &str, value: impl Into<Bytes>) -> Self {
        // A type URL's last part is the name.
        let name = type_name.rsplit('/').next().unwrap_or(type_name);
        Self {
            type_name: name.to_owned(),
            value: value.into(),
        }
    }

    /// The message's full name, such as `buf.validate.Violations`.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(error.details()[0].type_name(), "google.rpc.ErrorInfo");
    /// ```
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The encoded message.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(&error.details()[0].value()[..], b"\x0a\x04GONE");
    /// ```
    pub fn value(&self) -> &Bytes {
        &self.value
    }

    /// The message; `None` where it is of another type, or malformed.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(error.details()[0].decode(), Some(info));
    /// ```
    pub fn decode<M: prost::Message + Name + Default>(&self) -> Option<M> {
        if self.type_name != M::full_name() {
            return None;
        }
        M::decode(self.value.clone()).ok()
    }
}

/// Reads base64 as error details come in: the specifications have no padding, but some servers send it.
pub(super) fn decode_base64(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(text).ok()
}

impl fmt::Debug for Detail {
    // The bytes of a message of unknown type may hold what should not be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.type_name, self.value.len())
    }
}
