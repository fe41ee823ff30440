//! TLS: a listener for [`axum::serve()`] whose handshakes hold up nobody, and whose certificate can be replaced.
//!
//! ```no_run
//! use runner_configuration_server::rpc::tls::{Credentials, Tls, TlsListener};
//!
//! # async fn serve(router: axum::Router) -> Result<(), Box<dyn std::error::Error>> {
//! let certificate_pem = std::fs::read("server.crt")?;
//! let key_pem = std::fs::read("server.key")?;
//! let tls = Tls::new(&Credentials {
//!     certificate_pem: &certificate_pem,
//!     key_pem: &key_pem,
//!     client_authorities_pem: None,
//! })?;
//! // Kept, it can be given other credentials while the server runs.
//! let later = tls.clone();
//! let tcp = tokio::net::TcpListener::bind("0.0.0.0:443").await?;
//! axum::serve(TlsListener::new(tcp, tls), router).await?;
//! # Ok(())
//! # }
//! ```

mod credentials;
mod listener;

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::sync::watch;

pub use credentials::{Credentials, TlsError};
pub use listener::TlsListener;

/// The TLS side of a server; clones share the credentials.
///
/// Offers HTTP/2 and HTTP/1.1 (ALPN) over TLS 1.3 and 1.2.
#[derive(Clone)]
pub struct Tls(Arc<watch::Sender<Arc<ServerConfig>>>);

impl Tls {
    /// With these credentials.
    ///
    /// # Errors
    ///
    /// Text that is not PEM, no certificate or key, or a key that is not the certificate's.
    pub fn new(credentials: &Credentials<'_>) -> Result<Self, TlsError> {
        let config = credentials.server_config()?;
        Ok(Self(Arc::new(watch::Sender::new(config))))
    }

    /// Uses other credentials for the connections that are opened from now on; the open ones stay.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); the credentials are those of before then.
    pub fn replace(&self, credentials: &Credentials<'_>) -> Result<(), TlsError> {
        self.0.send_replace(credentials.server_config()?);
        Ok(())
    }

    fn current(&self) -> Arc<ServerConfig> {
        self.0.borrow().clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
