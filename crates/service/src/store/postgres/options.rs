//! How to reach the database, and how long to wait for it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::PostgresStore;
use super::connect::Connector;
use super::mark;
use super::migrate::{is_store, migrate};
use super::pool::{Mode, Pool};
use crate::store::StoreError;

/// How to open a PostgreSQL store.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) config: Config,
    pub(super) authorities: Option<Vec<CertificateDer<'static>>>,
    pub(super) limits: Limits,
    pub(super) connections: u32,
}

impl PostgresOptions {
    /// The database that a URL names: `postgres://USER@HOST:PORT/DATABASE`, or
    /// `postgres:///DATABASE?host=/FOLDER&user=USER` for a Unix socket. Several hosts, with commas between them, are
    /// tried until one is found that takes changes.
    ///
    /// Another machine is connected to with TLS alone, and its certificate has to be valid for the host, unless
    /// the URL says `sslmode=disable`. Within this machine TLS is used with `sslmode=require` only.
    ///
    /// ```
    /// use runner_configuration_service::store::postgres::PostgresOptions;
    ///
    /// # fn main() -> Result<(), runner_configuration_service::store::StoreError> {
    /// let options = PostgresOptions::from_url("postgres://runnerconf@db.example.com/runnerconf")?
    ///     .password("from a file that only this program can read")
    ///     .connections(8);
    /// # let _ = options;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Address`] if it is no such URL. The error does not repeat it: it may hold a password.
    pub fn from_url(url: &str) -> Result<Self, StoreError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let config = is_postgres.then(|| url.parse::<Config>().ok()).flatten();
        let Some(mut config) = config else {
            return Err(StoreError::Address {
                reason: "write postgres://USER@HOST:PORT/DATABASE, with %XX for characters that have a meaning in it"
                    .into(),
            });
        };
        if config.get_ssl_mode() == SslMode::Prefer {
            let is_local = config.get_hosts().iter().all(is_local);
            config.ssl_mode(if is_local {
                SslMode::Disable
            } else {
                SslMode::Require
            });
        }
        config
            .application_name("runnerconf")
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(Duration::from_secs(3))
            .keepalives_idle(Duration::from_secs(15))
            .tcp_user_timeout(Duration::from_secs(15));
        Ok(Self {
            config,
            authorities: None,
            limits: Limits::default(),
            connections: 16,
        })
    }

    /// Whether the URL holds a password.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The password, in place of that of the URL.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// The database's certificate has to come from one of these, in PEM, and not from one that the platform trusts.
    ///
    /// # Errors
    /// [`StoreError::Address`] if there is no certificate in it.
    pub fn authorities(mut self, pem: &[u8]) -> Result<Self, StoreError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .unwrap_or_default();
        if certificates.is_empty() {
            return Err(StoreError::Address {
                reason: "the file of authorities holds no certificate in PEM".into(),
            });
        }
        self.authorities = Some(certificates);
        Ok(self)
    }

    /// At most this many connections, from 2 on; 16 by default. A quarter of them is left to look-ups.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.clamp(2, 1000);
        self
    }

    /// How long a statement may take; 5 seconds by default. Waiting for another change takes at most three fifths of
    /// that, and then fails with [`StoreError::Busy`]. Removing a runner with its objects, and forgetting changes, may
    /// take ten minutes.
    #[must_use]
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.limits.statement = timeout;
        self
    }

    /// Opens the store; makes its tables, or brings them to the newest schema, where needed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be used; [`StoreError::Foreign`],
    /// [`StoreError::NewerVersion`], [`StoreError::UnfinishedCopy`] and [`StoreError::Damaged`] if it holds something
    /// else; [`StoreError::Address`] if TLS is asked for and cannot be set up.
    pub async fn open(&self) -> Result<PostgresStore, StoreError> {
        let pool = self.pool()?;
        migrate(&pool).await?;
        mark::refuse(&pool).await?;
        Ok(PostgresStore { pool })
    }

    /// Opens the store, brought to the newest schema; `None`, without making anything, if there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_existing(&self) -> Result<Option<PostgresStore>, StoreError> {
        let pool = self.pool()?;
        if !is_store(&pool).await? {
            return Ok(None);
        }
        migrate(&pool).await?;
        mark::refuse(&pool).await?;
        Ok(Some(PostgresStore { pool }))
    }

    pub(super) fn pool(&self) -> Result<Pool, StoreError> {
        let connector = Connector::new(self)?;
        Ok(Pool::new(connector, self.limits, self.connections))
    }
}

