//! Sealing: secrets are turned into NaCl sealed boxes (`crypto_box_seal`) that only the runner can open.
//!
//! libsodium, PyNaCl's `SealedBox` and every other NaCl opens them. This service can't: it knows the runner's public
//! key only. [`KeyPair`] is the runner's side, for demonstrations and tests.

use std::fmt;

use crypto_box::SecretKey;
use crypto_box::aead::rand_core::{self, CryptoRng, RngCore};
use curve25519_dalek::MontgomeryPoint;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::randomness::{NoRandomness, Randomness};
use crate::store::{KeyFingerprint, Sealed};

/// Bytes of an X25519 key, public or private.
pub const KEY_LENGTH: usize = 32;

/// By how many bytes a sealed box is longer than what is in it.
pub const OVERHEAD: usize = KEY_LENGTH + 16;

/// A runner's public X25519 key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(crypto_box::PublicKey);

/// Why some bytes are no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicKey {
    /// The key has another length than [`KEY_LENGTH`].
    #[error("an X25519 public key has 32 bytes, this one has {0}")]
    Length(usize),
    /// The key is one of the few points of low order: everybody could open what is sealed to it.
    #[error(
        "this X25519 public key is a point of low order, which protects nothing; make a new key pair"
    )]
    LowOrder,
}

/// Sealing failed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum SealError {
    /// There were no random bytes to make the box's own key from.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The cipher refused. It does so for texts of many gigabytes only.
    #[error("the secret can't be encrypted")]
    Cipher,
}

impl PublicKey {
    /// Takes a key of [`KEY_LENGTH`] bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidPublicKey`] where it has another length, or is a point of low order.
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        let bytes: [u8; KEY_LENGTH] = bytes
            .try_into()
            .map_err(|_| InvalidPublicKey::Length(bytes.len()))?;
        // Whatever it is multiplied with, a point of low order yields zero; no other point does.
        if MontgomeryPoint(bytes).mul_clamped([1; KEY_LENGTH]) == MontgomeryPoint([0; KEY_LENGTH]) {
            return Err(InvalidPublicKey::LowOrder);
        }
        Ok(Self(bytes.into()))
    }

    /// The key.
    pub fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        self.0.as_bytes()
    }

    /// The SHA-256 of the key: what tells which key something was sealed to.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint(Sha256::digest(self.as_bytes()).into())
    }

    /// Seals a secret, so that only the holder of the private key can read it. The same secret never gives the same
    /// box twice.
    ///
    /// # Errors
    ///
    /// [`SealError`] where there are no random bytes, or the cipher refuses.
    pub fn seal(&self, randomness: &dyn Randomness, secret: &[u8]) -> Result<Sealed, SealError> {
        let mut drawn = Drawn::from(randomness)?;
        let ciphertext = self
            .0
            .seal(&mut drawn, secret)
            .map_err(|_| SealError::Cipher)?;
        drawn.finish()?;
        Ok(Sealed {
            ciphertext,
            key: self.fingerprint(),
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey")
            .field(&self.fingerprint())
            .finish()
    }
}

/// Both keys of a runner. Wiped from memory when dropped.
pub struct KeyPair(SecretKey);

/// A box that this key does not open: sealed to another key, cut off, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed box can't be opened with this key")]
pub struct OpenError;

impl KeyPair {
    /// Makes a new pair.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] where the source of random bytes fails.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        let mut drawn = Drawn::from(randomness)?;
        let key = SecretKey::generate(&mut drawn);
        drawn.finish()?;
        Ok(Self(key))
    }

    /// The pair of a private key that was kept.
    pub fn from_private_key(bytes: &[u8; KEY_LENGTH]) -> Self {
        Self(SecretKey::from_bytes(*bytes))
    }

    /// The private key, to be kept where only the runner can read it.
    pub fn private_key(&self) -> Zeroizing<[u8; KEY_LENGTH]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key, to be registered for the runner.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key())
    }

    /// Opens a sealed box.
    ///
    /// # Errors
    ///
    /// [`OpenError`] where the box was not sealed to this key, or is not whole.
    pub fn open(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0
            .unseal(ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| OpenError)
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPair").field(&self.public_key()).finish()
    }
}

