//! Who is calling: bearer keys, of which only hashes are kept.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use runner_configuration::v1::Principal;
use runner_configuration_server::Authenticate;
use uuid::Uuid;

use crate::caller::Caller;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::store::{KeyHash, Store, SubjectKey};

/// Whom the admin key stands for: the service account of this service itself, the same in every installation.
pub const ADMIN_SUBJECT: SubjectKey = SubjectKey {
    principal: Principal::ServiceAccount,
    id: Uuid::from_u128(0x0199_5f2b_7c00_7000_8000_0000_0000_0001),
};

/// Accepts the API keys of a store. Each call looks there, so that a key that is made, revoked or replaced counts from
/// the next call on, in every process.
pub struct ApiKeys<S> {
    store: Arc<S>,
    clock: Box<dyn Clock>,
}

impl<S: Store> ApiKeys<S> {
    /// Accepts the keys of this store, by the machine's clock.
    pub fn new(store: Arc<S>) -> Self {
        Self::with(store, SystemClock)
    }

    /// Accepts the keys of this store that have not expired by this clock.
    pub fn with(store: Arc<S>, clock: impl Clock) -> Self {
        Self {
            store,
            clock: Box::new(clock),
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Error> {
        let given = bearer_key(headers).ok_or(Error::Unauthenticated)?;
        let hash = KeyHash::of(given);
        let key = self.store.api_key(hash).await?;
        let key = key.filter(|key| key.counts_at(self.clock.now()));
        Ok(key.ok_or(Error::Unauthenticated)?.caller())
    }
}

impl<S: Store> Authenticate for ApiKeys<S> {
    type Caller = Caller;

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        Ok(self.caller(headers).await?)
    }
}

impl<S> fmt::Debug for ApiKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeys")
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
    use crate::store::Role;

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
