//! The certificate files of `runnerconf serve`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runner_configuration_server::rpc::tls::{Credentials, Tls};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::signals::Reloads;

/// How often the files are looked at for a change.
const INTERVAL: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TlsArguments {
    /// Serve TLS with this certificate, and those between it and the root, in PEM. A changed file counts for the
    /// connections that are opened after it was noticed: at SIGHUP, or within seconds
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(
        long = "tls-key",
        id = "key",
        value_name = "FILE",
        requires = "certificate"
    )]
    key: Option<PathBuf>,

    /// Only clients with a certificate that one of these, in PEM, has issued
    #[arg(long = "tls-client-ca", value_name = "FILE", requires = "certificate")]
    client_authorities: Option<PathBuf>,
}

/// The files, and what a server uses of them.
pub(crate) struct TlsFiles {
    pub(crate) tls: Tls,
    paths: Paths,
    texts: Texts,
}

struct Paths {
    certificate: PathBuf,
    key: PathBuf,
    client_authorities: Option<PathBuf>,
}

#[derive(PartialEq)]
struct Texts {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    client_authorities: Option<Vec<u8>>,
}

impl TlsArguments {
    /// Whether files are named.
    pub(crate) fn is_given(&self) -> bool {
        self.certificate.is_some()
    }

    /// The files, where any are named.
    pub(crate) fn load(self) -> Result<Option<TlsFiles>, Error> {
        let (Some(certificate), Some(key)) = (self.certificate, self.key) else {
            return Ok(None);
        };
        let paths = Paths {
            certificate,
            key,
            client_authorities: self.client_authorities,
        };
        let texts = paths.read()?;
        let tls = Tls::new(&texts.credentials()).map_err(|reason| paths.unusable(reason))?;
        Ok(Some(TlsFiles { tls, paths, texts }))
    }
}

impl TlsFiles {
    /// Uses what is new in the files, as long as the program runs. Files that can't be used leave everything as it is.
    pub(crate) async fn follow(mut self, mut reloads: Reloads) {
        loop {
            let asked = tokio::select! {
                () = reloads.next() => true,
                () = tokio::time::sleep(INTERVAL) => false,
            };
            match self.reload() {
                Ok(true) => tracing::info!("new TLS credentials are in use"),
                Ok(false) if asked => tracing::info!("the TLS files have not changed"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the TLS credentials stay as they were"),
            }
        }
    }

    fn reload(&mut self) -> Result<bool, Error> {
        let texts = self.paths.read()?;
        if texts == self.texts {
            return Ok(false);
        }
        let replaced = self.tls.replace(&texts.credentials());
        // Also where they can't be used, so that the same fault is not reported again and again.
        self.texts = texts;
        replaced.map_err(|reason| self.paths.unusable(reason))?;
        Ok(true)
    }
}

impl Paths {
    fn read(&self) -> Result<Texts, Error> {
        let authorities = self.client_authorities.as_deref();
        Ok(Texts {
            certificate: read(&self.certificate)?,
            key: Zeroizing::new(read(&self.key)?),
            client_authorities: authorities.map(read).transpose()?,
        })
    }

    fn unusable(&self, reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Tls {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: reason.into(),
        }
    }
}

impl Texts {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            certificate_pem: &self.certificate,
            key_pem: &self.key,
            client_authorities_pem: self.client_authorities.as_deref(),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|reason| Error::TlsFile {
        path: path.to_owned(),
        reason,
    })
}