/// The bytes for one key, drawn before crypto_box asks for them: it asks in a way that can't fail.
struct Drawn {
    bytes: [u8; KEY_LENGTH],
    given_out: usize,
}

impl Drawn {
    fn from(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        let mut bytes = [0; KEY_LENGTH];
        randomness.fill(&mut bytes)?;
        Ok(Self {
            bytes,
            given_out: 0,
        })
    }

    /// Refuses what was made if it asked for anything but the one key.
    fn finish(self) -> Result<(), NoRandomness> {
        if self.given_out == KEY_LENGTH {
            Ok(())
        } else {
            Err(NoRandomness)
        }
    }
}

impl RngCore for Drawn {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, wanted: &mut [u8]) {
        let end = self.given_out.saturating_add(wanted.len());
        if let Some(bytes) = self.bytes.get(self.given_out..end) {
            wanted.copy_from_slice(bytes);
        }
        // Beyond the end, `finish` refuses the outcome.
        self.given_out = end;
    }

    fn try_fill_bytes(&mut self, wanted: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(wanted);
        Ok(())
    }
}

impl CryptoRng for Drawn {}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SystemRandomness;

    #[test]
    fn what_is_sealed_opens_with_the_private_key_only() {
        let pair = KeyPair::generate(&SystemRandomness).unwrap();
        let sealed = pair
            .public_key()
            .seal(&SystemRandomness, b"s3cret")
            .unwrap();
        assert_eq!(sealed.ciphertext.len(), b"s3cret".len() + OVERHEAD);
        assert_eq!(sealed.key, pair.public_key().fingerprint());
        assert_eq!(pair.open(&sealed.ciphertext).unwrap().as_slice(), b"s3cret");

        let kept = KeyPair::from_private_key(&pair.private_key());
        assert_eq!(kept.open(&sealed.ciphertext).unwrap().as_slice(), b"s3cret");

        let other = KeyPair::generate(&SystemRandomness).unwrap();
        assert_eq!(other.open(&sealed.ciphertext).unwrap_err(), OpenError);
        let cut = &sealed.ciphertext[..sealed.ciphertext.len() - 1];
        assert!(
            pair.open(cut).is_err() && pair.open(&cut[..10]).is_err() && pair.open(&[]).is_err()
        );
    }

    #[test]
    fn the_same_secret_never_gives_the_same_box() {
        let key = KeyPair::generate(&SystemRandomness).unwrap().public_key();
        let seal = || key.seal(&SystemRandomness, b"s3cret").unwrap().ciphertext;
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_box_is_the_one_that_libsodium_makes() {
        // Made with PyNaCl 1.6.2: SealedBox(PrivateKey(bytes([7] * 32)).public_key).encrypt(b"hello").
        let libsodium_box: Vec<u8> =
            "5201c885c2c9ea1f04976ded21038f06ea8ed6536b31ed8ac8927264116bac54\
                                      613892bb19a248e145477bb952ba959a89da9ec70f"
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect();
        let pair = KeyPair::from_private_key(&[7; 32]);
        assert_eq!(pair.open(&libsodium_box).unwrap().as_slice(), b"hello");
    }

    #[test]
    fn keys_that_protect_nothing_are_refused() {
        assert_eq!(PublicKey::new(&[9; 31]), Err(InvalidPublicKey::Length(31)));
        assert_eq!(PublicKey::new(&[]), Err(InvalidPublicKey::Length(0)));
        let mut one = [0; 32];
        one[0] = 1;
        for low_order in [[0; 32], one] {
            assert_eq!(PublicKey::new(&low_order), Err(InvalidPublicKey::LowOrder));
        }
        let key = KeyPair::from_private_key(&[7; 32]).public_key();
        assert_eq!(PublicKey::new(key.as_bytes()), Ok(key));
    }

    #[test]
    fn debug_shows_no_private_key() {
        let shown = format!("{:?}", KeyPair::from_private_key(&[0xab; 32]));
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }
}
