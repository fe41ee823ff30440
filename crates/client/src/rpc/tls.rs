//! TLS for every transport.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::http::Version;
use super::{Code, Error};

/// The platform decides which certificates are trusted.
pub(super) fn config(version: Version) -> Result<ClientConfig, Error> {
    let builder = builder()?.with_platform_verifier().map_err(unusable)?;
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = match version {
        Version::Http2 => vec![b"h2".to_vec()],
        Version::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// For a base URL without TLS: reading the platform's certificates takes time.
pub(super) fn unused_config() -> Result<ClientConfig, Error> {
    let builder = builder()?.with_root_certificates(RootCertStore::empty());
    Ok(builder.with_no_client_auth())
}

/// Names the crypto provider, so that it does not depend on what else a programme installs.
fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)
}

fn unusable(error: rustls::Error) -> Error {
    Error::local(Code::Internal, "TLS cannot be set up").with_source(error)
}
