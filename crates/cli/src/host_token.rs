//! `runnerconf host-token`.

use clap::{ArgGroup, Args, Subcommand};
use runner_configuration::Timestamp;
use runner_configuration::v1::list_host_authentication_tokens_request::Filter;
use runner_configuration::v1::{
    CreateHostAuthenticationTokenRequest, HostAuthenticationToken, HostAuthenticationTokenSource,
    ListHostAuthenticationTokensRequest, UpdateHostAuthenticationTokenRequest,
};

use crate::error::Error;
use crate::names;
use crate::pages::Pages;
use crate::request::{RequestFile, set, set_id, set_list, set_optional};
use crate::secret::SecretSource;
use crate::session::{ServerCommand, Session};
use crate::subject::{self, Subject};
use crate::table::{or_dash, record, shortened, table};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Get(Get),
    Create(Box<Create>),
    Update(Update),
    Delete(Delete),
}

impl ServerCommand for Command {
    async fn run(self, session: &mut Session) -> Result<(), Error> {
        match self {
            Self::List(arguments) => list(arguments, session).await,
            Self::Get(arguments) => get(arguments, session).await,
            Self::Create(arguments) => create(*arguments, session).await,
            Self::Update(arguments) => update(arguments, session).await,
            Self::Delete(arguments) => delete(arguments, session).await,
        }
    }
}

/// Shows host authentication tokens, oldest first: your own, and those of others if you may see them.
///
/// All conditions that are given have to hold.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  runnerconf host-token list --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 --all")]
pub(crate) struct List {
    /// Only tokens that this runner uses
    #[arg(long, value_name = "ID")]
    runner: Option<String>,

    /// Only tokens that this user or service account owns
    #[arg(long, value_name = "ID")]
    owner: Option<String>,

    #[command(flatten)]
    pages: Pages,
}

async fn list(arguments: List, session: &Session) -> Result<(), Error> {
    let filter = Filter {
        runner_id: arguments.runner,
        subject_id: arguments.owner,
        ..Filter::default()
    };
    let tokens = session.client.host_authentication_tokens();
    let list = |pagination| {
        tokens.list(ListHostAuthenticationTokensRequest {
            pagination: Some(pagination),
            filter: Some(filter),
        })
    };
    let reply = session.list(arguments.pages, list).await?;
    session.show_page(&reply, || {
        let row = |token: &HostAuthenticationToken| {
            [
                token.id.clone(),
                shortened(&token.host),
                names::show::<HostAuthenticationTokenSource>(token.source),
                owner(token),
                expiry(token),
                token.runner_id.clone(),
            ]
        };
        let header = ["ID", "HOST", "SOURCE", "OWNER", "EXPIRES", "RUNNER"];
        table(header, reply.tokens.iter().map(row))
    })
}

/// Shows one host authentication token, without its secret parts.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Id of the token
    id: String,
}

async fn get(arguments: Get, session: &Session) -> Result<(), Error> {
    let tokens = session.client.host_authentication_tokens();
    let reply = session.call(tokens.get(arguments.id)).await?;
    session.show(&reply, || {
        let token = reply.token.clone().unwrap_or_default();
        let source = names::show::<HostAuthenticationTokenSource>(token.source);
        record([
            ("id", token.id.clone()),
            ("host", token.host.clone()),
            ("source", source),
            ("owner", owner(&token)),
            ("expires", expiry(&token)),
            ("scopes", or_dash(&token.scopes.join(" "))),
            ("integration", or_dash(&token.integration_id)),
            ("runner", token.runner_id.clone()),
        ])
    })
}

fn owner(token: &HostAuthenticationToken) -> String {
    match &token.subject {
        Some(owner) => subject::of_message(owner),
        None => or_dash(""),
    }
}

fn expiry(token: &HostAuthenticationToken) -> String {
    match &token.expires_at {
        Some(time) => time.to_string(),
        None => or_dash(""),
    }
}

/// Stores a token for a source code host, on one runner and for one owner.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf host-token create [OPTIONS] --runner <ID> --host <HOST>\n       runnerconf host-token create [OPTIONS] --file <FILE>",
    after_help = "Examples:
  runnerconf host-token create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 --host github.com --source pat
      asks for the token
  gh auth token | runnerconf host-token create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 \\
      --host github.com --source oauth --scope repo --scope read:user --token-file -"
)]
pub(crate) struct Create {
    /// Id of the runner that uses the token
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    runner: Option<String>,

