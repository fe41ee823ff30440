//! What ends the program early. Each text is one sentence for the person at the terminal: what, why, what to do.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use runner_configuration_service::store::copy::CopyError;
use runner_configuration_service::store::{ObjectCounts, StoreError};
use runner_configuration_service::{NoRandomness, OidcError};
use uuid::Uuid;

use crate::failure::Failure;
use crate::runner::describe;
use crate::table::printable;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "the home folder of this user is not known, so there is no default data folder: name one with --data"
    )]
    NoHome,

    #[error("there is no store in {}: name its folder with --data, or make one with runnerconf serve or runnerconf runner apply", .0.display())]
    NoStore(PathBuf),

    #[error("there is no store {}: correct {option}", path.display())]
    NoStoreFile { path: PathBuf, option: &'static str },

    #[error(
        "there is no store in this database: correct {0}, or make one with runnerconf serve or runnerconf runner apply"
    )]
    NoStoreInDatabase(&'static str),

    #[error("{0} does not name a store: give postgres://USER@HOST:PORT/DATABASE, or sqlite://FILE")]
    Database(&'static str),

    #[error(
        "the URL of {0} holds a password, which other users of this machine could see: leave it out, and give {0}-password-file or PGPASSWORD"
    )]
    PasswordInUrl(&'static str),

    #[error("there is no file {}: correct {option}-password-file", path.display())]
    NoPasswordFile { path: PathBuf, option: &'static str },

    #[error("--from and --to name the same store: give another one with --to")]
    CopyOntoItself,

    #[error("the copy is not finished: {0}")]
    Copy(#[from] CopyError),

    #[error("the store has {}: restore it from a backup", faults(*.0))]
    Faults(u64),

    #[error(
        "only a store in SQLite is backed up this way: use pg_dump for one in PostgreSQL, as docs/backup.md says"
    )]
    BackupOfDatabase,

    #[error("there is a file {} already, which stays as it is: give another name with --to", .0.display())]
    BackupExists(PathBuf),

    #[error("cannot write the backup {}: {reason}; nothing was left there", path.display())]
    Backup {
        path: PathBuf,
        reason: Box<dyn std::error::Error + Send + Sync>,
    },

    #[error("cannot make the folder {}: {reason}; choose a data folder that this user may write to", path.display())]
    Folder { path: PathBuf, reason: io::Error },

    #[error("cannot open the store {}: {reason}", path.display())]
    Open { path: PathBuf, reason: StoreError },

    #[error("cannot open the store: {0}")]
    OpenDatabase(StoreError),

    // It names its file itself.
    #[error("cannot open the store: {0}")]
    Files(StoreError),

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("cannot listen on {address}: {}", why_not_listen(reason, setting))]
    Listen {
        address: SocketAddr,
        reason: io::Error,
        /// Where the address comes from.
        setting: &'static str,
    },

    #[error(
        "{0} is an address that other machines can reach, and keys and secrets would cross the network in the clear: give --tls-cert and --tls-key, or --plaintext where a TLS proxy on this machine or a private network protects them"
    )]
    Plaintext(SocketAddr),

    #[error("cannot read {}: {reason}; check the path and the permissions", path.display())]
    TlsFile { path: PathBuf, reason: io::Error },

    #[error("cannot serve TLS with {} and {}: {reason}", certificate.display(), key.display())]
    Tls {
        certificate: PathBuf,
        key: PathBuf,
        reason: Box<dyn std::error::Error + Send + Sync>,
    },

    #[error(
        "cannot use the OpenID provider: {0}; see --oidc-issuer, --oidc-audience and --oidc-jwks"
    )]
    Oidc(#[from] OidcError),

    #[cfg(feature = "otlp")]
    #[error("cannot send traces and metrics: {0}")]
    Otlp(Box<dyn std::error::Error + Send + Sync>),

    #[cfg(not(feature = "otlp"))]
    #[error(
        "this program was built without the feature otlp, so it sends nothing to a collector: leave out --otlp-endpoint and OTEL_EXPORTER_OTLP_ENDPOINT, or use one that was built with it"
    )]
    NoOtlp,

    #[cfg(feature = "otlp")]
    #[error("there is no file {}: correct --otlp-headers-file", .0.display())]
    NoOtlpHeaders(PathBuf),

    #[cfg(feature = "otlp")]
    #[error("line {line} of {} is no header: write NAME: VALUE", path.display())]
    OtlpHeader { path: PathBuf, line: usize },

    #[cfg(feature = "otlp")]
    #[error(
        "the headers of --otlp-headers-file or OTEL_EXPORTER_OTLP_HEADERS would cross the network in the clear: give --otlp-endpoint an https URL"
    )]
    OtlpInTheClear,

    #[error("cannot start: {0}")]
    Start(io::Error),

    #[error(
        "cannot understand the log filter of --log-filter or RUST_LOG: {0}; set it as in info or warn,runner_configuration_server=debug"
    )]
    LogFilter(String),

    #[error(
        "the key in RUNNERCONF_ADMIN_KEY {0}; set another one, or unset the variable to use the key in the data folder"
    )]
    KeyVariable(&'static str),

    #[error("cannot use the key in {}: it {what}; restore the file, or remove it to have a new key made", path.display())]
    KeyFile { path: PathBuf, what: &'static str },

    #[error("cannot {verb} {}: {reason}; check the permissions of the file and of its folder", path.display())]
    SecretFile {
        verb: &'static str,
        path: PathBuf,
        reason: io::Error,
    },

    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),

    #[error("cannot read {from}: {reason}")]
    Input { from: String, reason: io::Error },

    #[error("{from} is not a valid runner file: {what}")]
    RunnerFile { from: String, what: String },

    #[error("the runner files are not valid{}", listed(.0))]
    RunnerFolder(Vec<String>),

    /// All that is wrong with the settings.
    #[error("the configuration is not valid{}", listed(.0))]
    Configuration(Vec<String>),

    #[error("there is no runner {0}; runnerconf runner list shows those that there are")]
    NoRunner(Uuid),

    #[error("there is no key {0}; runnerconf key list shows those that there are")]
    NoKey(Uuid),

    #[error("the admin key is not revoked but replaced: remove {}, or set another RUNNERCONF_ADMIN_KEY, and start the server again", .0.join("admin.key").display())]
    RevokesAdminKey(PathBuf),

    #[error("a key with the role runner stands for its runner: give --subject runner:ID")]
    SubjectOfRunnerKey,

    #[error("the key would have expired already: give a later --expires")]
    KeyEndsBeforeItStarts,

    #[error("the new key is in use already: try again")]
    KeyTaken,

    #[error(
        "runner {id} still has {}; delete them first, or use --force to remove them with it",
        describe(counts)
    )]
    HasObjects { id: Uuid, counts: ObjectCounts },

    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),

    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    #[error("cannot write manual pages to {}: {reason}", path.display())]
    ManPages { path: PathBuf, reason: io::Error },

    #[error("the home folder of this user is not known, so there are no profiles: use --url")]
    NoConfigFolder,

    #[error("{} is wrong: {what}", path.display())]
    Profiles { path: PathBuf, what: String },

    #[error("there is no profile {name} in {}; {}", path.display(), known_profiles(known))]
    NoProfile {
        name: String,
        path: PathBuf,
        known: Vec<String>,
    },

    #[error("profile {0} has no key: give it a key-file or a key-command")]
    NoKeyInProfile(String),

    #[error("the key-command {name} {what}")]
    KeyCommand { name: String, what: String },

    #[error(
        "it is not known which server is meant: set ONA_API_KEY, and ONA_BASE_URL for another server than https://app.ona.com/api; or write a profile into {}", .0.display()
    )]
    NoServer(PathBuf),

    #[error("there is no API key: name its file with --key-file, or set ONA_API_KEY")]
    NoApiKey,

    #[error("the value of {0} is not Unicode")]
    Variable(String),

    #[error("there is no secret in {0}: it is empty")]
    EmptySecret(String),

    #[error("standard input can be read only once: put one of the inputs into a file")]
    StdinTwice,

    #[error("{from} is not a valid request: {what}")]
    RequestFile { from: String, what: String },

    #[error(
        "the file has the id {}, and the command line {argument}: leave it out of the file",
        printable(file)
    )]
    OtherId { argument: String, file: String },

    #[error(
        "{0} is a secret, and every user of this machine can see arguments: use --set-file {0}=FILE, or --set-file {0}=- for standard input"
    )]
    SecretArgument(String),

    #[error(transparent)]
    Failure(#[from] Failure),

    #[error("the configuration is not valid")]
    NotValid,

    #[error("cannot write YAML: {0}")]
    Yaml(String),
}

