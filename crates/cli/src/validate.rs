//! `runnerconf validate`.

use clap::{Args, Subcommand};
use runner_configuration::v1::validate_runner_configuration_request::validate_scm_integration::OauthClientSecret;
use runner_configuration::v1::validate_runner_configuration_request::{
    Config, ValidateScmIntegration,
};
use runner_configuration::v1::validate_runner_configuration_response::Result as Validated;
use runner_configuration::v1::{
    EnvironmentClass, EnvironmentClassValidationResult, ScmIntegrationValidationResult,
    ValidateRunnerConfigurationRequest,
};

use crate::environment_class::NewClass;
use crate::error::Error;
use crate::scm_integration::NewIntegration;
use crate::session::{ServerCommand, Session};
use crate::table::table;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    EnvironmentClass(Class),
    ScmIntegration(Integration),
}

impl ServerCommand for Command {
    async fn run(self, session: &mut Session) -> Result<(), Error> {
        match self {
            Self::EnvironmentClass(arguments) => class(arguments, session).await,
            Self::ScmIntegration(arguments) => integration(arguments, session).await,
        }
    }
}

/// Says whether an environment class would be accepted.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf validate environment-class [OPTIONS] --runner <ID> --name <TEXT> --description <TEXT>\n       runnerconf validate environment-class [OPTIONS] --file <FILE>",
    after_help = "Example:
  runnerconf validate environment-class -f class.yaml && runnerconf environment-class create -f class.yaml"
)]
pub(crate) struct Class {
    #[command(flatten)]
    class: NewClass,
}

async fn class(arguments: Class, session: &mut Session) -> Result<(), Error> {
    let request = arguments.class.request(session).await?;
    let class = EnvironmentClass {
        display_name: request.display_name,
        description: request.description,
        configuration: request.configuration,
        ..EnvironmentClass::default()
    };
    validate(request.runner_id, Config::EnvironmentClass(class), session).await
}

/// Says whether an SCM integration would be accepted.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf validate scm-integration [OPTIONS] --runner <ID> --scm <KIND> --host <HOST>\n       runnerconf validate scm-integration [OPTIONS] --file <FILE>",
    after_help = "Example:
  runnerconf validate scm-integration --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 --scm gitlab --host gitlab.com --pat"
)]
pub(crate) struct Integration {
    #[command(flatten)]
    integration: NewIntegration,

    /// Id of the integration that is to be changed like this; its client secret stands in for one that is not given
    #[arg(long, value_name = "ID")]
    integration_id: Option<String>,
}

async fn integration(arguments: Integration, session: &mut Session) -> Result<(), Error> {
    let request = arguments.integration.request(session)?;
    let secret = request.oauth_plaintext_client_secret;
    let integration = ValidateScmIntegration {
        id: arguments.integration_id.unwrap_or_default(),
        scm_id: request.scm_id,
        host: request.host,
        oauth_client_id: request.oauth_client_id,
        oauth_client_secret: secret.map(OauthClientSecret::OauthPlaintextClientSecret),
        pat: request.pat,
        issuer_url: request.issuer_url,
        virtual_directory: request.virtual_directory,
    };
    let config = Config::ScmIntegration(integration);
    validate(request.runner_id, config, session).await
}

async fn validate(runner_id: String, config: Config, session: &Session) -> Result<(), Error> {
    let request = ValidateRunnerConfigurationRequest {
        runner_id,
        config: Some(config),
    };
    let reply = session
        .call(session.client.configuration().validate(request))
        .await?;
    let (is_valid, problems) = match &reply.result {
        Some(Validated::EnvironmentClass(result)) => (result.valid, of_class(result)),
        Some(Validated::ScmIntegration(result)) => (result.valid, of_integration(result)),
        None => (false, Vec::new()),
    };
    session.show(&reply, || {
        if is_valid {
            vec!["valid".to_owned()]
        } else {
            table(["FIELD", "PROBLEM"], problems)
        }
    })?;
    if is_valid {
        Ok(())
    } else {
        Err(Error::NotValid)
    }
}

/// A field, and what is wrong with it.
type Problem = [String; 2];

fn of_class(result: &EnvironmentClassValidationResult) -> Vec<Problem> {
    let texts = [
        ("name", &result.display_name_error),
        ("description", &result.description_error),
    ];
    let fields = result.configuration_errors.iter();
    let fields = fields.map(|wrong| [wrong.key.clone(), wrong.error.clone()]);
    texts
        .into_iter()
        .filter_map(problem)
        .chain(fields)
        .collect()
}

fn of_integration(result: &ScmIntegrationValidationResult) -> Vec<Problem> {
    let texts = [
        ("scm", &result.scm_id_error),
        ("host", &result.host_error),
        ("oauth", &result.oauth_error),
        ("pat", &result.pat_error),
    ];
    texts.into_iter().filter_map(problem).collect()
}

fn problem((field, error): (&str, &Option<String>)) -> Option<Problem> {
    let error = error.clone()?;
    Some([field.to_owned(), error])
}
