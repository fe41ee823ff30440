//! The RPCs of environment classes.

use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use runner_configuration::v1::list_environment_classes_request::Filter;
use runner_configuration::v1::{
    CreateEnvironmentClassRequest, CreateEnvironmentClassResponse, EnvironmentClass, FieldValue,
    GetEnvironmentClassRequest, GetEnvironmentClassResponse, ListEnvironmentClassesRequest,
    ListEnvironmentClassesResponse, RunnerConfigurationSchema, RunnerKind, RunnerProvider,
    UpdateEnvironmentClassRequest, UpdateEnvironmentClassResponse,
};
use runner_configuration::validate::{Field, Type};
use runner_configuration_server::Reply;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::authorize::{Action, Kind, Resource, authorize, visible};
use crate::caller::Call;
use crate::error::{Error, Problems, Step};
use crate::page::Query;
use crate::schema::{self, Place, WrongField};
use crate::service::{RUNNER_ID, Service, no_runner, parse_id, parse_ids, schema};
use crate::splice;
use crate::store::{
    Created, EnvironmentClassFilter, EnvironmentClassRecord, KeyFingerprint, Page, Runner, Store,
    Updated,
};

const KIND: Kind = Kind::EnvironmentClass;
const OBJECT: splice::Field = splice::Field::new(1, "environmentClass");
const LIST: splice::Field = splice::Field::new(2, "environmentClasses");
const FILTER: Field = Field::new(2, "filter", Type::Message);
const RUNNER_IDS: Field = Field::new(1, "runner_ids", Type::String);
const DISPLAY_NAME: Field = Field::new(2, "display_name", Type::String);
const DESCRIPTION: Field = Field::new(3, "description", Type::String);
const CONFIGURATION: Field = Field::new(4, "configuration", Type::Message);
const KEY: Field = Field::new(1, "key", Type::String);
const VALUE: Field = Field::new(2, "value", Type::String);

pub(crate) async fn create<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: CreateEnvironmentClassRequest,
) -> Result<CreateEnvironmentClassResponse, Error> {
    let configuration = Configuration(std::mem::take(&mut request.configuration));
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    authorize(call, Action::Create, Resource::of_runner(KIND, runner_id))
        .map_err(|denied| denied.forbidden("create environment classes"))?;
    check_texts(Some(&request.display_name), Some(&request.description))?;

    let runner = service.runner(runner_id).await?;
    let schema = schema(&runner)?;
    refuse_wrong(schema::wrong_fields(&schema, &configuration.0))?;
    let (configuration, sealed_to) = seal_secrets(service, &runner, &schema, configuration)?;

    let id = service.new_id()?;
    let message = EnvironmentClass {
        id: id.to_string(),
        runner_id: runner_id.to_string(),
        display_name: request.display_name,
        description: request.description,
        configuration,
        enabled: true,
    };
    let record = EnvironmentClassRecord {
        id,
        runner_id,
        message,
        sealed_to,
    };
    let change = service.change(call, "CreateEnvironmentClass");
    match service
        .store()
        .create_environment_class(change, record)
        .await?
    {
        Created::Done => Ok(CreateEnvironmentClassResponse { id: id.to_string() }),
        Created::RunnerNotFound => Err(no_runner(runner_id)),
    }
}

pub(crate) async fn get<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: GetEnvironmentClassRequest,
) -> Result<Reply<GetEnvironmentClassResponse>, Error> {
    let field = Field::new(2, "environment_class_id", Type::String);
    let id = parse_id(&[Step::to(field)], &request.environment_class_id)?;
    let class = service
        .store()
        .environment_class(id, call.form)
        .await?
        .ok_or_else(|| no_class(id))?;
    authorize(
        call,
        Action::Read,
        Resource::of_runner(KIND, class.runner_id),
    )
    .map_err(|denied| denied.hiding("read environment classes", no_class(id)))?;
    Ok(splice::object(OBJECT, &class.message))
}

pub(crate) async fn list<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: ListEnvironmentClassesRequest,
) -> Result<Reply<ListEnvironmentClassesResponse>, Error> {
    let filter = request.filter.unwrap_or_default();
    let runner_ids = parse_ids(FILTER, RUNNER_IDS, &filter.runner_ids)?;
    let usable_only = filter.can_create_environments();
    let pager = Query::of("ListEnvironmentClasses")
        .ids("runner_ids", runner_ids.iter().copied())
        .flag("enabled", filter.enabled)
        .flag("can_create_environments", usable_only.then_some(true))
        .numbers("runner_kinds", specified(&filter.runner_kinds))
        .numbers("runner_providers", specified(&filter.runner_providers))
        .page(request.pagination)?;
    let visible =
        visible(call, KIND).map_err(|denied| denied.forbidden("list environment classes"))?;

    let start = authorize(call, Action::StartEnvironment, Resource::every(KIND));
    let filter = visible
        .of_runners(runner_ids)
        .filter(|_| start.is_ok() || !usable_only)
        .and_then(|runner_ids| store_filter(runner_ids, &filter));
    let page = match filter {
        Some(filter) => {
            let store = service.store();
            store
                .environment_classes(filter, pager.request(call.form))
                .await?
        }
        None => Page::empty(),
    };
    let head = ListEnvironmentClassesResponse {
        pagination: pager.response(page.next_after()),
        ..Default::default()
    };
    Ok(splice::list(&head, LIST, &page)?)
}

