//! The tokens of an OpenID provider.

mod claims;
mod config;
mod fetch;
mod keys;
mod refresh;
mod refusal;
mod verifier;

pub use config::{OidcConfig, OidcError};

use std::fmt::{self, Display};

use http::HeaderMap;
use jsonwebtoken::{AlgorithmFamily, Validation, decode, decode_header};
use runner_configuration_server::Authenticate;

use self::claims::Claims;
use self::refresh::Keys;
use self::refusal::Refusal;
use super::bearer_token;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::error::Error;

/// Longer tokens are refused unread.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Accepts the signed JWTs that one OpenID provider has issued for one audience.
///
/// A token counts if all of this holds:
///
/// - Its header names a key that the provider publishes, and that key's own algorithm, which is one of RS, PS and ES with
///   256 or 384 bits, RS512, PS512, and EdDSA with Ed25519. A key without `alg` is for RS256, ES256, ES384 or EdDSA,
///   after its type. Symmetric algorithms, `none` and critical extensions are refused.
/// - The signature is right; `iss` is the issuer, literally; `aud` is the audience, or a list that holds it.
/// - `exp` is there and lies ahead; `nbf` and `iat`, where they are there, do not. Clocks may differ by 60 seconds.
/// - The role claim is `admin` or `user`, or a list that holds one of them; of both, `admin` counts.
///
/// The caller is a user, whose id is the UUIDv5 of the token's `sub` in the namespace that is the UUIDv5 of the issuer in
/// the namespace for URLs. So it is the same for every token, replica and installation.
///
/// The provider's keys are read at the start and then every minute ([`OidcConfig::refresh_every`]): a key that it removes
/// stops counting within that time and the 5 seconds that reading may take. A token with a key that is not known waits for
/// them to be read again, at most every 3 seconds, however many calls wait. While the provider can't be reached,
/// the keys that are known go on counting, and others are refused.
///
/// ```no_run
/// use runner_configuration_service::{Bearer, OidcConfig, OidcError, StaticKeys};
///
/// # async fn example() -> Result<(), OidcError> {
/// let provider = OidcConfig::new("https://login.example.com", "runnerconf")?.start()?;
/// let authentication = Bearer::new(StaticKeys::new(), Some(provider));
/// # Ok(())
/// # }
/// ```
pub struct Oidc {
    issuer: String,
    audience: String,
    role_claim: String,
    clock: Box<dyn Clock>,
    keys: Keys,
}

impl Oidc {
    /// Who makes a call with this token.
    pub(super) async fn caller(&self, token: &str) -> Result<Caller, Error> {
        self.check(token).await.map_err(|reason| {
            tracing::debug!(%reason, "a token of the OpenID provider is refused");
            Error::Unauthenticated
        })
    }

    async fn check(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let header = decode_header(token)?;
        if header.alg.family() == AlgorithmFamily::Hmac {
            return Err(Refusal::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Refusal::CriticalExtension);
        }
        let id = header.kid.ok_or(Refusal::NoKeyId)?;
        let keys = self.keys.with(&id).await.ok_or(Refusal::UnknownKey)?;
        let key = keys.find(&id, header.alg).ok_or(Refusal::Algorithm)?;
        let mut validation = Validation::new(header.alg);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // By our own clock, below.
        validation.validate_exp = false;
        let claims: Claims = decode(token, key, &validation)?.claims;
        claims.in_time(self.clock.now())?;
        let role = claims.role(&self.role_claim)?;
        Ok(Caller::new(claims.subject(&self.issuer)?, role))
    }
}

impl Authenticate for Oidc {
    type Caller = Caller;

    fn limited_as(caller: &Caller) -> Option<u128> {
        Some(caller.number())
    }

    fn subject(caller: &Caller) -> Option<&dyn Display> {
        Some(&caller.subject)
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        let token = bearer_token(headers).ok_or(Error::Unauthenticated)?;
        Ok(self.caller(token).await?)
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("role_claim", &self.role_claim)
            .finish_non_exhaustive()
    }
}
