//! Host authentication tokens.
//!
//! Locks: creating one holds its runner and the integration that it names, so neither goes meanwhile; the unique index of
//! runner, host and owner decides between two that are created at once. Changing one takes its row.

use prost::Message as _;
use runner_configuration::v1::{HostAuthenticationToken, HostAuthenticationTokenSource};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::error::Failure;
use super::list::{Equal, TOKENS};
use super::session::{Session, both, column, fingerprint, required, subject};
use super::{changes, list, runners, scm};
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Encoded, Form, HostAuthenticationTokenFilter,
    HostAuthenticationTokenRecord, HostKey, ObjectKind, Page, PageRequest, Sealed, StoredToken,
    SubjectKey, TokenCreated, Updated,
};

const KIND: ObjectKind = ObjectKind::HostAuthenticationToken;
const ALONG: (ObjectKind, ChangeOutcome) = (KIND, ChangeOutcome::DeletedAlong);

pub(super) async fn create(
    session: &Session,
    change: &Change,
    token: &HostAuthenticationTokenRecord,
) -> Result<TokenCreated, Failure> {
    if !runners::hold(session, token.runner_id).await? {
        return Ok(TokenCreated::RunnerNotFound);
    }
    if let Some(integration) = token.integration_id
        && !scm::hold(session, integration, token.runner_id).await?
    {
        return Ok(TokenCreated::IntegrationNotFound);
    }
    let created = session
        .execute(
            "INSERT INTO host_authentication_tokens
                 (id, runner_id, principal, subject_id, host, source, integration_id, message, json,
                  token, token_key, refresh_token, refresh_token_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (runner_id, host, subject_id, principal) DO NOTHING",
            &[
                &token.id,
                &token.runner_id,
                &i32::from(token.owner.principal),
                &token.owner.id,
                &token.host.as_str(),
                &token.message.source,
                &token.integration_id,
                &token.message.encode_to_vec(),
                &json_text(&token.message),
                &token.token.ciphertext,
                &token.token.key.0.as_slice(),
                &ciphertext(&token.refresh_token),
                &key(&token.refresh_token),
            ],
        )
        .await?;
    if created == 0 {
        return Ok(TokenCreated::AlreadyExists);
    }
    changes::record(session, change, (KIND, token.id), ChangeOutcome::Created).await?;
    Ok(TokenCreated::Done)
}

pub(super) async fn get(
    session: &Session,
    id: Uuid,
    form: Form,
) -> Result<Option<StoredToken>, Failure> {
    let sql = match form {
        Form::Protobuf => {
            "SELECT runner_id, principal, subject_id, message
             FROM host_authentication_tokens WHERE id = $1"
        }
        Form::Json => {
            "SELECT runner_id, principal, subject_id, coalesce(json, message)
             FROM host_authentication_tokens WHERE id = $1"
        }
    };
    session
        .find(sql, &[&id], |row| {
            Ok(StoredToken {
                runner_id: column(row, 0)?,
                owner: subject(row, 1)?,
                message: Encoded::from_bytes(column(row, 3)?),
            })
        })
        .await
}

pub(super) async fn get_record(
    session: &Session,
    id: Uuid,
) -> Result<Option<HostAuthenticationTokenRecord>, Failure> {
    let sql = "SELECT id, runner_id, principal, subject_id, host, integration_id, message,
                      token, token_key, refresh_token, refresh_token_key
               FROM host_authentication_tokens WHERE id = $1";
    session.find(sql, &[&id], read).await
}

pub(super) async fn page(
    session: &Session,
    filter: &HostAuthenticationTokenFilter,
    request: PageRequest,
) -> Result<Page<HostAuthenticationToken>, Failure> {
    let Ok(owners) = filter.owners() else {
        return Ok(Page::empty());
    };
    let principal = owners.principal.map(i32::from);
    let mut index: Vec<Equal<'_>> = Vec::with_capacity(2);
    if let Some(runner) = &filter.runner_id {
        index.push((list::RUNNER, runner));
    }
    if let Some(subject) = &owners.subject_id {
        index.push((list::SUBJECT, subject));
    }
    // Not part of an index: hardly ever have two subjects the same id.
    let principal = principal.as_ref();
    let besides = principal.map(|it| (list::PRINCIPAL, it as &(dyn ToSql + Sync)));
    list::page(session, TOKENS, &index, besides, request).await
}

pub(super) async fn update<E>(
    session: &Session,
    change: &Change,
    id: Uuid,
    updater: &mut (impl FnMut(&mut HostAuthenticationTokenRecord) -> Result<(), E> + Send),
) -> Result<Updated<(), E>, Failure> {
    let sql = "SELECT id, runner_id, principal, subject_id, host, integration_id, message,
                      token, token_key, refresh_token, refresh_token_key
               FROM host_authentication_tokens WHERE id = $1 FOR NO KEY UPDATE";
    let Some(mut token) = session.find(sql, &[&id], read).await? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut token) {
        return Ok(Updated::Refused(refusal));
    }
    both(
        session.execute(
            "UPDATE host_authentication_tokens
             SET source = $2, message = $3, json = $4, token = $5, token_key = $6,
                 refresh_token = $7, refresh_token_key = $8
             WHERE id = $1",
            &[
                &id,
                &token.message.source,
                &token.message.encode_to_vec(),
                &json_text(&token.message),
                &token.token.ciphertext,
                &token.token.key.0.as_slice(),
                &ciphertext(&token.refresh_token),
                &key(&token.refresh_token),
            ],
        ),
        changes::record(session, change, (KIND, id), ChangeOutcome::Updated),
    )
    .await?;
    Ok(Updated::Done(()))
}

