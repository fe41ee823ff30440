use std::fmt::Display;

use http::HeaderMap;
use runner_configuration_server::Authenticate;

use super::{Oidc, bearer_token};
use crate::caller::Caller;

/// Accepts the tokens of an OpenID provider, if there is one, and beside them the keys that `K` accepts.
///
/// What looks like a JWT (three parts between dots, the first of which begins a JSON object in base64) goes to the
/// provider, everything else to the keys. A key that looks like a JWT is therefore of no use beside a provider; those
/// that `runnerconf` makes do not.
///
/// ```
/// use runner_configuration_service::{ADMIN_SUBJECT, Bearer, Caller, Role, StaticKeys};
///
/// let keys = StaticKeys::new().with("a key", Caller::new(ADMIN_SUBJECT, Role::Admin));
/// let without_provider = Bearer::new(keys, None);
/// ```
#[derive(Debug)]
pub struct Bearer<K> {
    keys: K,
    provider: Option<Oidc>,
}

impl<K> Bearer<K> {
    /// Accepts these keys, and the tokens of this provider.
    pub const fn new(keys: K, provider: Option<Oidc>) -> Self {
        Self { keys, provider }
    }
}

impl<K: Authenticate<Caller = Caller>> Authenticate for Bearer<K> {
    type Caller = Caller;

    fn limited_as(caller: &Caller) -> Option<u128> {
        Some(caller.number())
    }

    fn subject(caller: &Caller) -> Option<&dyn Display> {
        Some(&caller.subject)
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        if let Some(provider) = &self.provider
            && let Some(token) = bearer_token(headers)
            && looks_like_a_jwt(token)
        {
            return Ok(provider.caller(token).await?);
        }
        self.keys.authenticate(headers).await
    }
}

fn looks_like_a_jwt(credential: &str) -> bool {
    // `{"` in base64.
    credential.starts_with("eyJ") && credential.matches('.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_from_keys() {
        for token in ["eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(looks_like_a_jwt(token), "{token}");
        }
        for key in [
            "runnerconf_eyJ",
            "eyJhbGciOiJSUzI1NiJ9",
            "a.b.c",
            "eyJ.a",
            "eyJ.a.b.c",
            "",
        ] {
            assert!(!looks_like_a_jwt(key), "{key}");
        }
    }
}
