//! Who is calling: bearer keys, of which only hashes are kept.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use runner_configuration::v1::Principal;
use runner_configuration_server::Authenticate;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;

use crate::caller::Caller;
use crate::error::Error;
use crate::store::{Role, Store, SubjectKey};

/// Whom the admin key stands for: the service account of this service itself, the same in every installation.
pub const ADMIN_SUBJECT: SubjectKey = SubjectKey {
    principal: Principal::ServiceAccount,
    id: Uuid::from_u128(0x0199_5f2b_7c00_7000_8000_0000_0000_0001),
};

/// The SHA-256 hash of a key: what is kept instead of the key.
///
/// Keys have at least 128 random bits, so a fast hash is enough: there is no short list of keys to try.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// The hash itself, to be stored.
    pub const fn into_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Compares in a time that does not depend on how much of the two is equal.
    fn same(&self, other: &Self) -> Choice {
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

/// Accepts the one admin key whose hash is in the store; looks there at every call, so that a changed key counts
/// from the next call on, in every process.
#[derive(Debug)]
pub struct AdminKey<S> {
    store: Arc<S>,
}

impl<S: Store> AdminKey<S> {
    /// Accepts the admin key of this store.
    pub const fn new(store: Arc<S>) -> Self {
        Self { store }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Error> {
        let given = bearer_key(headers).ok_or(Error::Unauthenticated)?;
        let admin_key = self
            .store
            .admin_key_hash()
            .await?
            .ok_or(Error::Unauthenticated)?;
        if KeyHash::of(given).same(&admin_key.into()).into() {
            Ok(Caller::new(ADMIN_SUBJECT, Role::Admin))
        } else {
            Err(Error::Unauthenticated)
        }
    }
}

impl<S: Store> Authenticate for AdminKey<S> {
    type Caller = Caller;

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        Ok(self.caller(headers).await?)
    }
}

/// Accepts the keys of a list that is given beforehand: for tests, and for programs that embed the service.
#[derive(Clone, Debug, Default)]
pub struct StaticKeys {
    callers: Vec<(KeyHash, Caller)>,
}

impl StaticKeys {
    /// Accepts no key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts one more key, which stands for `caller`.
    #[must_use]
    pub fn with(mut self, key: &str, caller: Caller) -> Self {
        self.callers.push((KeyHash::of(key), caller));
        self
    }

    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let given = KeyHash::of(bearer_key(headers)?);
        // No early exit: the time must not tell where in the list a key is.
        self.callers.iter().fold(None, |found, (hash, caller)| {
            if hash.same(&given).into() {
                Some(*caller)
            } else {
                found
            }
        })
    }
}

impl Authenticate for StaticKeys {
    type Caller = Caller;

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        Ok(self.caller(headers).ok_or(Error::Unauthenticated)?)
    }
}

/// The key of `Authorization: Bearer <key>`, where there is exactly one such header.
fn bearer_key(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const USER: Caller = Caller::new(SubjectKey::user(Uuid::from_u128(1)), Role::User);
    const ADMIN: Caller = Caller::new(ADMIN_SUBJECT, Role::Admin);

    fn keys() -> StaticKeys {
        StaticKeys::new()
            .with("user-key", USER)
            .with("admin-key", ADMIN)
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| HeaderValue::from_str(value).unwrap());
        values.map(|value| (AUTHORIZATION, value)).collect()
    }

    #[test]
    fn a_key_stands_for_its_caller() {
        assert_eq!(keys().caller(&headers(&["Bearer user-key"])), Some(USER));
        assert_eq!(
            keys().caller(&headers(&["bearer  admin-key "])),
            Some(ADMIN)
        );
    }

    #[test]
    fn everything_else_is_nobody() {
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Bearer wrong"],
            &["Bearer user-key2"],
            &["Bearer user-ke"],
            &["user-key"],
            &["Basic user-key"],
            &["Bearer user-key", "Bearer user-key"],
            &["Bearer wrong", "Bearer user-key"],
        ] {
            assert_eq!(keys().caller(&headers(values)), None, "{values:?}");
        }
    }

    #[test]
    fn debug_shows_neither_keys_nor_hashes() {
        let shown = format!("{:?}", keys());
        assert!(
            !shown.contains("user-key") && shown.contains("KeyHash(..)"),
            "{shown}"
        );
    }

    #[test]
    fn the_admin_subject_is_a_uuid_of_version_7() {
        assert_eq!(ADMIN_SUBJECT.id.get_version_num(), 7);
    }
}
