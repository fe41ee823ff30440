use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The SHA-256 hash of an API key: what is kept instead of the key.
///
/// Keys have at least 128 random bits, so a fast hash is enough: there is no short list of keys to try.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// The hash itself, to be stored.
    pub const fn into_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Compares in a time that does not depend on how much of the two is equal.
    pub fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl From<[u8; 32]> for KeyHash {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}
