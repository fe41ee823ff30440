//! Making connections.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::from_connect;
use super::options::PostgresOptions;
use super::session::{Kept, Session};
use crate::store::StoreError;

/// How long making a connection may take, with everything: addresses, TLS, authentication, settings.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    settings: String,
}

impl Connector {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        let tls = match options.config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(tls(options.authorities.as_deref())?)),
        };
        Ok(Self {
            config: options.config.clone(),
            tls,
            settings: options.limits.settings(),
        })
    }

    pub(super) async fn connect(&self) -> Result<Session, StoreError> {
        timeout(LIMIT, self.try_connect())
            .await
            .map_err(|_| {
                StoreError::unavailable(
                    "the database did not answer in time; look at its load and the network",
                )
            })?
            .map_err(|error| from_connect(&error))
    }

    async fn try_connect(&self) -> Result<Session, tokio_postgres::Error> {
        // The connection works in a task of its own, which ends with the client. What ends it otherwise is seen by
        // whoever uses the client next.
        let kept = Kept::default();
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(work(connection, Arc::clone(&kept)));
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(work(connection, Arc::clone(&kept)));
                client
            }
        };
        client.batch_execute(&self.settings).await?;
        Ok(Session::new(client, kept))
    }
}

async fn work<E>(connection: impl Future<Output = Result<(), E>>, kept: Kept) {
    // Whoever waits for an answer is told, too.
    let _ = connection.await;
    drop(kept);
}

fn tls(authorities: Option<&[CertificateDer<'static>]>) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match authorities {
        None => builder.with_platform_verifier().map_err(unusable)?,
        Some(certificates) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates {
                roots.add(certificate.clone()).map_err(unusable)?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(builder.with_no_client_auth())
}

fn unusable(error: rustls::Error) -> StoreError {
    StoreError::Address {
        reason: format!("TLS cannot be set up: {error}"),
    }
}
