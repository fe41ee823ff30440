use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

/// What a server proves its name with, and whom it asks for a certificate; all in PEM.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The server's certificate, and those between it and the root, in this order.
    pub certificate_pem: &'a [u8],
    /// The certificate's private key: PKCS#8, PKCS#1 or SEC1.
    pub key_pem: &'a [u8],
    /// With these, a client has to present a certificate that one of them has issued.
    pub client_authorities_pem: Option<&'a [u8]>,
}

/// Why credentials can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A text is not PEM, or a key is not in it.
    #[error("{what}: {source}")]
    Pem {
        /// Which of the texts.
        what: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A text has no certificate.
    #[error("{what}: there is no certificate in it")]
    NoCertificate {
        /// Which of the texts.
        what: &'static str,
    },
    /// Certificate and key can't be used, or not together.
    #[error("the certificate or its key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// The client authorities can't be used.
    #[error("the client authorities can't be used: {0}")]
    ClientAuthorities(#[from] VerifierBuilderError),
}

impl Credentials<'_> {
    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        // ring rather than aws-lc-rs: it builds with a C compiler and nothing else.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates("the certificate", self.certificate_pem)?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem).map_err(|source| TlsError::Pem {
            what: "the key",
            source,
        })?;
        let client_verifier = self.client_verifier(&provider)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(client_verifier)
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn client_verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let Some(pem) = self.client_authorities_pem else {
            return Ok(Arc::new(NoClientAuth));
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates("the client authorities", pem)? {
            roots.add(authority)?;
        }
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        Ok(builder.build()?)
    }
}

/// Without the key, whose text this holds.
impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::Pem { what, source })?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate { what });
    }
    Ok(found)
}
