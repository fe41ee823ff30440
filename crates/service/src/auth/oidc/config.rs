use std::fmt;
use std::time::Duration;

use reqwest::Url;

use super::fetch::Source;
use super::refresh::Keys;
use super::{Oidc, verifier};
use crate::clock::{Clock, SystemClock};

/// Which tokens of which OpenID provider are accepted.
pub struct OidcConfig {
    issuer: String,
    audience: String,
    jwks: Option<Url>,
    discovery: Url,
    role_claim: String,
    refresh: Duration,
    clock: Box<dyn Clock>,
}

/// An OpenID provider can't be used as it was configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// A URL is none, or nothing to fetch keys from.
    #[error("the {what} has to be a URL {problem}")]
    Url {
        /// Which one.
        what: &'static str,
        /// What it lacks.
        problem: &'static str,
    },

    /// Tokens for everyone would be accepted.
    #[error(
        "the audience is empty: name the one that the provider puts into tokens for this service"
    )]
    NoAudience,

    /// TLS or HTTP can't be set up.
    #[error("connections to the OpenID provider cannot be set up: {0}")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl OidcConfig {
    /// Accepts the tokens that have this issuer as their `iss`, and this audience in their `aud`.
    ///
    /// The provider's keys are where its configuration says, which is at the issuer's
    /// `/.well-known/openid-configuration`. The role is in the claim `roles`.
    ///
    /// # Errors
    ///
    /// [`OidcError`], where the issuer is no https URL (on this machine itself, http will do), or has a user name,
    /// password, query or fragment; or where the audience is empty.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, OidcError> {
        let (issuer, audience) = (issuer.into(), audience.into());
        if audience.is_empty() {
            return Err(OidcError::NoAudience);
        }
        let url = secure_url("issuer", &issuer)?;
        if url.query().is_some() {
            return Err(problem("issuer", "without a query"));
        }
        let discovery = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        Ok(Self {
            discovery: secure_url("issuer", &discovery)?,
            issuer,
            audience,
            jwks: None,
            role_claim: "roles".to_owned(),
            refresh: Duration::from_secs(60),
            clock: Box::new(SystemClock),
        })
    }

    /// Reads the provider's keys (a JSON Web Key Set) at this URL, and its configuration nowhere.
    ///
    /// # Errors
    ///
    /// [`OidcError`], where the URL is no https URL (on this machine itself, http will do), or has a user name, password
    /// or fragment.
    pub fn jwks(mut self, url: &str) -> Result<Self, OidcError> {
        self.jwks = Some(secure_url("JWKS URL", url)?);
        Ok(self)
    }

    /// Takes the role from this claim.
    #[must_use]
    pub fn role_claim(mut self, name: impl Into<String>) -> Self {
        self.role_claim = name.into();
        self
    }

    /// Reads the provider's keys anew at this interval, instead of every minute.
    #[must_use]
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.refresh = interval;
        self
    }

    /// Judges the times in tokens by this clock, instead of the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Starts to read the provider's keys, in a task that ends with the [`Oidc`]. A provider that can't be reached is no
    /// error: its tokens are refused until it can be.
    ///
    /// jsonwebtoken's cryptography is chosen once per process: unless the program has installed a provider for it, this
    /// installs one that uses ring.
    ///
    /// # Errors
    ///
    /// [`OidcError::Setup`], where the platform has no certificates to trust.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime with time and input/output.
    pub fn start(self) -> Result<Oidc, OidcError> {
        verifier::install();
        let source = match self.jwks {
            Some(url) => Source::jwks(url),
            None => Source::discovery(self.discovery, self.issuer.clone()),
        };
        let source = source.map_err(OidcError::Setup)?;
        Ok(Oidc {
            issuer: self.issuer,
            audience: self.audience,
            role_claim: self.role_claim,
            clock: self.clock,
            keys: Keys::follow(source, self.refresh),
        })
    }
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("role_claim", &self.role_claim)
            .finish_non_exhaustive()
    }
}

/// Reads a URL that keys can be fetched from without anybody in between being able to change them. What is refused is not
/// shown: it may hold a password.
pub(super) fn secure_url(what: &'static str, text: &str) -> Result<Url, OidcError> {
    let url = Url::parse(text).map_err(|_| problem(what, "such as https://login.example.com"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem(what, "without a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(problem(what, "without a fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        _ => Err(problem(what, "with https")),
    }
}

const fn problem(what: &'static str, problem: &'static str) -> OidcError {
    OidcError::Url { what, problem }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_over_https_or_from_this_machine() {
        for url in [
            "https://login.example.com",
            "https://login.example.com/tenant/v2.0",
            "https://login.example.com:8443/",
            "http://localhost:8080/realms/one",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            let config = OidcConfig::new(url, "runnerconf").unwrap();
            assert!(
                config
                    .jwks(&format!("{}/keys?v=1", url.trim_end_matches('/')))
                    .is_ok()
            );
        }
        for url in [
            "",
            "login.example.com",
            "http://login.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "ftp://localhost",
            "file:///etc/keys",
            "https://user:secret@login.example.com",
            "https://secret@login.example.com",
            "https://login.example.com/#secret",
        ] {
            let error = OidcConfig::new(url, "runnerconf").unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("secret"), "{text}");
            let config = OidcConfig::new("https://login.example.com", "runnerconf").unwrap();
            assert!(config.jwks(url).is_err(), "{url}");
        }
        assert!(OidcConfig::new("https://login.example.com/?tenant=1", "runnerconf").is_err());
        assert!(OidcConfig::new("https://login.example.com", "").is_err());
    }

    #[test]
    fn the_configuration_of_an_issuer_is_below_its_path() {
        for (issuer, expected) in [
            (
                "https://a.example",
                "https://a.example/.well-known/openid-configuration",
            ),
            (
                "https://a.example/",
                "https://a.example/.well-known/openid-configuration",
            ),
            (
                "https://a.example/b",
                "https://a.example/b/.well-known/openid-configuration",
            ),
        ] {
            let config = OidcConfig::new(issuer, "runnerconf").unwrap();
            assert_eq!(config.discovery.as_str(), expected);
        }
    }
}
