//! What all commands for a server have in common: the client, and how its replies are shown.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use runner_configuration::v1::PaginationRequest;
use runner_configuration_client::rpc::{ListRequest, Message};
use runner_configuration_client::{Call, Client};
use serde::Serialize;

use crate::error::Error;
use crate::failure::{Failure, Origin};
use crate::input::Stdin;
use crate::output;
use crate::pages::{Page, Pages};
use crate::server_choice::{HELP, ServerArguments};
use crate::table::printable;

/// Commands for a server.
pub(crate) trait ServerCommand: Subcommand {
    async fn run(self, session: &mut Session) -> Result<(), Error>;
}

/// A group of such commands, with the arguments that all of them take.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Group<C: ServerCommand> {
    #[command(subcommand)]
    command: C,

    #[command(flatten)]
    session: SessionArguments,
}

impl<C: ServerCommand> Group<C> {
    /// Runs the command that was chosen, for the server that was.
    pub(crate) fn run(self) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Start)?;
        let mut session = Session::new(self.session)?;
        runtime.block_on(self.command.run(&mut session))
    }
}

#[derive(Debug, Args)]
struct SessionArguments {
    /// How to show replies: json and yaml have all that the server replies, in proto3 JSON [default: table on a
    /// terminal, otherwise json]
    #[arg(short, long, global = true, value_name = "FORMAT")]
    output: Option<Format>,

    #[command(flatten)]
    server: ServerArguments,

    /// How long to wait for an answer
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=86_400), help_heading = "Server")]
    timeout: u64,
}

/// How replies are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Yaml,
}

/// One command's dealings with a server.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) stdin: Stdin,
    format: Format,
    origin: Origin,
}

impl Session {
    fn new(arguments: SessionArguments) -> Result<Self, Error> {
        let mut stdin = Stdin::default();
        let server = arguments.server.choose(&mut stdin)?;
        let origin = Origin {
            url: server.url.from,
            key: server.key.from,
        };
        let client = Client::builder()
            .base_url(server.url.value)
            .api_key(server.key.value.as_str())
            .timeout(Duration::from_secs(arguments.timeout))
            .build()
            .map_err(|error| Failure::of_client(error, &origin))?;
        let otherwise = if io::stdout().is_terminal() {
            Format::Table
        } else {
            Format::Json
        };
        Ok(Self {
            client,
            stdin,
            format: arguments.output.unwrap_or(otherwise),
            origin,
        })
    }

    /// Makes a call.
    pub(crate) async fn call<Q: Message, P: Message>(&self, call: Call<Q, P>) -> Result<P, Error> {
        let reply = call.await;
        Ok(reply.map_err(|error| Failure::of_call(error, &self.origin))?)
    }

    /// Makes the calls for the pages that are wanted.
    pub(crate) async fn list<Q>(
        &self,
        pages: Pages,
        list: impl FnOnce(PaginationRequest) -> Call<Q, Q::Response>,
    ) -> Result<Q::Response, Error>
    where
        Q: ListRequest<Response: Page>,
    {
        let reply = pages.fetch(list).await;
        Ok(reply.map_err(|error| Failure::of_call(error, &self.origin))?)
    }

    /// Shows a reply: these lines as a table, otherwise all of it.
    pub(crate) fn show(
        &self,
        reply: &impl Serialize,
        lines: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Error> {
        match self.format {
            Format::Table => lines().into_iter().try_for_each(output::line),
            Format::Json => output::line(serde_json::to_string_pretty(reply).map_err(Error::Json)?),
            Format::Yaml => {
                let text = serde_saphyr::to_string(reply);
                let text = text.map_err(|error| Error::Yaml(error.to_string()))?;
                output::line(text.trim_end())
            }
        }
    }

    /// Shows a part of a list, and that it goes on. JSON and YAML have the token in themselves.
    pub(crate) fn show_page(
        &self,
        reply: &(impl Serialize + Page),
        lines: impl FnOnce() -> Vec<String>,
    ) -> Result<(), Error> {
        self.show(reply, lines)?;
        if let (Format::Table, Some(token)) = (self.format, reply.next_token()) {
            let token = printable(token);
            output::note(format_args!(
                "there are more: use --all, or --page-token {token}"
            ));
        }
        Ok(())
    }

    /// Shows what was done to the object with this id.
    pub(crate) fn show_done(
        &self,
        reply: &impl Serialize,
        done: &str,
        id: &str,
    ) -> Result<(), Error> {
        self.show(reply, || vec![printable(&format!("{done} {id}"))])
    }
}
