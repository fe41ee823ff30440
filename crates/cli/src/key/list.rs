//! `runnerconf key list`.

use std::time::SystemTime;

use runner_configuration::Timestamp;
use runner_configuration_service::store::{ApiKey, Role, Store};

use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;
use crate::subject::shown;
use crate::table::table;

/// Shows the API keys that there are: not the keys themselves, which are not kept.
///
/// The admin key has the id 00000000-0000-0000-0000-000000000000.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf key list")]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let store = arguments.store.open_existing().await?;
    let keys = store.api_keys().await?;
    store.close().await?;
    let now = SystemTime::now();
    let rows = keys.iter().map(|key| row(key, now));
    table(HEADER, rows).into_iter().try_for_each(output::line)
}

const HEADER: [&str; 7] = [
    "ID", "NAME", "ROLE", "SUBJECT", "CREATED", "EXPIRES", "STATE",
];

fn row(key: &ApiKey, now: SystemTime) -> [String; 7] {
    let role = match key.role {
        Role::Admin => "admin",
        Role::User => "user",
        Role::Runner => "runner",
    };
    let read_only = if key.read_only { " (read-only)" } else { "" };
    let state = match key.revoked_at {
        Some(_) => "revoked",
        None if key.counts_at(now) => "active",
        None => "expired",
    };
    let name = match key.name.as_str() {
        "" => "-",
        name => name,
    };
    [
        key.id.to_string(),
        name.to_owned(),
        format!("{role}{read_only}"),
        shown(key.subject),
        in_seconds(key.created_at),
        key.expires_at
            .map_or_else(|| "never".to_owned(), in_seconds),
        state.to_owned(),
    ]
}

fn in_seconds(time: SystemTime) -> String {
    match Timestamp::try_from(time) {
        Ok(time) => Timestamp { nanos: 0, ..time }.to_string(),
        Err(_) => "-".to_owned(),
    }
}
