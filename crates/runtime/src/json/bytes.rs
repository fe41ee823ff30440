use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A `bytes` field read from JSON: base64 in the standard or the URL-safe alphabet, with or without padding.
pub struct Bytes<T>(
    /// The decoded bytes.
    pub T,
);

/// As lenient as the mapping: padding may be missing and the bits beyond the last byte may be set.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl<'de, T: From<Vec<u8>>> Deserialize<'de> for Bytes<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;

        impl Visitor<'_> for Base64 {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a base64 string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
                let url_safe = text.bytes().any(|byte| byte == b'-' || byte == b'_');
                let engine = if url_safe { &URL_SAFE } else { &STANDARD };
                // The text itself may be a secret, so the error does not repeat it.
                engine
                    .decode(text)
                    .map_err(|_| E::invalid_value(Unexpected::Other("other text"), &self))
            }
        }

        deserializer
            .deserialize_str(Base64)
            .map(|bytes| Self(bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> Option<Vec<u8>> {
        serde_json::from_str::<Bytes<Vec<u8>>>(json)
            .ok()
            .map(|bytes| bytes.0)
    }

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        for json in [r#""-_8=""#, r#""-_8""#, r#""+/8=""#, r#""+/8""#, r#""-_9""#] {
            assert_eq!(decode(json), Some(vec![0xfb, 0xff]), "{json}");
        }
        assert_eq!(decode(r#""""#), Some(vec![]));
    }

    #[test]
    fn other_texts_are_refused_without_repeating_them() {
        for json in [r#""a""#, r#""ab c""#, "1", "[1]"] {
            assert_eq!(decode(json), None, "{json}");
        }
        let error = serde_json::from_str::<Bytes<Vec<u8>>>(r#""s3cret!""#)
            .map(|_| ())
            .unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
