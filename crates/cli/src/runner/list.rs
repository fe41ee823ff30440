//! `runnerconf runner list`.

use runner_configuration_service::store::{Runner, Store};

use super::{fingerprint, present_key};
use crate::error::Error;
use crate::place::StoreArguments;
use crate::table::table;
use crate::{names, output};

/// Shows the runners that are registered.
///
/// Of a public key the start of its SHA-256 is shown, of a schema its version; - is shown where there is none yet. Stale secrets
/// are those that were sealed to another key: runnerconf runner secrets lists them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf runner list")]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let store = arguments.store.open_existing().await?;
    let mut rows = Vec::new();
    for runner in store.runners().await? {
        let stale = store.stale_secrets(runner.id, present_key(&runner)).await?;
        rows.push(row(&runner, stale.len())?);
    }
    store.close().await?;
    table(HEADER, rows).into_iter().try_for_each(output::line)
}

const HEADER: [&str; 7] = [
    "ID",
    "NAME",
    "KIND",
    "PROVIDER",
    "PUBLIC KEY",
    "SCHEMA",
    "STALE SECRETS",
];

fn row(runner: &Runner, stale: usize) -> Result<[String; 7], Error> {
    let schema = match &runner.schema {
        None => "-".to_owned(),
        Some(schema) => match schema.decode()?.version {
            version if version.is_empty() => "without version".to_owned(),
            version => version,
        },
    };
    Ok([
        runner.id.to_string(),
        runner.name.clone(),
        names::short(runner.kind),
        names::short(runner.provider),
        match (runner.public_key, present_key(runner)) {
            (None, _) => "-".to_owned(),
            (Some(_), None) => "unusable".to_owned(),
            (Some(_), Some(key)) => fingerprint(&key),
        },
        schema,
        stale.to_string(),
    ])
}
