//! `runnerconf scm-integration`.

use clap::{ArgGroup, Args, Subcommand};
use runner_configuration::v1::list_scm_integrations_request::Filter;
use runner_configuration::v1::{
    CreateScmIntegrationRequest, ListScmIntegrationsRequest, ScmIntegration,
    UpdateScmIntegrationRequest,
};

use crate::error::Error;
use crate::pages::Pages;
use crate::request::{RequestFile, set, set_id, set_optional};
use crate::secret::SecretSource;
use crate::session::{ServerCommand, Session};
use crate::table::{or_dash, record, sealed, shortened, table, yes_or_no};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Get(Get),
    Create(Create),
    Update(Update),
    Delete(Delete),
}

impl ServerCommand for Command {
    async fn run(self, session: &mut Session) -> Result<(), Error> {
        match self {
            Self::List(arguments) => list(arguments, session).await,
            Self::Get(arguments) => get(arguments, session).await,
            Self::Create(arguments) => create(arguments, session).await,
            Self::Update(arguments) => update(arguments, session).await,
            Self::Delete(arguments) => delete(arguments, session).await,
        }
    }
}

/// Shows SCM integrations, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  runnerconf scm-integration list --runner d2c94c27-3b76-4a42-b88c-95a85e392c68")]
pub(crate) struct List {
    /// Only integrations of this runner; may be repeated
    #[arg(long, value_name = "ID")]
    runner: Vec<String>,

    #[command(flatten)]
    pages: Pages,
}

async fn list(arguments: List, session: &Session) -> Result<(), Error> {
    let filter = Filter {
        runner_ids: arguments.runner,
    };
    let integrations = session.client.scm_integrations();
    let list = |pagination| {
        integrations.list(ListScmIntegrationsRequest {
            pagination: Some(pagination),
            filter: Some(filter),
        })
    };
    let reply = session.list(arguments.pages, list).await?;
    session.show_page(&reply, || {
        let row = |integration: &ScmIntegration| {
            let client_id = integration.oauth.as_ref().map(|oauth| &*oauth.client_id);
            [
                integration.id.clone(),
                shortened(&integration.scm_id),
                shortened(&integration.host),
                shortened(&or_dash(client_id.unwrap_or_default())),
                yes_or_no(integration.pat),
                integration.runner_id.clone(),
            ]
        };
        let header = ["ID", "SCM", "HOST", "OAUTH CLIENT", "PAT", "RUNNER"];
        table(header, reply.integrations.iter().map(row))
    })
}

/// Shows one SCM integration. Its client secret is sealed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Id of the integration
    id: String,
}

async fn get(arguments: Get, session: &Session) -> Result<(), Error> {
    let reply = session
        .call(session.client.scm_integrations().get(arguments.id))
        .await?;
    session.show(&reply, || {
        let integration = reply.integration.clone().unwrap_or_default();
        let directory = or_dash(integration.virtual_directory());
        let oauth = integration.oauth.unwrap_or_default();
        record([
            ("id", integration.id),
            ("scm", integration.scm_id),
            ("host", integration.host),
            ("virtual directory", directory),
            ("OAuth client", or_dash(&oauth.client_id)),
            ("OAuth secret", sealed(&oauth.encrypted_client_secret)),
            ("OAuth issuer", or_dash(&oauth.issuer_url)),
            ("PAT", yes_or_no(integration.pat)),
            ("runner", integration.runner_id),
        ])
    })
}

/// Connects a runner to a source code host.
///
/// Users sign in to the host by OAuth, with a personal access token, or by either. `runnerconf schema get` shows what the
/// runner offers, and `runnerconf validate scm-integration`, with the same arguments, whether the integration would be
/// accepted.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf scm-integration create [OPTIONS] --runner <ID> --scm <KIND> --host <HOST>\n       runnerconf scm-integration create [OPTIONS] --file <FILE>",
    after_help = "Examples:
  runnerconf scm-integration create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 --scm github --host github.com --pat
  runnerconf scm-integration create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 --scm github --host github.com \\
      --oauth-client-id my-app --oauth-client-secret-file secret"
)]
pub(crate) struct Create {
    #[command(flatten)]
    integration: NewIntegration,
}

async fn create(arguments: Create, session: &mut Session) -> Result<(), Error> {
    let request = arguments.integration.request(session)?;
    let reply = session
        .call(session.client.scm_integrations().create(request))
        .await?;
    session.show_done(&reply, "created SCM integration", &reply.id)
}

/// What a new integration is like: the arguments of create and validate.
#[derive(Debug, Args)]
pub(crate) struct NewIntegration {
    /// Id of the runner
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    runner: Option<String>,

    /// Kind of host, as the runner's schema calls it, such as github
    #[arg(long, value_name = "KIND", required_unless_present = "file")]
    scm: Option<String>,

    /// The host, such as github.com, with a port if it is not 443
    #[arg(long, required_unless_present = "file")]
    host: Option<String>,