    /// The host, such as github.com, with a port if it is not 443
    #[arg(long, required_unless_present = "file")]
    host: Option<String>,

    /// File with the token; - reads standard input, or asks on a terminal [default: -, unless the token is in --file]
    #[arg(long, value_name = "FILE")]
    token_file: Option<SecretSource>,

    /// File with the OAuth refresh token; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE")]
    refresh_token_file: Option<SecretSource>,

    /// How the token was obtained
    #[arg(long, value_parser = names::parser::<HostAuthenticationTokenSource>())]
    source: Option<HostAuthenticationTokenSource>,

    /// When the token stops working, as in 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Timestamp>,

    /// What the token permits, in the words of its host; may be repeated
    #[arg(long)]
    scope: Vec<String>,

    /// Id of the SCM integration that the token was obtained through
    #[arg(long, value_name = "ID")]
    integration: Option<String>,

    /// Who owns the token, if that is somebody else than you, as in user:0195f2b1-7c00-7000-8000-000000000001
    #[arg(long, value_name = "KIND:ID")]
    owner: Option<Subject>,

    #[command(flatten)]
    file: RequestFile,
}

async fn create(arguments: Create, session: &mut Session) -> Result<(), Error> {
    let stdin = &mut session.stdin;
    let mut request: CreateHostAuthenticationTokenRequest = arguments.file.read(stdin)?;
    let token_file = match arguments.token_file {
        None if request.token.is_empty() => Some(SecretSource::STANDARD_INPUT),
        token_file => token_file,
    };
    if let Some(source) = token_file {
        request.token = source.read("Token", stdin)?.to_string();
    }
    if let Some(source) = arguments.refresh_token_file {
        request.refresh_token = source.read("Refresh token", stdin)?.to_string();
    }
    set(&mut request.runner_id, arguments.runner);
    set(&mut request.host, arguments.host);
    set(&mut request.source, arguments.source);
    set_optional(&mut request.expires_at, arguments.expires_at);
    set_list(&mut request.scopes, arguments.scope);
    set(&mut request.integration_id, arguments.integration);
    set_optional(&mut request.subject, arguments.owner.map(|owner| owner.0));
    let tokens = session.client.host_authentication_tokens();
    let reply = session.call(tokens.create(request)).await?;
    let id = reply.token.as_ref().map_or("", |token| &token.id);
    session.show_done(&reply, "created host authentication token", id)
}

/// Changes a host authentication token; what is not given stays as it is.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf host-token update [OPTIONS] <ID>",
    group(ArgGroup::new("changes").required(true).multiple(true).arg("file")),
    after_help = "Example:
  runnerconf host-token update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --token-file new-token"
)]
pub(crate) struct Update {
    /// Id of the token
    id: String,

    /// File with the new token; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE", group = "changes")]
    token_file: Option<SecretSource>,

    /// File with the new OAuth refresh token; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE", group = "changes")]
    refresh_token_file: Option<SecretSource>,

    /// When the token stops working, as in 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", group = "changes")]
    expires_at: Option<Timestamp>,

    /// What the token permits, in place of what it did; may be repeated
    #[arg(long, group = "changes")]
    scope: Vec<String>,

    #[command(flatten)]
    file: RequestFile,
}

async fn update(arguments: Update, session: &mut Session) -> Result<(), Error> {
    let stdin = &mut session.stdin;
    let mut request: UpdateHostAuthenticationTokenRequest = arguments.file.read(stdin)?;
    set_id(&mut request.id, arguments.id)?;
    if let Some(source) = arguments.token_file {
        request.token = Some(source.read("Token", stdin)?.to_string());
    }
    if let Some(source) = arguments.refresh_token_file {
        request.refresh_token = Some(source.read("Refresh token", stdin)?.to_string());
    }
    set_optional(&mut request.expires_at, arguments.expires_at);
    set_list(&mut request.scopes, arguments.scope);
    let id = request.id.clone();
    let tokens = session.client.host_authentication_tokens();
    let reply = session.call(tokens.update(request)).await?;
    session.show_done(&reply, "updated host authentication token", &id)
}

/// Deletes a host authentication token. It is not revoked at its host.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Id of the token
    id: String,
}

async fn delete(arguments: Delete, session: &Session) -> Result<(), Error> {
    let tokens = session.client.host_authentication_tokens();
    let reply = session.call(tokens.delete(&arguments.id)).await?;
    session.show_done(&reply, "deleted host authentication token", &arguments.id)
}
