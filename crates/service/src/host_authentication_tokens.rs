//! The RPCs of host authentication tokens.

mod update;

pub(crate) use update::update;

use runner_configuration::Timestamp;
use runner_configuration::v1::list_host_authentication_tokens_request::Filter;
use runner_configuration::v1::{
    CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse,
    DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse,
    GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse, HostAuthenticationToken,
    ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse, Principal, Subject,
};
use runner_configuration::validate::{Field, Type};
use runner_configuration_server::Reply;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::authorize::{Action, Kind, Resource, Visible, authorize, visible};
use crate::caller::Call;
use crate::error::{Error, Problems, Step};
use crate::host;
use crate::page::Query;
use crate::service::{ID, RUNNER_ID, Service, no_runner, parse_id};
use crate::splice;
use crate::store::{
    HostAuthenticationTokenFilter, HostAuthenticationTokenRecord, HostKey, Page, Runner, Sealed,
    Store, StoredToken, SubjectKey, TokenCreated,
};

/// The most scopes of a token. The contract's rule lets 101 through.
const MAX_SCOPES: usize = 100;

const KIND: Kind = Kind::HostAuthenticationToken;
const OBJECT: splice::Field = splice::Field::new(1, "token");
const LIST: splice::Field = splice::Field::new(2, "tokens");
const USER_ID: Field = Field::new(2, "user_id", Type::String);
const SUBJECT_ID: Field = Field::new(3, "subject_id", Type::String);
const HOST: Field = Field::new(3, "host", Type::String);
const INTEGRATION_ID: Field = Field::new(8, "integration_id", Type::String);
const FILTER: Field = Field::new(2, "filter", Type::Message);

pub(crate) async fn create<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: CreateHostAuthenticationTokenRequest,
) -> Result<CreateHostAuthenticationTokenResponse, Error> {
    let token = Zeroizing::new(std::mem::take(&mut request.token));
    let refresh_token = Zeroizing::new(std::mem::take(&mut request.refresh_token));
    let runner_id = parse_id(&[Step::to(RUNNER_ID)], &request.runner_id)?;
    let owner = owner(&request, call)?;
    authorize(
        call,
        Action::Create,
        Resource::of_runner(KIND, runner_id).owned_by(owner),
    )
    .map_err(|denied| denied.forbidden("create host authentication tokens for others"))?;

    let integration_id = match request.integration_id.as_str() {
        "" => None,
        id => Some(parse_id(&[Step::to(INTEGRATION_ID)], id)?),
    };
    let mut problems = Problems::default();
    problems.check_text(&[Step::to(HOST)], &request.host);
    problems.finish()?;
    check_scopes(Field::new(9, "scopes", Type::String), &request.scopes)?;
    check_expiry(request.expires_at)?;
    let runner = service.runner(runner_id).await?;
    let token = service.seal(&runner, token.as_bytes())?;
    let refresh_token = seal_refresh_token(service, &runner, &refresh_token)?;

    let id = service.new_id()?;
    let host = HostKey::from_normalized(host::normalized(&request.host));
    let message = message(id, runner_id, owner, integration_id, request);
    let record = HostAuthenticationTokenRecord {
        id,
        runner_id,
        owner,
        host,
        integration_id,
        message: message.clone(),
        token,
        refresh_token,
    };
    let change = service.change(call, "CreateHostAuthenticationToken");
    match service
        .store()
        .create_host_authentication_token(change, record)
        .await?
    {
        TokenCreated::Done => Ok(CreateHostAuthenticationTokenResponse {
            token: Some(message),
        }),
        TokenCreated::RunnerNotFound => Err(no_runner(runner_id)),
        TokenCreated::IntegrationNotFound => Err(Error::invalid(
            &[Step::to(INTEGRATION_ID)],
            "host_authentication_token.integration_id",
            "must be an SCM integration of the same runner",
        )),
        TokenCreated::AlreadyExists => Err(Error::TokenExists),
    }
}

pub(crate) async fn get<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: GetHostAuthenticationTokenRequest,
) -> Result<Reply<GetHostAuthenticationTokenResponse>, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    let token = reachable(service, call, Action::Read, id).await?;
    Ok(splice::object(OBJECT, &token.message))
}

pub(crate) async fn list<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: ListHostAuthenticationTokensRequest,
) -> Result<Reply<ListHostAuthenticationTokensResponse>, Error> {
    let mut filter = store_filter(&request.filter.unwrap_or_default())?;
    let pager = Query::of("ListHostAuthenticationTokens")
        .ids("runner_id", filter.runner_id)
        .ids("user_id", filter.user_id)
        .ids("subject_id", filter.subject_id)
        .page(request.pagination)?;

    let visible = visible(call, KIND)
        .map_err(|denied| denied.forbidden("list host authentication tokens"))?;
    let page = match visible {
        Visible::OfRunner(own) if filter.runner_id.is_some_and(|asked| asked != own) => {
            Page::empty()
        }
        _ => {
            match visible {
                Visible::All => {}
                Visible::OfRunner(own) => filter.runner_id = Some(own),
                Visible::OwnedBy(own) => filter.owner = Some(own),
            }
            let store = service.store();
            store
                .host_authentication_tokens(filter, pager.request(call.form))
                .await?
        }
    };
    let head = ListHostAuthenticationTokensResponse {
        pagination: pager.response(page.next_after()),
        ..Default::default()
    };
    Ok(splice::list(&head, LIST, &page)?)
}