    /// Client id of the OAuth app
    #[arg(long, value_name = "ID")]
    oauth_client_id: Option<String>,

    /// File with the client secret of the OAuth app; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE")]
    oauth_client_secret_file: Option<SecretSource>,

    /// Where OAuth requests go if that is not the host itself, as an https URL
    #[arg(long, value_name = "URL")]
    issuer_url: Option<String>,

    /// Let users sign in with a personal access token
    #[arg(long)]
    pat: bool,

    /// Path below which Azure DevOps Server answers, such as /tfs
    #[arg(long, value_name = "PATH")]
    virtual_directory: Option<String>,

    #[command(flatten)]
    file: RequestFile,
}

impl NewIntegration {
    /// The request that creates the integration.
    pub(crate) fn request(
        self,
        session: &mut Session,
    ) -> Result<CreateScmIntegrationRequest, Error> {
        let stdin = &mut session.stdin;
        let mut request: CreateScmIntegrationRequest = self.file.read(stdin)?;
        set(&mut request.runner_id, self.runner);
        set(&mut request.scm_id, self.scm);
        set(&mut request.host, self.host);
        set_optional(&mut request.oauth_client_id, self.oauth_client_id);
        if let Some(source) = self.oauth_client_secret_file {
            let secret = source.read(CLIENT_SECRET, stdin)?.to_string();
            request.oauth_plaintext_client_secret = Some(secret);
        }
        set_optional(&mut request.issuer_url, self.issuer_url);
        request.pat |= self.pat;
        set_optional(&mut request.virtual_directory, self.virtual_directory);
        Ok(request)
    }
}

const CLIENT_SECRET: &str = "OAuth client secret";

/// Changes an SCM integration; what is not given stays as it is.
///
/// To turn off a way to sign in deletes the host authentication tokens that were obtained by it.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf scm-integration update [OPTIONS] <ID>",
    group(ArgGroup::new("changes").required(true).multiple(true).arg("file")),
    after_help = "Examples:
  runnerconf scm-integration update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --oauth-client-secret-file new-secret
  runnerconf scm-integration update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --no-oauth --pat"
)]
pub(crate) struct Update {
    /// Id of the integration
    id: String,

    /// New client id of the OAuth app
    #[arg(long, value_name = "ID", group = "changes")]
    oauth_client_id: Option<String>,

    /// File with the new client secret of the OAuth app; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE", group = "changes")]
    oauth_client_secret_file: Option<SecretSource>,

    /// Turn OAuth off
    #[arg(long, group = "changes", conflicts_with_all = ["oauth_client_id", "oauth_client_secret_file"])]
    no_oauth: bool,

    /// Where OAuth requests go, as an https URL; an empty text means the host itself
    #[arg(long, value_name = "URL", group = "changes")]
    issuer_url: Option<String>,

    /// Let users sign in with a personal access token
    #[arg(long, group = "changes", conflicts_with = "no_pat")]
    pat: bool,

    /// Do not let users sign in with a personal access token
    #[arg(long, group = "changes")]
    no_pat: bool,

    /// Path below which Azure DevOps Server answers, such as /tfs; an empty text means none
    #[arg(long, value_name = "PATH", group = "changes")]
    virtual_directory: Option<String>,

    #[command(flatten)]
    file: RequestFile,
}

async fn update(arguments: Update, session: &mut Session) -> Result<(), Error> {
    let stdin = &mut session.stdin;
    let mut request: UpdateScmIntegrationRequest = arguments.file.read(stdin)?;
    set_id(&mut request.id, arguments.id)?;
    set_optional(&mut request.oauth_client_id, arguments.oauth_client_id);
    // This is how the API turns it off.
    set_optional(
        &mut request.oauth_client_id,
        arguments.no_oauth.then_some(""),
    );
    if let Some(source) = arguments.oauth_client_secret_file {
        let secret = source.read(CLIENT_SECRET, stdin)?.to_string();
        request.oauth_plaintext_client_secret = Some(secret);
    }
    set_optional(&mut request.issuer_url, arguments.issuer_url);
    set_optional(&mut request.pat, arguments.pat.then_some(true));
    set_optional(&mut request.pat, arguments.no_pat.then_some(false));
    set_optional(&mut request.virtual_directory, arguments.virtual_directory);
    let id = request.id.clone();
    let reply = session
        .call(session.client.scm_integrations().update(request))
        .await?;
    session.show_done(&reply, "updated SCM integration", &id)
}

/// Deletes an SCM integration, and the host authentication tokens that rest on it.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Id of the integration
    id: String,
}

async fn delete(arguments: Delete, session: &Session) -> Result<(), Error> {
    let integrations = session.client.scm_integrations();
    let reply = session.call(integrations.delete(&arguments.id)).await?;
    session.show_done(&reply, "deleted SCM integration", &arguments.id)
}
