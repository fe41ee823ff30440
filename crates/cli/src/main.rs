//! `runnerconf`: runs the reference service of `gitpod.v1.RunnerConfigurationService`, and registers the runners
//! that it keeps the configuration of.

mod admin_key;
mod api_key;
mod audit;
mod core_dumps;
mod cors;
mod data_folder;
mod demo;
mod duration;
mod error;
mod key;
mod logging;
mod output;
mod runner;
mod secret_file;
mod serve;
mod signals;
mod subject;
mod table;
mod tls;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Keeps the configuration of Ona runners: environment classes, SCM and LLM integrations, and host authentication
/// tokens.
#[derive(Debug, Parser)]
#[command(
    name = "runnerconf",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  runnerconf serve --demo                     serve on 127.0.0.1:8080, with a runner to try things on
  runnerconf runner apply -f runner.yaml      register a runner, or change it
  runnerconf runner list                      show the runners that are registered
  runnerconf key create --role admin          make an API key
  runnerconf audit list                       show who changed what"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Runner(runner::Arguments),
    Key(key::Arguments),
    Audit(audit::Arguments),
}

fn main() -> ExitCode {
    // Before any key or secret is read.
    let command = core_dumps::switch_off().map(|()| Arguments::parse().command);
    match command.and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as in `runnerconf runner list | head -1`.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Runner(arguments) => runner::run(arguments),
        Command::Key(arguments) => key::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
    }
}
