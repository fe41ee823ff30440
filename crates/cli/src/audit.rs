//! `runnerconf audit`: the record of changes, in the store itself.

mod forget;
mod list;
mod record;

use clap::Subcommand;

pub(crate) use self::record::kind;

use crate::error::Error;
use crate::place;

/// Shows who changed what, and forgets the oldest of it.
///
/// Every change is recorded in the transaction that makes it: through the API, and through this program. Nothing in the
/// record is ever changed; runnerconf serve --audit-retention, and forget, drop its oldest part.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Forget(forget::Arguments),
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    place::block_on(async {
        match arguments.command {
            Command::List(arguments) => list::run(arguments).await,
            Command::Forget(arguments) => forget::run(arguments).await,
        }
    })
}
