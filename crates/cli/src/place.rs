//! Where the store is: in the data folder, or in a database elsewhere.

mod any_store;

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteOptions, SqliteStore};
use runner_configuration_service::store::tables::Tables;
use zeroize::Zeroizing;

pub(crate) use self::any_store::AnyStore;
use crate::config::ConfigFile;
use crate::data_folder::DataFolder;
use crate::error::Error;
use crate::secret_file;

const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// The arguments of every command that works on the store.
#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    #[command(flatten)]
    _config: ConfigFile,

    #[command(flatten)]
    pub(crate) data: DataFolder,

    /// Where the store is, if not in the data folder: postgres://USER@HOST:PORT/DATABASE, with sslmode=disable for a
    /// database on another machine without TLS, or sqlite://FILE
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    #[command(flatten)]
    credentials: DatabaseCredentials,
}

#[derive(Debug, Args)]
struct DatabaseCredentials {
    /// File with the password for the database [default: the password in PGPASSWORD, if it is set]
    #[arg(long = "database-password-file", value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// Only a database with a certificate that one of these, in PEM, has issued [default: those that the platform
    /// trusts]
    #[arg(long = "database-ca", value_name = "FILE")]
    authorities: Option<PathBuf>,
}

/// What a database beyond this machine wants and shows.
pub(crate) struct Credentials<'a> {
    /// The option that names the database. That of the password's file begins with it.
    pub(crate) option: &'static str,
    pub(crate) password_file: Option<&'a Path>,
    /// A file in PEM.
    pub(crate) authorities: Option<&'a Path>,
}

impl StoreArguments {
    /// Opens the store; makes it where it is missing.
    pub(crate) async fn open(&self) -> Result<AnyStore, Error> {
        self.place()?.open().await
    }

    /// Opens the store, which has to be there: a mistyped place is not to become an empty store.
    pub(crate) async fn open_existing(&self) -> Result<AnyStore, Error> {
        self.place()?.open_existing().await
    }

    /// The kind of database, as OpenTelemetry names it.
    pub(crate) fn system(&self) -> &'static str {
        match &self.database {
            Some(url) if !url.starts_with("sqlite:") => "postgresql",
            _ => "sqlite",
        }
    }

    pub(crate) fn place(&self) -> Result<Place, Error> {
        match &self.database {
            Some(url) => Place::from_url(
                url,
                &Credentials {
                    option: "--database",
                    password_file: self.credentials.password_file.as_deref(),
                    authorities: self.credentials.authorities.as_deref(),
                },
            ),
            None => Ok(Place::Sqlite(self.data.path()?.join(FILE_NAME))),
        }
    }
}

/// Where a store is, and how it is reached. Shown without user and password.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PostgresOptions>),
}

impl Place {
    pub(crate) fn from_url(url: &str, credentials: &Credentials<'_>) -> Result<Self, Error> {
        if let Some(file) = url.strip_prefix("sqlite://")
            && !file.is_empty()
        {
            let file = std::path::absolute(file).map_err(Error::Start)?;
            return Ok(Self::Sqlite(file));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::Database(credentials.option));
        }
        let mut options = PostgresOptions::from_url(url)?;
        if options.has_password() {
            return Err(Error::PasswordInUrl(credentials.option));
        }
        if let Some(password) = credentials.password()? {
            options = options.password(&password);
        }
        if let Some(file) = credentials.authorities {
            let pem = fs::read(file).map_err(|reason| Error::TlsFile {
                path: file.to_owned(),
                reason,
            })?;
            options = options.authorities(&pem)?;
        }
        Ok(Self::Postgres(Box::new(options)))
    }

    pub(crate) async fn open(&self) -> Result<AnyStore, Error> {
        match self {
            Self::Sqlite(file) => open_file(file),
            Self::Postgres(options) => {
                let store = options.open().await.map_err(Error::OpenDatabase)?;
                Ok(AnyStore::Postgres(Box::new(store)))
            }
        }
    }

    /// Opens the store as tables; makes it where it is missing.
    pub(crate) async fn tables(&self) -> Result<Box<dyn Tables>, Error> {
        match self {
            Self::Sqlite(file) => file_tables(file),
            Self::Postgres(options) => {
                let tables = options.open_tables().await.map_err(Error::OpenDatabase)?;
                Ok(Box::new(tables))
            }
        }
    }

    /// Opens the store, which has to be there, as tables. `option` is what names it.
    pub(crate) async fn existing_tables(
        &self,
        option: &'static str,
    ) -> Result<Box<dyn Tables>, Error> {
        match self {
            Self::Sqlite(file) if matches!(file.try_exists(), Ok(false)) => {
                Err(Error::NoStoreFile {
                    path: file.clone(),
                    option,
                })
            }
            Self::Sqlite(file) => file_tables(file),
            Self::Postgres(options) => {
                let tables = options.open_existing_tables().await;
                let tables = tables.map_err(Error::OpenDatabase)?;
                Ok(Box::new(tables.ok_or(Error::NoStoreInDatabase(option))?))
            }
        }
    }

    pub(crate) async fn open_existing(&self) -> Result<AnyStore, Error> {
        match self {
            // Anything but a clear "no" is left to the store, which says more about it.
            Self::Sqlite(file) if matches!(file.try_exists(), Ok(false)) => {
                Err(Error::NoStore(file.parent().unwrap_or(file).to_owned()))
            }
            Self::Sqlite(file) => open_file(file),
            Self::Postgres(options) => {
                let store = options.open_existing().await.map_err(Error::OpenDatabase)?;
                store
                    .map(|store| AnyStore::Postgres(Box::new(store)))
                    .ok_or(Error::NoStoreInDatabase("--database"))
            }
        }
    }
}

/// The URL of a database as it may be shown: without its user, and without a password that does not belong there.
pub(crate) fn without_user(url: &str) -> String {
    match PostgresOptions::from_url(url) {
        _ if url.starts_with("sqlite://") => url.to_owned(),
        Ok(options) => options.to_string(),
        Err(_) => "(not shown)".to_owned(),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Postgres(options) => options.fmt(f),
        }
    }
}

impl Credentials<'_> {
    fn password(&self) -> Result<Option<Zeroizing<String>>, Error> {
        match self.password_file {
            Some(file) => match secret_file::read(file)? {
                Some(password) => Ok(Some(password)),
                None => Err(Error::NoPasswordFile {
                    path: file.to_owned(),
                    option: self.option,
                }),
            },
            None => Ok(env::var(PASSWORD_VARIABLE).ok().map(Zeroizing::new)),
        }
    }
}

fn open_file(file: &Path) -> Result<AnyStore, Error> {
    let store = SqliteStore::open(file).map_err(|error| Error::open(file, error))?;
    Ok(AnyStore::Sqlite(store))
}

fn file_tables(file: &Path) -> Result<Box<dyn Tables>, Error> {
    let tables = SqliteOptions::new().open_tables(file);
    Ok(Box::new(tables.map_err(|error| Error::open(file, error))?))
}

/// Runs a command that works on the store and ends.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    runtime.block_on(work)
}
