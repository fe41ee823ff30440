//! `runnerconf key create`.

use std::time::SystemTime;

use clap::ValueEnum;
use runner_configuration_service::store::{ApiKey, ApiKeyCreated, Change, Role, Store, SubjectKey};
use runner_configuration_service::{ADMIN_SUBJECT, KeyHash};
use uuid::Uuid;

use super::expiry::Expiry;
use crate::error::Error;
use crate::place::StoreArguments;
use crate::subject::{Subject, shown};
use crate::{api_key, output};

/// Makes an API key and prints it, this once: only its SHA-256 is kept.
///
/// Standard output gets the key alone, so that it can be put into a file or a variable; standard error says what it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runnerconf key create --role user --subject user:0195f2b1-7c00-7000-8000-000000000001 --expires 90d > key
  runnerconf key create --role runner --subject runner:d2c94c27-3b76-4a42-b88c-95a85e392c68 --name Frankfurt
  runnerconf key create --role admin --read-only --name monitoring")]
pub(super) struct Arguments {
    /// What may be done with it
    #[arg(long, value_enum)]
    role: RoleName,

    /// Whom it stands for: a kind (account, user, runner, environment, service-account) and an id. The role runner
    /// wants the runner. Not needed for the role admin, which otherwise stands for the service itself
    #[arg(long, value_name = "KIND:ID", required_if_eq_any = [("role", "user"), ("role", "runner")])]
    subject: Option<Subject>,

    /// What it is for, for people
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    name: String,

    /// When it stops working: days or hours from now, as in 90d or 12h, a time, as in 2030-01-01T00:00:00Z, or never
    #[arg(long, value_name = "WHEN", default_value = "never")]
    expires: Expiry,

    /// Nothing can be changed with it, whatever its role
    #[arg(long)]
    read_only: bool,

    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Everything
    Admin,
    /// Reads the configuration of all runners, validates, and has host authentication tokens of its own
    User,
    /// Reads what belongs to its own runner
    Runner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::User => Self::User,
            RoleName::Runner => Self::Runner,
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let now = SystemTime::now();
    let subject = arguments.subject.map_or(ADMIN_SUBJECT, |subject| subject.0);
    let role = Role::from(arguments.role);
    if role == Role::Runner && subject != SubjectKey::runner(subject.id) {
        return Err(Error::SubjectOfRunnerKey);
    }
    let expires_at = arguments.expires.from(now);
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Error::KeyEndsBeforeItStarts);
    }
    let api_key = ApiKey {
        id: Uuid::new_v7(timestamp(now)),
        name: arguments.name,
        subject,
        role,
        read_only: arguments.read_only,
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let id = api_key.id;
    let key = api_key::generate()?;
    let store = arguments.store.open().await?;
    let change = Change::by_operator("key create", now);
    let created = store
        .create_api_key(change, api_key, KeyHash::of(&key))
        .await?;
    store.close().await?;
    match created {
        ApiKeyCreated::RunnerNotFound => return Err(Error::NoRunner(subject.id)),
        // It has 256 random bits: this does not happen, and if it does, another try makes another key.
        ApiKeyCreated::Taken => return Err(Error::KeyTaken),
        ApiKeyCreated::Done => {}
    }
    output::note(format_args!(
        "made key {id} for {}; it is shown this once",
        shown(subject)
    ));
    output::line(&*key)
}

fn timestamp(time: SystemTime) -> uuid::Timestamp {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    uuid::Timestamp::from_unix(uuid::NoContext, since.as_secs(), since.subsec_nanos())
}
