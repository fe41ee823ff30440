//! `runnerconf runner list`.

use runner_configuration_service::seal::PublicKey;
use runner_configuration_service::store::{Runner, Store};

use super::names;
use crate::data_folder::{DataFolder, open_existing_store};
use crate::error::Error;
use crate::output;
use crate::table::table;

/// Shows the runners that are registered.
///
/// Of a public key the start of its SHA-256 is shown, of a schema its version; - is shown where there is none yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf runner list")]
pub(super) struct Arguments {
    #[command(flatten)]
    data: DataFolder,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let store = open_existing_store(&arguments.data.path()?)?;
    let runners = store.runners().await?;
    store.close().await?;
    let rows = runners.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    table(HEADER, rows).into_iter().try_for_each(output::line)
}

const HEADER: [&str; 6] = ["ID", "NAME", "KIND", "PROVIDER", "PUBLIC KEY", "SCHEMA"];

fn row(runner: &Runner) -> Result<[String; 6], Error> {
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
        runner
            .public_key
            .as_ref()
            .map_or_else(|| "-".to_owned(), fingerprint),
        schema,
    ])
}

fn fingerprint(key: &[u8; 32]) -> String {
    match PublicKey::new(key) {
        // Enough to tell keys apart.
        Ok(key) => format!("{:?}", key.fingerprint())
            .chars()
            .take(16)
            .collect(),
        Err(_) => "unusable".to_owned(),
    }
}