pub(crate) async fn update<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: UpdateEnvironmentClassRequest,
) -> Result<UpdateEnvironmentClassResponse, Error> {
    let field = Field::new(1, "environment_class_id", Type::String);
    let id = parse_id(&[Step::to(field)], &request.environment_class_id)?;
    authorize(call, Action::Update, Resource::every(KIND))
        .map_err(|denied| denied.hiding("change environment classes", no_class(id)))?;
    check_texts(request.display_name.as_ref(), request.description.as_ref())?;

    let change = service.change(call, "UpdateEnvironmentClass");
    let updater = move |class: &mut EnvironmentClassRecord| {
        let class = &mut class.message;
        replace(&mut class.display_name, request.display_name.as_ref());
        replace(&mut class.description, request.description.as_ref());
        replace(&mut class.enabled, request.enabled.as_ref());
        Ok::<_, Infallible>(())
    };
    match service
        .store()
        .update_environment_class(change, id, updater)
        .await?
    {
        Updated::Done(()) => Ok(UpdateEnvironmentClassResponse {}),
        Updated::NotFound => Err(no_class(id)),
        Updated::Refused(never) => match never {},
    }
}

/// Create and Update have the same fields for these.
fn check_texts(display_name: Option<&String>, description: Option<&String>) -> Result<(), Error> {
    let mut problems = Problems::default();
    for (field, text) in [(DISPLAY_NAME, display_name), (DESCRIPTION, description)] {
        problems.check_text(&[Step::to(field)], text.map_or("", String::as_str));
    }
    problems.finish()
}

const fn no_class(id: Uuid) -> Error {
    Error::NotFound {
        kind: "environment class",
        id,
    }
}

/// Puts the new value into place, if there is one.
fn replace<T: Clone>(place: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        place.clone_from(new);
    }
}

/// The filter in the store's terms; `None` where no class can pass it.
fn store_filter(runner_ids: Vec<Uuid>, filter: &Filter) -> Option<EnvironmentClassFilter> {
    Some(EnvironmentClassFilter {
        runner_ids,
        enabled: filter.enabled,
        runner_kinds: known::<RunnerKind>(&filter.runner_kinds)?,
        runner_providers: known::<RunnerProvider>(&filter.runner_providers)?,
        usable_only: filter.can_create_environments(),
    })
}

/// The numbers of a filter that say something: UNSPECIFIED, which is 0, is passed over.
fn specified(numbers: &[i32]) -> impl Iterator<Item = i32> {
    numbers.iter().copied().filter(|number| *number != 0)
}

/// The values that a filter wants, without those that this version of the contract does not know: no runner has
/// them. `None` where it wants only such values.
fn known<E: TryFrom<i32>>(numbers: &[i32]) -> Option<Vec<E>> {
    let known: Vec<E> = specified(numbers)
        .filter_map(|number| E::try_from(number).ok())
        .collect();
    (!known.is_empty() || specified(numbers).next().is_none()).then_some(known)
}

/// A configuration as it was sent: its values may be secrets, so they are wiped when it is dropped.
struct Configuration(Vec<FieldValue>);

impl Drop for Configuration {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|entry| entry.value.zeroize());
    }
}

fn refuse_wrong(wrong: Vec<WrongField>) -> Result<(), Error> {
    let mut problems = Problems::default();
    for WrongField { key, place, error } in wrong {
        let in_entry = |index, field| [Step::into_element(CONFIGURATION, index), Step::to(field)];
        let message = format!("{key} {error}");
        match place {
            Some(Place::Key(index)) => problems.report(&in_entry(index, KEY), RULE, message),
            Some(Place::Value(index)) => problems.report(&in_entry(index, VALUE), RULE, message),
            None => problems.report(&[Step::to(CONFIGURATION)], RULE, message),
        }
    }
    problems.finish()
}

const RULE: &str = "environment_class.configuration";

/// Seals the values of the fields that the schema marks secret; what is stored is the sealed box as base64 text.
fn seal_secrets<S: Store>(
    service: &Service<S>,
    runner: &Runner,
    schema: &RunnerConfigurationSchema,
    mut configuration: Configuration,
) -> Result<(Vec<FieldValue>, Option<KeyFingerprint>), Error> {
    let mut sealed_to = None;
    for entry in &mut configuration.0 {
        if schema::class_field(schema, &entry.key).is_some_and(|field| field.secret) {
            let clear = Zeroizing::new(std::mem::take(&mut entry.value));
            let sealed = service.seal(runner, clear.as_bytes())?;
            entry.value = STANDARD.encode(&sealed.ciphertext);
            sealed_to = Some(sealed.key);
        }
    }
    Ok((std::mem::take(&mut configuration.0), sealed_to))
}
