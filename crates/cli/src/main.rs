//! `runnerconf`: runs the reference service of `gitpod.v1.RunnerConfigurationService`, registers the runners that it
//! keeps the configuration of, and works with any server of that API.

mod admin_key;
#[cfg(feature = "mimalloc")]
mod allocator;
mod api_key;
mod audit;
mod completions;
mod config;
mod core_dumps;
mod cors;
mod data_folder;
mod demo;
mod document;
mod duration;
mod environment_class;
mod error;
mod failure;
mod host_token;
mod input;
mod key;
mod limits;
mod llm_integration;
mod logging;
mod man_pages;
mod metrics;
mod names;
mod observability;
mod oidc;
mod open_files;
mod otlp;
mod output;
mod pages;
mod place;
mod profile;
mod readiness;
mod request;
mod runner;
mod schema;
mod scm_integration;
mod secret;
mod secret_file;
mod serve;
mod server_choice;
mod session;
mod signals;
mod store;
mod subject;
mod table;
mod tls;
mod validate;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::error::Error;
use crate::session::Group;

/// What this was built from, by git's tags where the source was in git: see build.rs.
const VERSION: &str = env!("RUNNERCONF_VERSION");

/// Keeps the configuration of Ona runners: environment classes, SCM and LLM integrations, and host authentication
/// tokens.
#[derive(Debug, Parser)]
#[command(
    name = "runnerconf",
    version = VERSION,
    arg_required_else_help = true,
    after_help = "Examples:
  runnerconf serve --demo                     serve on 127.0.0.1:8080, with a runner to try things on
  runnerconf runner apply -f runner.yaml      register a runner, or change it
  runnerconf runner list                      show the runners that are registered
  runnerconf key create --role admin          make an API key
  runnerconf audit list                       show who changed what
  runnerconf store backup --to FILE           back up the store, while it is served
  runnerconf environment-class list           show the environment classes of the server in ONA_BASE_URL, with the key
                                              in ONA_API_KEY; --help there tells of profiles and exit codes"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Config(config::ConfigCommand),
    Runner(runner::Arguments),
    Key(key::Arguments),
    Audit(audit::Arguments),
    Store(store::Arguments),
    /// Shows and changes environment classes of a server: the kinds of machines that environments can be started on.
    ///
    /// A class cannot be deleted, only disabled, and its configuration cannot be changed.
    EnvironmentClass(Group<environment_class::Command>),
    /// Shows and changes host authentication tokens of a server: credentials for source code hosts.
    ///
    /// The credentials themselves are never shown: the server seals them to the runner's key.
    HostToken(Group<host_token::Command>),
    /// Shows and changes SCM integrations of a server: the connections of runners to source code hosts.
    ScmIntegration(Group<scm_integration::Command>),
    /// Shows and changes LLM integrations of a server: the connections of runners to providers of language models.
    LlmIntegration(Group<llm_integration::Command>),
    /// Shows what can be configured on a runner of a server.
    Schema(Group<schema::Command>),
    /// Says whether a server would accept an environment class or an SCM integration, and stores nothing.
    ///
    /// It takes the same arguments and files as create. What is wrong is shown field by field, and the exit code is then 3.
    Validate(Group<validate::Command>),
    Completions(completions::Arguments),
    #[command(hide = true)]
    ManPages(man_pages::Arguments),
}

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

fn main() -> ExitCode {
    // Before any key or secret is read.
    match core_dumps::switch_off().and_then(|()| run_program()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as in `runnerconf runner list | head -1`.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            output::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run_program() -> Result<(), Error> {
    let program = Arguments::command();
    let given: Vec<OsString> = env::args_os().collect();
    let arguments = config::complete(&program, given.clone())?;
    let matches = program.clone().get_matches_from(arguments);
    match Arguments::from_arg_matches(&matches) {
        Ok(Arguments {
            command: Command::Config(arguments),
        }) => config::show_or_check(&arguments, &program, &given, &matches),
        Ok(arguments) => run(arguments.command),
        Err(error) => error.exit(),
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        // It is about the whole command line.
        Command::Config(_) => Ok(()),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Runner(arguments) => runner::run(arguments),
        Command::Key(arguments) => key::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Store(arguments) => store::run(arguments),
        Command::EnvironmentClass(group) => group.run(),
        Command::HostToken(group) => group.run(),
        Command::ScmIntegration(group) => group.run(),
        Command::LlmIntegration(group) => group.run(),
        Command::Schema(group) => group.run(),
        Command::Validate(group) => group.run(),
        Command::Completions(arguments) => completions::run::<Arguments>(&arguments),
        Command::ManPages(arguments) => man_pages::run::<Arguments>(&arguments),
    }
}
