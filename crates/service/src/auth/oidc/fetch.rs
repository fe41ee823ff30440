use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect};
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::Deserialize;

use super::keys::KeySet;

/// How long reading the keys may take, with everything that belongs to it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest document that is read. Real ones have a few thousand bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Where a provider's keys are read.
pub(super) struct Source {
    http: Client,
    place: Place,
}

enum Place {
    Jwks(Url),
    Discovery { url: Url, issuer: String },
}

/// Why the keys can't be read: for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer within {} seconds", TIMEOUT.as_secs())]
    Timeout,
    #[error("{0}")]
    Http(String),
    #[error("the answer is HTTP {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the answer is not the JSON document that it should be: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the provider's configuration is that of another issuer")]
    OtherIssuer,
    #[error("the provider's configuration names no URL for its keys that can be used")]
    NoJwksUrl,
}

type SetupError = Box<dyn std::error::Error + Send + Sync>;

impl Source {
    /// The keys are at this URL.
    pub(super) fn jwks(url: Url) -> Result<Self, SetupError> {
        Self::new(url.scheme() == "https", Place::Jwks(url))
    }

    /// Where the keys are stands in the document at this URL, which has to be that of the issuer.
    pub(super) fn discovery(url: Url, issuer: String) -> Result<Self, SetupError> {
        Self::new(url.scheme() == "https", Place::Discovery { url, issuer })
    }

    fn new(https: bool, place: Place) -> Result<Self, SetupError> {
        let builder =
            rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()?;
        let tls = if https {
            builder.with_platform_verifier()?
        } else {
            // Never used; reading the platform's certificates takes time.
            builder.with_root_certificates(rustls::RootCertStore::empty())
        };
        let http = Client::builder()
            .tls_backend_preconfigured(tls.with_no_client_auth())
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            // What is trusted is what is at the URL, not what that points to.
            .redirect(redirect::Policy::none())
            .https_only(https);
        // Without TLS it is on this machine: a proxy is elsewhere.
        let http = if https { http } else { http.no_proxy() };
        Ok(Self {
            http: http.build()?,
            place,
        })
    }

    /// Reads the keys.
    pub(super) async fn keys(&self) -> Result<KeySet, FetchError> {
        let keys = tokio::time::timeout(TIMEOUT, self.read()).await;
        keys.map_err(|_| FetchError::Timeout)?
    }

    async fn read(&self) -> Result<KeySet, FetchError> {
        let keys = match &self.place {
            Place::Jwks(url) => self.get(url.clone()).await?,
            Place::Discovery { url, issuer } => {
                let configuration = self.get(url.clone()).await?;
                self.get(jwks_url(&configuration, issuer)?).await?
            }
        };
        Ok(KeySet::read(&keys)?)
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let mut reply = self.http.get(url).send().await.map_err(http_error)?;
        if reply.status() != StatusCode::OK {
            return Err(FetchError::Status(reply.status()));
        }
        let mut body = Vec::new();
        while let Some(data) = reply.chunk().await.map_err(http_error)? {
            if data.len() > MAX_BYTES - body.len() {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&data);
        }
        Ok(body)
    }
}

/// The URL of the keys, from a provider's configuration (OpenID Connect Discovery 1.0).
fn jwks_url(configuration: &[u8], expected_issuer: &str) -> Result<Url, FetchError> {
    #[derive(Deserialize)]
    struct Configuration {
        issuer: String,
        jwks_uri: String,
    }
    let configuration: Configuration = serde_json::from_slice(configuration)?;
    if configuration.issuer != expected_issuer {
        return Err(FetchError::OtherIssuer);
    }
    super::config::secure_url("jwks_uri", &configuration.jwks_uri)
        .map_err(|_| FetchError::NoJwksUrl)
}

/// What went wrong, down to its cause: reqwest's own text names only the URL, which is known.
fn http_error(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    FetchError::Http(text)
}
