//! `runnerconf runner list`.

use runner_configuration_service::seal::PublicKey;
use runner_configuration_service::store::{Runner, Store};

use super::names;
use crate::data_folder::{DataFolder, open_existing_store};
use crate::error::Error;
use crate::output;

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
    let mut rows = vec![HEADER.map(str::to_owned)];
    for runner in &runners {
        rows.push(row(runner)?);
    }
    table(&rows).into_iter().try_for_each(output::line)
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

/// Lines with aligned columns.
fn table(rows: &[[String; 6]]) -> Vec<String> {
    let rows: Vec<[String; 6]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| printable(cell)))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(widths);
            let line: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            line.join("  ").trim_end().to_owned()
        })
        .collect()
}

/// Control characters could change what a terminal shows.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_controls_the_terminal() {
        let rows = [
            HEADER.map(str::to_owned),
            ["1", "Köln", "remote", "gcp", "-", "a\u{1b}[2J"].map(str::to_owned),
        ];
        assert_eq!(
            table(&rows),
            [
                "ID  NAME  KIND    PROVIDER  PUBLIC KEY  SCHEMA",
                "1   Köln  remote  gcp       -           a\u{fffd}[2J",
            ]
        );
    }
}
