//! `runnerconf llm-integration`.

use clap::{ArgGroup, Args, Subcommand};
use runner_configuration::v1::list_llm_integrations_request::Filter;
use runner_configuration::v1::{
    CreateLlmIntegrationRequest, DeleteLlmIntegrationRequest, ListLlmIntegrationsRequest,
    LlmIntegration, LlmIntegrationPhase, LlmIntegrationRequestHeader,
    LlmIntegrationRequestHeaderType, LlmProvider, SupportedModel, UpdateLlmIntegrationRequest,
};

use crate::error::Error;
use crate::names;
use crate::pages::Pages;
use crate::request::{Pair, RequestFile, set, set_id, set_list, set_optional};
use crate::secret::SecretSource;
use crate::session::{ServerCommand, Session};
use crate::table::{or_dash, record, sealed, shortened, table};

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

/// Shows LLM integrations, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  runnerconf llm-integration list --runner d2c94c27-3b76-4a42-b88c-95a85e392c68")]
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
    let integrations = session.client.llm_integrations();
    let list = |pagination| {
        integrations.list(ListLlmIntegrationsRequest {
            pagination: Some(pagination),
            filter: Some(filter),
        })
    };
    let reply = session.list(arguments.pages, list).await?;
    session.show_page(&reply, || {
        let row = |integration: &LlmIntegration| {
            [
                integration.id.clone(),
                names::show::<LlmProvider>(integration.provider),
                shortened(&models(integration)),
                shortened(&or_dash(&integration.endpoint)),
                names::show::<LlmIntegrationPhase>(integration.phase),
                integration.runner_id.clone(),
            ]
        };
        let header = ["ID", "PROVIDER", "MODELS", "ENDPOINT", "PHASE", "RUNNER"];
        table(header, reply.integrations.iter().map(row))
    })
}

/// Shows one LLM integration. Its API key and header values are sealed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Id of the integration
    id: String,
}

async fn get(arguments: Get, session: &Session) -> Result<(), Error> {
    let reply = session
        .call(session.client.llm_integrations().get(arguments.id))
        .await?;
    session.show(&reply, || {
        let integration = reply.integration.clone().unwrap_or_default();
        let headers = integration.request_headers.iter();
        let headers: Vec<&str> = headers.map(|header| header.key.as_str()).collect();
        let max_tokens = match integration.max_tokens {
            0 => "the model's default".to_owned(),
            max_tokens => max_tokens.to_string(),
        };
        let phase = names::show::<LlmIntegrationPhase>(integration.phase);
        record([
            ("id", integration.id.clone()),
            ("provider", names::show::<LlmProvider>(integration.provider)),
            ("models", models(&integration)),
            ("endpoint", or_dash(&integration.endpoint)),
            ("API key", sealed(&integration.encrypted_api_key)),
            ("max tokens", max_tokens),
            ("headers", or_dash(&headers.join(" "))),
            ("phase", phase),
            ("reason", or_dash(&integration.phase_reason)),
            ("runner", integration.runner_id.clone()),
        ])
    })
}

/// As in `sonnet_4_5 opus_4_8`.
fn models(integration: &LlmIntegration) -> String {
    let models = integration.models.iter();
    let models = models.map(|model| names::show::<SupportedModel>(*model));
    models.collect::<Vec<_>>().join(" ")
}

/// Connects a runner to a provider of language models.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf llm-integration create [OPTIONS] --runner <ID> --model <MODEL>\n       runnerconf llm-integration create [OPTIONS] --file <FILE>",
    after_help = "Example:
  runnerconf llm-integration create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 \\
      --model sonnet_4_5 --endpoint https://api.anthropic.com --api-key-file key"
)]
pub(crate) struct Create {
    /// Id of the runner
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    runner: Option<String>,

    /// Model that the integration serves; may be repeated, all of one provider
    #[arg(long, required_unless_present = "file", value_parser = names::parser::<SupportedModel>())]
    model: Vec<SupportedModel>,

    /// URL of the provider's API
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// File with the API key; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<SecretSource>,

    /// Greatest number of tokens in one answer of a model; 0 means the model's default
    #[arg(long, value_name = "NUMBER")]
    max_tokens: Option<u64>,

    #[command(flatten)]
    file: RequestFile,
}

