use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The keys that a provider signs tokens with, as far as they can be used.
#[derive(Default)]
pub(super) struct KeySet(Vec<Key>);

struct Key {
    id: String,
    algorithm: Algorithm,
    public: DecodingKey,
}

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517). Keys in it that can't be used are passed over.
    pub(super) fn read(json: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = serde_json::from_slice(json)?;
        Ok(Self(document.keys.into_iter().filter_map(key).collect()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is a key with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }

    /// The key with this id, if it is for this algorithm.
    pub(super) fn find(&self, id: &str, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut keys = self.0.iter();
        let key = keys.find(|key| key.id == id && key.algorithm == algorithm)?;
        Some(&key.public)
    }
}

fn key(jwk: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(jwk).ok()?;
    let common = &jwk.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let verifies = match &common.key_operations {
        Some(operations) => operations.contains(&KeyOperations::Verify),
        None => true,
    };
    if !signs || !verifies {
        return None;
    }
    Some(Key {
        id: common.key_id.clone()?,
        algorithm: algorithm(&jwk)?,
        public: DecodingKey::from_jwk(&jwk).ok()?,
    })
}

/// The one algorithm that a key is for: its own, if that fits its type; otherwise the usual one of its type.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let fitting: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            &[Algorithm::ES256]
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
            &[Algorithm::ES384]
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        _ => return None,
    };
    match jwk.common.key_algorithm {
        None => fitting.first().copied(),
        Some(own) => {
            let own = Algorithm::try_from(own).ok()?;
            fitting.contains(&own).then_some(own)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POINT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn read(key: Value) -> Option<Algorithm> {
        let set = KeySet::read(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        assert_eq!(set.len() == 1, set.has("k"));
        set.0.first().map(|key| key.algorithm)
    }

    #[test]
    fn a_key_is_for_one_asymmetric_algorithm() {
        let ec =
            |curve: &str| json!({"kid": "k", "kty": "EC", "crv": curve, "x": POINT, "y": POINT});
        let rsa = json!({"kid": "k", "kty": "RSA", "n": POINT, "e": "AQAB"});
        let ed = json!({"kid": "k", "kty": "OKP", "crv": "Ed25519", "x": POINT});
        let with = |key: &Value, name: &str, value: Value| {
            let mut key = key.clone();
            key[name] = value;
            key
        };
        for (key, expected) in [
            (rsa.clone(), Some(Algorithm::RS256)),
            (ec("P-256"), Some(Algorithm::ES256)),
            (ec("P-384"), Some(Algorithm::ES384)),
            (ed.clone(), Some(Algorithm::EdDSA)),
            (with(&rsa, "alg", json!("PS512")), Some(Algorithm::PS512)),
            (with(&rsa, "use", json!("sig")), Some(Algorithm::RS256)),
            (
                with(&rsa, "key_ops", json!(["verify"])),
                Some(Algorithm::RS256),
            ),
            (with(&rsa, "alg", json!("HS256")), None),
            (with(&rsa, "alg", json!("ES256")), None),
            (with(&rsa, "alg", json!("none")), None),
            (with(&rsa, "alg", json!("RSA-OAEP")), None),
            (with(&rsa, "use", json!("enc")), None),
            (with(&rsa, "key_ops", json!(["encrypt"])), None),
            (with(&ec("P-256"), "alg", json!("ES384")), None),
            (with(&rsa, "kid", Value::Null), None),
            (ec("P-521"), None),
            (ec("secp256k1"), None),
            (json!({"kid": "k", "kty": "oct", "k": POINT}), None),
            (
                json!({"kid": "k", "kty": "oct", "k": POINT, "alg": "HS256"}),
                None,
            ),
            (json!({"kid": "k", "kty": "new"}), None),
            (json!("k"), None),
        ] {
            assert_eq!(read(key.clone()), expected, "{key}");
        }
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for text in ["", "{}", "[]", r#"{"keys": {}}"#, "<html>"] {
            assert!(KeySet::read(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(KeySet::read(br#"{"keys": []}"#).unwrap().len(), 0);
    }
}
