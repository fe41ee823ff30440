//! The RPCs of SCM integrations.

pub(crate) mod check;
mod update;

pub(crate) use update::update;

use runner_configuration::v1::{
    CreateScmIntegrationRequest, CreateScmIntegrationResponse, DeleteScmIntegrationRequest,
    DeleteScmIntegrationResponse, GetScmIntegrationRequest, GetScmIntegrationResponse,
    ListScmIntegrationsRequest, ListScmIntegrationsResponse, RunnerProvider, ScmIntegration,
    ScmIntegrationOAuthConfig,
};
use runner_configuration::validate::{Field, Type};
use runner_configuration_server::Reply;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::authorize::{Action, Kind, Resource, authorize, visible};
use crate::caller::Call;
use crate::error::{Error, Problems, Step};
use crate::host;
use crate::page::Query;
use crate::service::{ID, RUNNER_ID, Service, no_runner, parse_id, parse_ids, schema};
use crate::splice;
use crate::store::{Created, HostKey, Page, RunnerFilter, ScmIntegrationRecord, Store};
use check::{Draft, Part, Wrong};

const KIND: Kind = Kind::ScmIntegration;
const OBJECT: splice::Field = splice::Field::new(1, "integration");
const LIST: splice::Field = splice::Field::new(2, "integrations");
const FILTER: Field = Field::new(2, "filter", Type::Message);
const RUNNER_IDS: Field = Field::new(1, "runner_ids", Type::String);

pub(crate) async fn create<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: CreateScmIntegrationRequest,
) -> Result<CreateScmIntegrationResponse, Error> {
    let secret = given_secret(request.oauth_plaintext_client_secret.take());
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    authorize(call, Action::Create, Resource::of_runner(KIND, runner_id))
        .map_err(|denied| denied.forbidden("create SCM integrations"))?;

    let runner = service.runner(runner_id).await?;
    if runner.provider == RunnerProvider::Managed {
        return Err(Error::ManagedRunner);
    }
    let schema = schema(&runner)?;
    let draft = Draft {
        scm_id: &request.scm_id,
        host: &request.host,
        client_id: request.oauth_client_id(),
        has_client_secret: secret.is_some(),
        pat: request.pat,
        issuer_url: request.issuer_url(),
        virtual_directory: request.virtual_directory(),
    };
    let mut wrong = check::check(&schema, &draft);
    wrong.extend(check::check_offers_something(&schema, &draft));
    refuse_wrong(&wrong, create_field)?;

    let secret = secret
        .map(|secret| service.seal(&runner, secret.as_bytes()))
        .transpose()?;
    let sealed_to = secret.as_ref().map(|secret| secret.key);
    let id = service.new_id()?;
    let host = HostKey::from_normalized(host::normalized(&request.host));
    let oauth = secret.map(|secret| ScmIntegrationOAuthConfig {
        client_id: request.oauth_client_id.unwrap_or_default(),
        encrypted_client_secret: secret.ciphertext,
        issuer_url: request.issuer_url.unwrap_or_default(),
    });
    let message = ScmIntegration {
        id: id.to_string(),
        runner_id: runner_id.to_string(),
        scm_id: request.scm_id,
        host: request.host,
        oauth,
        pat: request.pat,
        virtual_directory: request.virtual_directory.filter(|path| !path.is_empty()),
    };
    let record = ScmIntegrationRecord {
        id,
        runner_id,
        host,
        message,
        sealed_to,
    };
    let change = service.change(call, "CreateSCMIntegration");
    match service
        .store()
        .create_scm_integration(change, record)
        .await?
    {
        Created::Done => Ok(CreateScmIntegrationResponse { id: id.to_string() }),
        Created::RunnerNotFound => Err(no_runner(runner_id)),
    }
}

pub(crate) async fn get<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: GetScmIntegrationRequest,
) -> Result<Reply<GetScmIntegrationResponse>, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    let integration = service
        .store()
        .scm_integration(id, call.form)
        .await?
        .ok_or_else(|| no_integration(id))?;
    authorize(
        call,
        Action::Read,
        Resource::of_runner(KIND, integration.runner_id),
    )
    .map_err(|denied| denied.hiding("read SCM integrations", no_integration(id)))?;
    Ok(splice::object(OBJECT, &integration.message))
}

pub(crate) async fn list<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: ListScmIntegrationsRequest,
) -> Result<Reply<ListScmIntegrationsResponse>, Error> {
    let filter = request.filter.unwrap_or_default();
    let runner_ids = parse_ids(FILTER, RUNNER_IDS, &filter.runner_ids)?;
    let pager = Query::of("ListSCMIntegrations")
        .ids("runner_ids", runner_ids.iter().copied())
        .page(request.pagination)?;
    let visible =
        visible(call, KIND).map_err(|denied| denied.forbidden("list SCM integrations"))?;

    let page = match visible.of_runners(runner_ids) {
        Some(runner_ids) => {
            let filter = RunnerFilter { runner_ids };
            service
                .store()
                .scm_integrations(filter, pager.request(call.form))
                .await?
        }
        None => Page::empty(),
    };
    let head = ListScmIntegrationsResponse {
        pagination: pager.response(page.next_after()),
        ..Default::default()
    };
    Ok(splice::list(&head, LIST, &page)?)
}

pub(crate) async fn delete<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: DeleteScmIntegrationRequest,
) -> Result<DeleteScmIntegrationResponse, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    authorize(call, Action::Delete, Resource::every(KIND))
        .map_err(|denied| denied.hiding("delete SCM integrations", no_integration(id)))?;
    let change = service.change(call, "DeleteSCMIntegration");
    match service.store().delete_scm_integration(change, id).await? {
        Some(_deleted_tokens) => Ok(DeleteScmIntegrationResponse {}),
        None => Err(no_integration(id)),
    }
}

const fn no_integration(id: Uuid) -> Error {
    Error::NotFound {
        kind: "SCM integration",
        id,
    }
}

/// A client secret, to be wiped from memory after the call. An empty one is none: forms send it so.
fn given_secret(secret: Option<String>) -> Option<Zeroizing<String>> {
    secret
        .filter(|secret| !secret.is_empty())
        .map(Zeroizing::new)
}

/// Refuses a wrong integration; `field` is where the request has each part, if it has it.
fn refuse_wrong(wrong: &[Wrong], field: fn(Part) -> Option<Field>) -> Result<(), Error> {
    let mut problems = Problems::default();
    for Wrong {
        part,
        rule,
        message,
    } in wrong
    {
        match field(*part) {
            Some(field) => problems.report(&[Step::to(field)], rule, message),
            None => problems.report(&[], rule, message),
        }
    }
    problems.finish()
}

fn create_field(part: Part) -> Option<Field> {
    Some(match part {
        Part::ScmId => Field::new(2, "scm_id", Type::String),
        Part::Host => Field::new(3, "host", Type::String),
        Part::ClientId => Field::new(4, "oauth_client_id", Type::String),
        Part::ClientSecret => Field::new(5, "oauth_plaintext_client_secret", Type::String),
        Part::Pat => Field::new(6, "pat", Type::Bool),
        Part::IssuerUrl => Field::new(7, "issuer_url", Type::String),
        Part::VirtualDirectory => Field::new(8, "virtual_directory", Type::String),
    })
}