async fn create(arguments: Create, session: &mut Session) -> Result<(), Error> {
    let stdin = &mut session.stdin;
    let mut request: CreateLlmIntegrationRequest = arguments.file.read(stdin)?;
    set(&mut request.runner_id, arguments.runner);
    set_list(&mut request.models, arguments.model);
    set(&mut request.endpoint, arguments.endpoint);
    if let Some(source) = arguments.api_key_file {
        request.api_key = source.read(API_KEY, stdin)?.to_string();
    }
    set(&mut request.max_tokens, arguments.max_tokens);
    let reply = session
        .call(session.client.llm_integrations().create(request))
        .await?;
    session.show_done(&reply, "created LLM integration", &reply.id)
}

/// Not just "API key": the server has one, too.
const API_KEY: &str = "API key of the provider";

/// Changes an LLM integration; what is not given stays as it is.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf llm-integration update [OPTIONS] <ID>",
    group(ArgGroup::new("changes").required(true).multiple(true).arg("file")),
    after_help = "Examples:
  runnerconf llm-integration update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --disable
  runnerconf llm-integration update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --header-file x-team=team-header"
)]
pub(crate) struct Update {
    /// Id of the integration
    id: String,

    /// Model that the integration serves, in place of those that it did; may be repeated, all of one provider
    #[arg(long, group = "changes", value_parser = names::parser::<SupportedModel>())]
    model: Vec<SupportedModel>,

    /// New URL of the provider's API
    #[arg(long, value_name = "URL", group = "changes")]
    endpoint: Option<String>,

    /// File with the new API key; - reads standard input, or asks on a terminal
    #[arg(long, value_name = "FILE", group = "changes")]
    api_key_file: Option<SecretSource>,

    /// Greatest number of tokens in one answer of a model; 0 means the model's default
    #[arg(long, value_name = "NUMBER", group = "changes")]
    max_tokens: Option<u64>,

    /// HTTP header on each request to the provider, in place of those that there were, with its value from a file; may be
    /// repeated
    #[arg(long, value_name = "NAME=FILE", group = "changes")]
    header_file: Vec<Pair>,

    /// Let the integration be used
    #[arg(long, group = "changes", conflicts_with = "disable")]
    enable: bool,

    /// Let the integration not be used
    #[arg(long, group = "changes")]
    disable: bool,

    #[command(flatten)]
    file: RequestFile,
}

async fn update(arguments: Update, session: &mut Session) -> Result<(), Error> {
    let stdin = &mut session.stdin;
    let mut request: UpdateLlmIntegrationRequest = arguments.file.read(stdin)?;
    set_id(&mut request.id, arguments.id)?;
    set_list(&mut request.models, arguments.model);
    set_optional(&mut request.endpoint, arguments.endpoint);
    if let Some(source) = arguments.api_key_file {
        request.api_key = Some(source.read(API_KEY, stdin)?.to_string());
    }
    set_optional(&mut request.max_tokens, arguments.max_tokens);
    let mut headers = Vec::new();
    for pair in arguments.header_file {
        headers.push(LlmIntegrationRequestHeader {
            value: pair.read_secret(stdin)?.as_bytes().to_vec(),
            key: pair.key,
            header_type: LlmIntegrationRequestHeaderType::Literal.into(),
        });
    }
    set_list(&mut request.request_headers, headers);
    let enabled = arguments.enable.then_some(LlmIntegrationPhase::Available);
    let disabled = arguments.disable.then_some(LlmIntegrationPhase::Disabled);
    set_optional(&mut request.phase, enabled.or(disabled));
    let id = request.id.clone();
    let reply = session
        .call(session.client.llm_integrations().update(request))
        .await?;
    session.show_done(&reply, "updated LLM integration", &id)
}

/// Deletes an LLM integration.
///
/// The last enabled integration of a runner for one of its models is deleted with --force only.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Id of the integration
    id: String,

    /// Delete it also where it is the last one for a model
    #[arg(long)]
    force: bool,
}

async fn delete(arguments: Delete, session: &Session) -> Result<(), Error> {
    let Delete { id, force } = arguments;
    let request = DeleteLlmIntegrationRequest {
        id: id.clone(),
        force,
    };
    let reply = session
        .call(session.client.llm_integrations().delete(request))
        .await?;
    session.show_done(&reply, "deleted LLM integration", &id)
}
