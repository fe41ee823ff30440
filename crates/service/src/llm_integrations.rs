//! The RPCs of LLM integrations.

mod models;
mod update;

pub(crate) use update::update;

use runner_configuration::v1::{
    CreateLlmIntegrationRequest, CreateLlmIntegrationResponse, DeleteLlmIntegrationRequest,
    DeleteLlmIntegrationResponse, GetLlmIntegrationRequest, GetLlmIntegrationResponse,
    ListLlmIntegrationsRequest, ListLlmIntegrationsResponse, LlmIntegration, LlmIntegrationPhase,
};
use runner_configuration::validate::{Field, Type};
use runner_configuration_server::Reply;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::authorize::{Action, Kind, Resource, authorize, visible};
use crate::caller::Call;
use crate::error::{Error, Problems, Step};
use crate::page::Query;
use crate::service::{ID, RUNNER_ID, Service, no_runner, parse_id, parse_ids};
use crate::splice;
use crate::store::{
    Created, LlmIntegrationDeleted, LlmIntegrationRecord, Page, Runner, RunnerFilter, Sealed, Store,
};

const KIND: Kind = Kind::LlmIntegration;
const OBJECT: splice::Field = splice::Field::new(1, "integration");
const LIST: splice::Field = splice::Field::new(2, "integrations");
const FILTER: Field = Field::new(2, "filter", Type::Message);
const RUNNER_IDS: Field = Field::new(1, "runner_ids", Type::String);

pub(crate) async fn create<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: CreateLlmIntegrationRequest,
) -> Result<CreateLlmIntegrationResponse, Error> {
    let api_key = Zeroizing::new(std::mem::take(&mut request.api_key));
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    authorize(call, Action::Create, Resource::of_runner(KIND, runner_id))
        .map_err(|denied| denied.forbidden("create LLM integrations"))?;

    let provider = models::provider(Field::new(2, "models", Type::Enum), &request.models)?;
    check_endpoint(Field::new(3, "endpoint", Type::String), &request.endpoint)?;
    let runner = service.runner(runner_id).await?;
    let api_key = seal_api_key(service, &runner, &api_key)?;

    let id = service.new_id()?;
    let api_key_sealed_to = api_key.as_ref().map(|api_key| api_key.key);
    let message = LlmIntegration {
        id: id.to_string(),
        runner_id: runner_id.to_string(),
        models: request.models,
        endpoint: request.endpoint,
        encrypted_api_key: api_key
            .map(|api_key| api_key.ciphertext)
            .unwrap_or_default(),
        max_tokens: request.max_tokens,
        phase: LlmIntegrationPhase::Available.into(),
        phase_reason: String::new(),
        request_headers: Vec::new(),
        provider: provider.into(),
    };
    let record = LlmIntegrationRecord {
        id,
        runner_id,
        message,
        api_key_sealed_to,
        headers_sealed_to: None,
    };
    let change = service.change(call, "CreateLLMIntegration");
    match service
        .store()
        .create_llm_integration(change, record)
        .await?
    {
        Created::Done => Ok(CreateLlmIntegrationResponse { id: id.to_string() }),
        Created::RunnerNotFound => Err(no_runner(runner_id)),
    }
}

pub(crate) async fn get<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: GetLlmIntegrationRequest,
) -> Result<Reply<GetLlmIntegrationResponse>, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    let integration = service
        .store()
        .llm_integration(id, call.form)
        .await?
        .ok_or_else(|| no_integration(id))?;
    authorize(
        call,
        Action::Read,
        Resource::of_runner(KIND, integration.runner_id),
    )
    .map_err(|denied| denied.hiding("read LLM integrations", no_integration(id)))?;
    Ok(splice::object(OBJECT, &integration.message))
}

pub(crate) async fn list<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: ListLlmIntegrationsRequest,
) -> Result<Reply<ListLlmIntegrationsResponse>, Error> {
    let filter = request.filter.unwrap_or_default();
    let runner_ids = parse_ids(FILTER, RUNNER_IDS, &filter.runner_ids)?;
    let pager = Query::of("ListLLMIntegrations")
        .ids("runner_ids", runner_ids.iter().copied())
        .page(request.pagination)?;
    let visible =
        visible(call, KIND).map_err(|denied| denied.forbidden("list LLM integrations"))?;

    let page = match visible.of_runners(runner_ids) {
        Some(runner_ids) => {
            let filter = RunnerFilter { runner_ids };
            service
                .store()
                .llm_integrations(filter, pager.request(call.form))
                .await?
        }
        None => Page::empty(),
    };
    // `llm_managed_by_ona`, which older clients look at, is false.
    let head = ListLlmIntegrationsResponse {
        pagination: pager.response(page.next_after()),
        ..Default::default()
    };
    Ok(splice::list(&head, LIST, &page)?)
}

pub(crate) async fn delete<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: DeleteLlmIntegrationRequest,
) -> Result<DeleteLlmIntegrationResponse, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    authorize(call, Action::Delete, Resource::every(KIND))
        .map_err(|denied| denied.hiding("delete LLM integrations", no_integration(id)))?;
    let change = service.change(call, "DeleteLLMIntegration");
    match service
        .store()
        .delete_llm_integration(change, id, request.force)
        .await?
    {
        LlmIntegrationDeleted::Done => Ok(DeleteLlmIntegrationResponse {}),
        LlmIntegrationDeleted::NotFound => Err(no_integration(id)),
        LlmIntegrationDeleted::LastForModels(models) => Err(Error::LastForModels(models)),
    }
}

const fn no_integration(id: Uuid) -> Error {
    Error::NotFound {
        kind: "LLM integration",
        id,
    }
}

/// An empty API key is none: some endpoints need none.
fn check_endpoint(field: Field, endpoint: &str) -> Result<(), Error> {
    let mut problems = Problems::default();
    problems.check_text(&[Step::to(field)], endpoint);
    problems.finish()
}

fn seal_api_key<S: Store>(
    service: &Service<S>,
    runner: &Runner,
    api_key: &str,
) -> Result<Option<Sealed>, Error> {
    if api_key.is_empty() {
        return Ok(None);
    }
    service.seal(runner, api_key.as_bytes()).map(Some)
}
