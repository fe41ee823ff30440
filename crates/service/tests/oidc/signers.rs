//! Keys for the other algorithms.

use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};
use serde_json::json;

use crate::provider::{Signer, encoded};

/// A key for each algorithm whose tokens are accepted; its id is the algorithm's name.
pub(crate) fn all() -> Vec<Signer> {
    let rsa: [(&str, &'static dyn RsaEncoding); 6] = [
        ("RS256", &RSA_PKCS1_SHA256),
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS384", &RSA_PSS_SHA384),
        ("PS512", &RSA_PSS_SHA512),
    ];
    let rsa = rsa
        .into_iter()
        .map(|(name, encoding)| rsa_signer(name, encoding));
    rsa.chain([Signer::es256("ES256"), es384(), ed25519()])
        .collect()
}

/// ring makes no RSA keys: this one, for the tests alone, is from
/// `openssl genpkey -algorithm RSA | openssl pkcs8 -topk8 -nocrypt -outform DER`.
fn rsa_signer(algorithm: &str, encoding: &'static dyn RsaEncoding) -> Signer {
    let pair = RsaKeyPair::from_pkcs8(include_bytes!("rsa.der")).unwrap();
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
    let jwk = json!({"kty": "RSA", "use": "sig", "n": encoded(&n), "e": encoded(&e)});
    Signer::new(algorithm, algorithm, jwk, move |message| {
        let mut signature = vec![0; pair.public().modulus_len()];
        let random = SystemRandom::new();
        pair.sign(encoding, &random, message, &mut signature)
            .unwrap();
        signature
    })
}

fn es384() -> Signer {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    let jwk = json!({"kty": "EC", "crv": "P-384", "x": encoded(x), "y": encoded(y)});
    Signer::new("ES384", "ES384", jwk, move |message| {
        pair.sign(&random, message).unwrap().as_ref().to_vec()
    })
}

fn ed25519() -> Signer {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())});
    Signer::new("EdDSA", "EdDSA", jwk, move |message| {
        pair.sign(message).as_ref().to_vec()
    })
}
