//! `runnerconf store`: work on the store itself.

mod backup;
mod check;
mod copy;
mod progress;

use clap::Subcommand;

use crate::error::Error;
use crate::place;

/// Moves, checks and backs up the store itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Copy(copy::Arguments),
    Check(check::Arguments),
    Backup(backup::Arguments),
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    match arguments.command {
        Command::Copy(arguments) => place::block_on(copy::run(arguments)),
        Command::Check(arguments) => place::block_on(check::run(arguments)),
        Command::Backup(arguments) => backup::run(&arguments),
    }
}
