//! `runnerconf store copy`.

use std::path::PathBuf;

use runner_configuration_service::store::copy::{CopyOptions, copy};

use super::progress::Display;
use crate::error::Error;
use crate::output;
use crate::place::{Credentials, Place};

/// Copies a whole store into an empty place: from SQLite to PostgreSQL, back, or from one to another of a kind.
///
/// Everything is copied: runners, their objects with sealed secrets, API keys (their hashes, as they are stored), and the
/// record of changes with its sequence numbers. In the end both stores are read again and compared.
///
/// Stop all servers that use the source before, and start them on the destination after: a source that was changed
/// meanwhile is found out, and the copy has to begin again.
///
/// After an interruption, of whatever kind, run the same command again: it goes on from where it was. Until it has
/// finished no server starts on the destination.
#[derive(Debug, clap::Args)]
#[command(after_help = "Environment:
  PGPASSWORD  the password for both databases, where no file is given

Examples:
  runnerconf store copy --from sqlite://data/store.db --to postgres://runnerconf@db.example.com/runnerconf \\
      --to-password-file password
  runnerconf store copy --from postgres://runnerconf@db.example.com/runnerconf --to sqlite://copy.db")]
pub(super) struct Arguments {
    /// The store to copy: sqlite://FILE, or postgres://USER@HOST:PORT/DATABASE, with sslmode=disable for a database on
    /// another machine without TLS
    #[arg(long, value_name = "URL")]
    from: String,

    /// Where to: a file that does not exist, or an empty database
    #[arg(long, value_name = "URL")]
    to: String,

    /// File with the password for the database of --from
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,

    /// File with the password for the database of --to
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,

    /// Only a database of --from with a certificate that one of these, in PEM, has issued [default: those that the
    /// platform trusts]
    #[arg(long, value_name = "FILE")]
    from_ca: Option<PathBuf>,

    /// Only a database of --to with a certificate that one of these, in PEM, has issued [default: those that the
    /// platform trusts]
    #[arg(long, value_name = "FILE")]
    to_ca: Option<PathBuf>,

    /// How many objects are stored at once
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let from = Place::from_url(
        &arguments.from,
        &Credentials {
            option: "--from",
            password_file: arguments.from_password_file.as_deref(),
            authorities: arguments.from_ca.as_deref(),
        },
    )?;
    let to = Place::from_url(
        &arguments.to,
        &Credentials {
            option: "--to",
            password_file: arguments.to_password_file.as_deref(),
            authorities: arguments.to_ca.as_deref(),
        },
    )?;
    if from.to_string() == to.to_string() {
        return Err(Error::CopyOntoItself);
    }
    let mut source = from.existing_tables("--from").await?;
    let mut destination = to.tables().await?;

    let mut display = Display::start();
    let options = CopyOptions {
        source: from.to_string(),
        batch: arguments.batch.into(),
        progress: &mut |progress| display.show(progress),
    };
    let copied = copy(source.as_mut(), destination.as_mut(), options).await;
    display.end();
    let copied = copied?;
    let counts: Vec<String> = copied
        .counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    output::line(format_args!(
        "copied to {to}, and compared: {}",
        counts.join(", ")
    ))
}
