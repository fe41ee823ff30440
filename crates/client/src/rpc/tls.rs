//! TLS for every transport.

use std::fmt;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret as _, SecretString};

use super::http::Version;
use super::{Code, Error};

/// What TLS is given besides what the platform has.
#[derive(Clone, Default)]
pub(crate) struct TlsOptions {
    /// PEM texts of certificates that are trusted too.
    pub(crate) roots: Vec<Vec<u8>>,
    /// The PEM texts of a certificate chain and its private key.
    pub(crate) client_certificate: Option<(Vec<u8>, SecretString)>,
}

impl TlsOptions {
    /// The platform, and the roots, decide which certificates are trusted.
    pub(super) fn config(&self, version: Version) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let builder = builder(provider)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = self.identify(builder)?;
        config.alpn_protocols = match version {
            Version::Http2 => vec![b"h2".to_vec()],
            Version::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Verifier, Error> {
        let provider = Arc::clone(provider);
        if self.roots.is_empty() {
            return Verifier::new(provider).map_err(unusable);
        }
        let mut roots = Vec::new();
        for pem in &self.roots {
            roots.extend(certificates(pem, "the root certificate")?);
        }
        with_extra_roots(roots, provider)
    }

    fn identify(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, Error> {
        let Some((chain, key)) = &self.client_certificate else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = certificates(chain, "the client certificate")?;
        // The cause is left out: it must not show what the text holds.
        let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes())
            .map_err(|_error| wrong("the client certificate's key is no private key in PEM"))?;
        builder.with_client_auth_cert(chain, key).map_err(|error| {
            wrong("the client certificate cannot be used with its key").with_source(error)
        })
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("roots", &self.roots.len())
            .field("client_certificate", &self.client_certificate.is_some())
            .finish()
    }
}

/// For a base URL without TLS: reading the platform's certificates takes time.
pub(super) fn unused_config() -> Result<ClientConfig, Error> {
    let builder = builder(Arc::new(ring::default_provider()))?;
    Ok(builder
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Names the crypto provider, so that it does not depend on what else a programme installs.
fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)
}

#[cfg(not(target_os = "android"))]
fn with_extra_roots(
    roots: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, Error> {
    Verifier::new_with_extra_roots(roots, provider)
        .map_err(|error| wrong("a root certificate cannot be used").with_source(error))
}

#[cfg(target_os = "android")]
fn with_extra_roots(
    _roots: Vec<CertificateDer<'static>>,
    _provider: Arc<CryptoProvider>,
) -> Result<Verifier, Error> {
    Err(wrong(
        "Android takes root certificates from its settings only",
    ))
}

/// All certificates of a PEM text, at least one.
fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_none) => Err(wrong(&format!("{what} is not in PEM"))),
        Err(error) => Err(wrong(&format!("{what} is not in PEM")).with_source(error)),
    }
}

fn wrong(text: &str) -> Error {
    Error::local(Code::InvalidArgument, text)
}

fn unusable(error: rustls::Error) -> Error {
    Error::local(Code::Internal, "TLS cannot be set up").with_source(error)
}
