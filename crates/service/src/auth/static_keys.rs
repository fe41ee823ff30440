use std::fmt::Display;

use http::HeaderMap;
use runner_configuration_server::Authenticate;

use super::{bearer_key, recent};
use crate::caller::Caller;
use crate::error::Error;
use crate::store::KeyHash;

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
        let given = recent::hash_of(bearer_key(headers)?);
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

    fn limited_as(caller: &Caller) -> Option<u128> {
        Some(caller.number())
    }

    fn subject(caller: &Caller) -> Option<&dyn Display> {
        Some(&caller.subject)
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        Ok(self.caller(headers).ok_or(Error::Unauthenticated)?)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::AUTHORIZATION;
    use uuid::Uuid;

    use super::*;
    use crate::auth::ADMIN_SUBJECT;
    use crate::store::{Role, SubjectKey};

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
}
