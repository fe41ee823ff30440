//! `runnerconf key`: API keys, worked on in the store itself. A server on the same store sees changes at once.

mod create;
mod expiry;
mod list;
mod revoke;

use clap::Subcommand;

use crate::error::Error;
use crate::place;

/// Makes, shows and revokes API keys.
///
/// These commands work on the store itself, also while servers use it: they see the changes at once.
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
    place::block_on(async {
        match arguments.command {
            Command::Create(arguments) => create::run(arguments).await,
            Command::List(arguments) => list::run(arguments).await,
            Command::Revoke(arguments) => revoke::run(arguments).await,
        }
    })
}