pub(super) async fn delete(
    session: &Session,
    change: &Change,
    id: Uuid,
    owner: Option<SubjectKey>,
) -> Result<bool, Failure> {
    let (principal, subject_id) = match owner {
        None => (None, None),
        Some(owner) => (Some(i32::from(owner.principal)), Some(owner.id)),
    };
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&id];
    let sql = if owner.is_some() {
        params.extend([&principal as &(dyn ToSql + Sync), &subject_id]);
        "DELETE FROM host_authentication_tokens
         WHERE id = $8 AND principal = $9 AND subject_id = $10 RETURNING id"
    } else {
        "DELETE FROM host_authentication_tokens WHERE id = $8 RETURNING id"
    };
    let outcome = (KIND, ChangeOutcome::Deleted);
    let deleted = changes::record_all(session, change, outcome, sql, &params).await?;
    Ok(deleted == 1)
}

/// Deletes the tokens of a runner and host that came from `source`; returns how many there were.
pub(super) async fn delete_by_source(
    session: &Session,
    change: &Change,
    runner_id: Uuid,
    host: &HostKey,
    source: HostAuthenticationTokenSource,
) -> Result<u64, Failure> {
    let sql = "DELETE FROM host_authentication_tokens
               WHERE runner_id = $8 AND host = $9 AND source = $10 RETURNING id";
    let params: [&(dyn ToSql + Sync); 3] = [&runner_id, &host.as_str(), &i32::from(source)];
    changes::record_all(session, change, ALONG, sql, &params).await
}

/// Deletes the tokens that name an integration; returns how many there were.
pub(super) async fn delete_by_integration(
    session: &Session,
    change: &Change,
    integration_id: Uuid,
) -> Result<u64, Failure> {
    let sql = "DELETE FROM host_authentication_tokens WHERE integration_id = $8 RETURNING id";
    changes::record_all(session, change, ALONG, sql, &[&integration_id]).await
}

/// Deletes the tokens of a runner and host that name no integration, except those whose source is still offered;
/// returns how many there were.
pub(super) async fn delete_without_offer(
    session: &Session,
    change: &Change,
    runner_id: Uuid,
    host: &HostKey,
    still_offered: &scm::Offers,
) -> Result<u64, Failure> {
    let sql = "DELETE FROM host_authentication_tokens
               WHERE runner_id = $8 AND host = $9 AND integration_id IS NULL
                 AND NOT CASE source WHEN $10 THEN $11::boolean WHEN $12 THEN $13::boolean
                                     ELSE $14::boolean END
               RETURNING id";
    let params: [&(dyn ToSql + Sync); 7] = [
        &runner_id,
        &host.as_str(),
        &i32::from(HostAuthenticationTokenSource::Oauth),
        &still_offered.oauth,
        &i32::from(HostAuthenticationTokenSource::Pat),
        &still_offered.pat,
        &still_offered.anything,
    ];
    changes::record_all(session, change, ALONG, sql, &params).await
}

fn read(row: &Row) -> Result<HostAuthenticationTokenRecord, Failure> {
    let refresh_token = match (column::<Option<Vec<u8>>>(row, 9)?, fingerprint(row, 10)?) {
        (None, _) => None,
        (Some(ciphertext), key) => Some(Sealed {
            ciphertext,
            key: required(key)?,
        }),
    };
    Ok(HostAuthenticationTokenRecord {
        id: column(row, 0)?,
        runner_id: column(row, 1)?,
        owner: subject(row, 2)?,
        host: HostKey::from_normalized(column::<String>(row, 4)?),
        integration_id: column(row, 5)?,
        message: decode(column(row, 6)?)?,
        token: Sealed {
            ciphertext: column(row, 7)?,
            key: required(fingerprint(row, 8)?)?,
        },
        refresh_token,
    })
}

fn ciphertext(sealed: &Option<Sealed>) -> Option<&[u8]> {
    sealed.as_ref().map(|sealed| sealed.ciphertext.as_slice())
}

fn key(sealed: &Option<Sealed>) -> Option<&[u8]> {
    sealed.as_ref().map(|sealed| sealed.key.0.as_slice())
}
