//! The RPCs of the runner's schema and of validation against it.

use runner_configuration::v1::validate_runner_configuration_request::validate_scm_integration::OauthClientSecret;
use runner_configuration::v1::validate_runner_configuration_request::{
    Config, ValidateScmIntegration,
};
use runner_configuration::v1::validate_runner_configuration_response::Result as Outcome;
use runner_configuration::v1::{
    EnvironmentClass, EnvironmentClassValidationResult, FieldValidationError,
    GetRunnerConfigurationSchemaRequest, GetRunnerConfigurationSchemaResponse,
    RunnerConfigurationSchema, ScmIntegrationValidationResult, ValidateRunnerConfigurationRequest,
    ValidateRunnerConfigurationResponse,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::authorize::{Action, Kind, Resource, authorize};
use crate::caller::Call;
use crate::error::{Error, Step, storable};
use crate::schema::{WrongField, wrong_fields};
use crate::scm_integrations::check::{self, Draft};
use crate::service::{RUNNER_ID, Service, no_runner, parse_id, schema};
use crate::store::{Form, Store};

pub(crate) async fn get_schema<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: GetRunnerConfigurationSchemaRequest,
) -> Result<GetRunnerConfigurationSchemaResponse, Error> {
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    authorize(
        call,
        Action::Read,
        Resource::of_runner(Kind::Schema, runner_id),
    )
    .map_err(|denied| denied.hiding("read the schema of this runner", no_runner(runner_id)))?;
    let runner = service.runner(runner_id).await?;
    Ok(GetRunnerConfigurationSchemaResponse {
        schema: Some(schema(&runner)?),
    })
}

pub(crate) async fn validate<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: ValidateRunnerConfigurationRequest,
) -> Result<ValidateRunnerConfigurationResponse, Error> {
    // The contract switches the rules of this message off, so what has to hold nevertheless is checked here.
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    let config = request.config.ok_or_else(|| {
        let message = "set environment_class or scm_integration, whichever is to be validated";
        Error::invalid(&[], "validate_runner_configuration.config", message)
    })?;
    authorize(
        call,
        Action::Validate,
        Resource::of_runner(Kind::Schema, runner_id),
    )
    .map_err(|denied| denied.hiding("validate for this runner", no_runner(runner_id)))?;

    let runner = service.runner(runner_id).await?;
    let schema = schema(&runner)?;
    let outcome = match config {
        Config::EnvironmentClass(class) => {
            Outcome::EnvironmentClass(validate_class(&schema, &class))
        }
        Config::ScmIntegration(integration) => {
            Outcome::ScmIntegration(validate_scm(service, runner_id, &schema, integration).await?)
        }
    };
    Ok(ValidateRunnerConfigurationResponse {
        result: Some(outcome),
    })
}

fn validate_class(
    schema: &RunnerConfigurationSchema,
    class: &EnvironmentClass,
) -> EnvironmentClassValidationResult {
    let display_name_error = wrong_text(&class.display_name, 127);
    let description_error = wrong_text(&class.description, 200);
    let configuration_errors: Vec<FieldValidationError> =
        wrong_fields(schema, &class.configuration)
            .into_iter()
            .map(|WrongField { key, error, .. }| FieldValidationError { key, error })
            .collect();
    let valid = display_name_error.is_none()
        && description_error.is_none()
        && configuration_errors.is_empty();
    EnvironmentClassValidationResult {
        valid,
        display_name_error,
        description_error,
        configuration_errors,
    }
}

/// What is wrong with a name or description of a class: the contract has a rule for their length, in characters.
fn wrong_text(text: &str, max: usize) -> Option<String> {
    let length = text.chars().count();
    if !(3..=max).contains(&length) {
        return Some(format!("must be 3 to {max} characters long"));
    }
    storable(text).err().map(str::to_owned)
}

async fn validate_scm<S: Store>(
    service: &Service<S>,
    runner_id: Uuid,
    schema: &RunnerConfigurationSchema,
    mut integration: ValidateScmIntegration,
) -> Result<ScmIntegrationValidationResult, Error> {
    let has_client_secret = match integration.oauth_client_secret.take() {
        Some(OauthClientSecret::OauthPlaintextClientSecret(secret)) => {
            !Zeroizing::new(secret).is_empty()
        }
        Some(OauthClientSecret::OauthEncryptedClientSecret(secret)) => !secret.is_empty(),
        None => false,
    };
    let client_id = integration.oauth_client_id();
    let draft = Draft {
        scm_id: &integration.scm_id,
        host: &integration.host,
        client_id,
        has_client_secret: has_client_secret
            || (!client_id.is_empty() && has_secret(service, runner_id, &integration.id).await?),
        pat: integration.pat,
        issuer_url: integration.issuer_url(),
        virtual_directory: integration.virtual_directory(),
    };
    let mut wrong = check::check(schema, &draft);
    wrong.extend(check::check_offers_something(schema, &draft));
    Ok(check::result(&wrong))
}

/// Whether this is the id of an integration of the runner that has a client secret already.
async fn has_secret<S: Store>(
    service: &Service<S>,
    runner_id: Uuid,
    id: &str,
) -> Result<bool, Error> {
    let Ok(id) = Uuid::try_parse(id) else {
        return Ok(false);
    };
    match service.store().scm_integration(id, Form::Protobuf).await? {
        Some(integration) if integration.runner_id == runner_id => {
            let oauth = integration.message.decode()?.oauth;
            Ok(oauth.is_some_and(|oauth| !oauth.encrypted_client_secret.is_empty()))
        }
        _ => Ok(false),
    }
}
