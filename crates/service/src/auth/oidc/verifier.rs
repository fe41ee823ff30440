//! Signatures, by ring. jsonwebtoken comes with a choice of other libraries, which would add to what is built and trusted
//! here: TLS has ring already.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature as algorithms;

/// Makes jsonwebtoken use ring in this process, unless something else has been chosen for it already.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

struct RingVerifier {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Rsa {
        parameters: &'static algorithms::RsaParameters,
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Curve(algorithms::UnparsedPublicKey<Vec<u8>>),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let key = match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } => Key::Rsa {
            parameters: rsa(*algorithm).ok_or(ErrorKind::UnsupportedAlgorithm)?,
            modulus: n.clone(),
            exponent: e.clone(),
        },
        DecodingKeyKind::SecretOrDer(point) => {
            let curve = curve(*algorithm).ok_or(ErrorKind::UnsupportedAlgorithm)?;
            Key::Curve(algorithms::UnparsedPublicKey::new(curve, point.clone()))
        }
    };
    Ok(Box::new(RingVerifier {
        algorithm: *algorithm,
        key,
    }))
}

fn rsa(algorithm: Algorithm) -> Option<&'static algorithms::RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&algorithms::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&algorithms::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&algorithms::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&algorithms::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&algorithms::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&algorithms::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(algorithm: Algorithm) -> Option<&'static dyn algorithms::VerificationAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Some(&algorithms::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Some(&algorithms::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Some(&algorithms::ED25519),
        _ => None,
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match &self.key {
            Key::Rsa {
                parameters,
                modulus,
                exponent,
            } => algorithms::RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(parameters, message, signature),
            Key::Curve(key) => key.verify(message, signature),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
