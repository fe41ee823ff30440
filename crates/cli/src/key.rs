//! `runnerconf key`: API keys, worked on in the store itself. A server on the same store sees changes at once.

mod create;
mod expiry;
mod list;
mod revoke;

use clap::Subcommand;

use crate::error::Error;

/// Makes, shows and revokes API keys.
///
/// These commands work on the data folder itself, also while a server uses it: the server sees the changes at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Arguments),
    List(list::Arguments),
    Revoke(revoke::Arguments),
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(Error::Start)?;
    runtime.block_on(async {
        match arguments.command {
            Command::Create(arguments) => create::run(arguments).await,
            Command::List(arguments) => list::run(arguments).await,
            Command::Revoke(arguments) => revoke::run(arguments).await,
        }
    })
}