/// As a URL, without user and password.
impl fmt::Display for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                Host::Unix(folder) => folder.display().to_string(),
            })
            .collect();
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "postgres://{}/{database}", hosts.join(","))
    }
}

// Not even the user is shown.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresOptions")
            .field(&self.to_string())
            .finish()
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    statement: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(5),
        }
    }
}

/// What [`Mode::LongChange`] may take.
const LONG: Duration = Duration::from_secs(10 * 60);

impl Limits {
    /// For a connection, or a place in the order of changes.
    pub(super) const fn wait(self) -> Duration {
        self.statement
    }

    /// For all answers to an operation. The database gives up sooner, and says so, unless it can't be reached.
    pub(super) fn answer(self, mode: Mode) -> Duration {
        match mode {
            Mode::LongChange => LONG + self.statement,
            Mode::LookUp | Mode::Snapshot | Mode::Change => self.statement * 2,
        }
    }

    /// What begins a transaction, if there is to be one.
    pub(super) const fn beginning(self, mode: Mode) -> Option<&'static str> {
        match mode {
            Mode::LookUp => None,
            Mode::Snapshot => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Mode::Change => Some("BEGIN ISOLATION LEVEL READ COMMITTED"),
            Mode::LongChange => {
                Some("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '10min'")
            }
        }
    }

    /// What every connection is set to.
    ///
    /// The planner is told to leave sequential scans and sorts alone: there is an index for everything that is asked often,
    /// in its order, whatever the statistics say, which may be of a time when the table was empty. It plans a statement
    /// once and not anew for each value, and does not compile it: either would take longer than reading a page. A database
    /// that does not know these settings goes without them.
    pub(super) fn settings(self) -> String {
        let statement = self.statement.as_millis().max(1);
        let lock = (self.statement * 3 / 5).as_millis().max(1);
        format!(
            "SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
             SET idle_in_transaction_session_timeout = {}; \
             SELECT set_config(name, value, false) FROM pg_settings JOIN (VALUES \
             ('enable_seqscan', 'off'), ('enable_sort', 'off'), ('enable_incremental_sort', 'off'), \
             ('plan_cache_mode', 'force_generic_plan'), ('jit', 'off')) AS wanted (name, value) USING (name); \
             SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
            statement * 2
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_connected_to_with_tls() {
        for (url, mode) in [
            ("postgres://u@db.example.com/d", SslMode::Require),
            ("postgresql://u@10.0.0.1,10.0.0.2/d", SslMode::Require),
            ("postgres://u@localhost,db.example.com/d", SslMode::Require),
            (
                "postgres://u@db.example.com/d?sslmode=disable",
                SslMode::Disable,
            ),
            ("postgres://u@localhost/d", SslMode::Disable),
            ("postgres://u@[::1]:5433/d", SslMode::Disable),
            (
                "postgres:///d?host=/run/postgresql&user=u",
                SslMode::Disable,
            ),
            ("postgres://u@localhost/d?sslmode=require", SslMode::Require),
        ] {
            let options = PostgresOptions::from_url(url).unwrap();
            assert_eq!(options.config.get_ssl_mode(), mode, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        for url in [
            "postgres://u:secret@h:port/d",
            "postgres://u:secret@h/d?sslmode=secret",
            "mysql://u:secret@h/d",
            "host=secret",
            "",
        ] {
            let error = PostgresOptions::from_url(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
            assert!(error.contains("postgres://USER@HOST"), "{error}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        let options = PostgresOptions::from_url("postgres://u:secret@h/d").unwrap();
        assert!(options.has_password());
        let options = options.password("another secret");
        assert!(!format!("{options:?} {options}").contains("secret"));
        assert_eq!(options.to_string(), "postgres://h/d");
    }
}