pub(crate) async fn delete<S: Store>(
    service: &Service<S>,
    call: &Call,
    request: DeleteHostAuthenticationTokenRequest,
) -> Result<DeleteHostAuthenticationTokenResponse, Error> {
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    let token = reachable(service, call, Action::Delete, id).await?;
    let change = service.change(call, "DeleteHostAuthenticationToken");
    let store = service.store();
    if store
        .delete_host_authentication_token(change, id, Some(token.owner))
        .await?
    {
        Ok(DeleteHostAuthenticationTokenResponse {})
    } else {
        Err(no_token(id))
    }
}

/// The token, if it is there and the caller may do this with it.
async fn reachable<S: Store>(
    service: &Service<S>,
    call: &Call,
    action: Action,
    id: Uuid,
) -> Result<StoredToken, Error> {
    let token = service
        .store()
        .host_authentication_token(id, call.form)
        .await?
        .ok_or_else(|| no_token(id))?;
    let resource = Resource::of_runner(KIND, token.runner_id).owned_by(token.owner);
    authorize(call, action, resource)
        .map_err(|denied| denied.hiding("reach this host authentication token", no_token(id)))?;
    Ok(token)
}

const fn no_token(id: Uuid) -> Error {
    Error::NotFound {
        kind: "host authentication token",
        id,
    }
}

/// Whom a new token belongs to: the subject, else the user, that the request names; else the caller.
#[expect(deprecated, reason = "older clients name the owner by `user_id`")]
fn owner(request: &CreateHostAuthenticationTokenRequest, call: &Call) -> Result<SubjectKey, Error> {
    match &request.subject {
        Some(subject) if !subject.id.is_empty() => named_subject(subject, call),
        _ if !request.user_id.is_empty() => Ok(SubjectKey::user(parse_id(
            &[Step::to(USER_ID)],
            &request.user_id,
        )?)),
        _ => Ok(call.subject),
    }
}

fn named_subject(subject: &Subject, call: &Call) -> Result<SubjectKey, Error> {
    const SUBJECT: Field = Field::new(10, "subject", Type::Message);
    let id = parse_id(&[Step::to(SUBJECT), Step::to(ID)], &subject.id)?;
    Ok(match subject.principal() {
        // An id alone is the caller's own, or else, as in `user_id`, a user's.
        Principal::Unspecified if id == call.subject.id => call.subject,
        Principal::Unspecified => SubjectKey::user(id),
        principal => SubjectKey { principal, id },
    })
}

fn check_scopes(field: Field, scopes: &[String]) -> Result<(), Error> {
    if scopes.len() <= MAX_SCOPES {
        let mut problems = Problems::default();
        for (index, scope) in scopes.iter().enumerate() {
            problems.check_text(&[Step::into_element(field, index)], scope);
        }
        return problems.finish();
    }
    let message = format!("must be at most {MAX_SCOPES} scopes");
    Err(Error::invalid(
        &[Step::to(field)],
        "host_authentication_token.scopes",
        message,
    ))
}

/// The binary form can carry times that have no calendar date.
fn check_expiry(expires_at: Option<Timestamp>) -> Result<(), Error> {
    const EXPIRES_AT: Field = Field::new(6, "expires_at", Type::Message);
    if expires_at.is_none_or(|time| time.is_valid()) {
        return Ok(());
    }
    let message = "must be from the years 1 to 9999, with 0 to 999999999 nanos";
    Err(Error::invalid(
        &[Step::to(EXPIRES_AT)],
        "host_authentication_token.expires_at",
        message,
    ))
}

/// An empty refresh token is none.
fn seal_refresh_token<S: Store>(
    service: &Service<S>,
    runner: &Runner,
    refresh_token: &str,
) -> Result<Option<Sealed>, Error> {
    if refresh_token.is_empty() {
        return Ok(None);
    }
    service.seal(runner, refresh_token.as_bytes()).map(Some)
}

#[expect(deprecated, reason = "older clients read the owner from `user_id`")]
fn message(
    id: Uuid,
    runner_id: Uuid,
    owner: SubjectKey,
    integration_id: Option<Uuid>,
    request: CreateHostAuthenticationTokenRequest,
) -> HostAuthenticationToken {
    let is_user = owner.principal == Principal::User;
    HostAuthenticationToken {
        id: id.to_string(),
        runner_id: runner_id.to_string(),
        user_id: if is_user {
            owner.id.to_string()
        } else {
            String::new()
        },
        host: request.host,
        source: request.source,
        expires_at: request.expires_at,
        integration_id: integration_id.map(|id| id.to_string()).unwrap_or_default(),
        scopes: request.scopes,
        subject: Some(owner.into()),
    }
}

#[expect(deprecated, reason = "older clients filter by `user_id`")]
fn store_filter(filter: &Filter) -> Result<HostAuthenticationTokenFilter, Error> {
    let parse = |field: Field, id: &Option<String>| {
        let path = [Step::to(FILTER), Step::to(field)];
        id.as_deref().map(|id| parse_id(&path, id)).transpose()
    };
    Ok(HostAuthenticationTokenFilter {
        runner_id: parse(RUNNER_ID, &filter.runner_id)?,
        user_id: parse(USER_ID, &filter.user_id)?,
        subject_id: parse(SUBJECT_ID, &filter.subject_id)?,
        owner: None,
    })
}