impl Error {
    /// That the store in this file could not be opened.
    pub(crate) fn open(path: &Path, reason: StoreError) -> Self {
        match reason {
            StoreError::Io { .. } => Self::Files(reason),
            _ => Self::Open {
                path: path.to_owned(),
                reason,
            },
        }
    }

    /// As the help lists them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Failure(failure) => failure.exit_code(),
            Self::NotValid => 3,
            _ => 1,
        }
    }
}

fn faults(count: u64) -> String {
    if count == 1 {
        "1 fault".to_owned()
    } else {
        format!("{count} faults")
    }
}

/// One behind a colon, several on lines of their own.
fn listed(faults: &[String]) -> String {
    match faults {
        [fault] => format!(": {fault}"),
        faults => faults.iter().map(|fault| format!("\n  {fault}")).collect(),
    }
}

fn known_profiles(known: &[String]) -> String {
    match known {
        [] => "it has none".to_owned(),
        known => format!("it has {}", known.join(", ")),
    }
}

fn why_not_listen(error: &io::Error, setting: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "another program uses this port; stop it, or choose another port with {setting}"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("this user may not use the port; choose one from 1024 on with {setting}")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine does not have the address; choose one that it has with {setting}")
        }
        _ => format!("{error}; choose another address with {setting}"),
    }
}
