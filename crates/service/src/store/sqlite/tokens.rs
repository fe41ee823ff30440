//! Host authentication tokens.

use prost::Message;
use runner_configuration::v1::{HostAuthenticationToken, HostAuthenticationTokenSource};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::list::{Equal, TOKENS};
use super::statement::{execute, exists, find, subject};
use super::{changes, list, runners, scm};
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Encoded, Form, HostAuthenticationTokenFilter,
    HostAuthenticationTokenRecord, HostKey, ObjectKind, Page, PageRequest, Sealed, StoreError,
    StoredToken, SubjectKey, TokenCreated, Updated,
};

const KIND: ObjectKind = ObjectKind::HostAuthenticationToken;

pub(super) fn create(
    connection: &Connection,
    change: &Change,
    token: &HostAuthenticationTokenRecord,
) -> Result<TokenCreated, StoreError> {
    if !runners::is_there(connection, token.runner_id)? {
        return Ok(TokenCreated::RunnerNotFound);
    }
    if let Some(integration) = token.integration_id
        && !scm::is_of_runner(connection, integration, token.runner_id)?
    {
        return Ok(TokenCreated::IntegrationNotFound);
    }
    let is_taken = exists(
        connection,
        "SELECT 1 FROM host_authentication_tokens
         WHERE runner_id = ?1 AND host = ?2 AND subject_id = ?3 AND principal = ?4",
        params![
            token.runner_id,
            token.host.as_str(),
            token.owner.id,
            i32::from(token.owner.principal),
        ],
    )?;
    if is_taken {
        return Ok(TokenCreated::AlreadyExists);
    }
    execute(
        connection,
        "INSERT INTO host_authentication_tokens
             (id, runner_id, principal, subject_id, host, source, integration_id, message, json,
              token, token_key, refresh_token, refresh_token_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            token.id,
            token.runner_id,
            i32::from(token.owner.principal),
            token.owner.id,
            token.host.as_str(),
            token.message.source,
            token.integration_id,
            token.message.encode_to_vec(),
            json_text(&token.message),
            token.token.ciphertext,
            token.token.key,
            token
                .refresh_token
                .as_ref()
                .map(|sealed| &sealed.ciphertext),
            token.refresh_token.as_ref().map(|sealed| sealed.key),
        ],
    )?;
    changes::record(connection, change, (KIND, token.id), ChangeOutcome::Created)?;
    Ok(TokenCreated::Done)
}

pub(super) fn get(
    connection: &Connection,
    id: Uuid,
    form: Form,
) -> Result<Option<StoredToken>, StoreError> {
    find(
        connection,
        match form {
            Form::Protobuf => {
                "SELECT runner_id, principal, subject_id, message
                 FROM host_authentication_tokens WHERE id = ?1"
            }
            Form::Json => {
                "SELECT runner_id, principal, subject_id, coalesce(json, message)
                 FROM host_authentication_tokens WHERE id = ?1"
            }
        },
        [id.as_bytes()],
        |row| {
            Ok(StoredToken {
                runner_id: row.get(0)?,
                owner: subject(row, 1)?,
                message: Encoded::from_bytes(row.get(3)?),
            })
        },
    )
}

pub(super) fn get_record(
    connection: &Connection,
    id: Uuid,
) -> Result<Option<HostAuthenticationTokenRecord>, StoreError> {
    let row = find(
        connection,
        "SELECT runner_id, principal, subject_id, host, integration_id, message,
                token, token_key, refresh_token, refresh_token_key
         FROM host_authentication_tokens WHERE id = ?1",
        [id],
        |row| {
            let record = HostAuthenticationTokenRecord {
                id,
                runner_id: row.get(0)?,
                owner: subject(row, 1)?,
                host: HostKey::from_normalized(row.get::<_, String>(3)?),
                integration_id: row.get(4)?,
                message: HostAuthenticationToken::default(),
                token: Sealed {
                    ciphertext: row.get(6)?,
                    key: row.get(7)?,
                },
                refresh_token: optional_sealed(row, 8)?,
            };
            Ok((record, row.get::<_, Vec<u8>>(5)?))
        },
    )?;
    row.map(|(record, message)| {
        Ok(HostAuthenticationTokenRecord {
            message: decode(&message)?,
            ..record
        })
    })
    .transpose()
}

pub(super) fn page(
    connection: &Connection,
    filter: &HostAuthenticationTokenFilter,
    request: PageRequest,
) -> Result<Page<HostAuthenticationToken>, StoreError> {
    let Ok(owners) = filter.owners() else {
        return Ok(Page::empty());
    };
    let principal = owners.principal.map(i32::from);
    let mut equal: Vec<Equal<'_>> = Vec::with_capacity(3);
    if let Some(runner) = &filter.runner_id {
        equal.push(("runner_id", runner));
    }
    if let Some(subject) = &owners.subject_id {
        equal.push(("subject_id", subject));
    }
    // Not part of an index: hardly ever have two subjects the same id.
    if let Some(principal) = &principal {
        equal.push(("principal", principal));
    }
    let index = match (filter.runner_id, owners.subject_id) {
        (None, None) => None,
        (Some(_), None) => Some("runner"),
        (None, Some(_)) => Some("subject"),
        (Some(_), Some(_)) => Some("runner_subject"),
    };
    list::page(connection, TOKENS, index, &equal, request)
}

pub(super) fn update<E>(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    updater: &mut impl FnMut(&mut HostAuthenticationTokenRecord) -> Result<(), E>,
) -> Result<Updated<(), E>, StoreError> {
    let Some(mut token) = get_record(connection, id)? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut token) {
        return Ok(Updated::Refused(refusal));
    }
    execute(
        connection,
        "UPDATE host_authentication_tokens
         SET source = ?2, message = ?3, json = ?4, token = ?5, token_key = ?6,
             refresh_token = ?7, refresh_token_key = ?8
         WHERE id = ?1",
        params![
            id,
            token.message.source,
            token.message.encode_to_vec(),
            json_text(&token.message),
            token.token.ciphertext,
            token.token.key,
            token
                .refresh_token
                .as_ref()
                .map(|sealed| &sealed.ciphertext),
            token.refresh_token.as_ref().map(|sealed| sealed.key),
        ],
    )?;
    changes::record(connection, change, (KIND, id), ChangeOutcome::Updated)?;
    Ok(Updated::Done(()))
}

pub(super) fn delete(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    owner: Option<SubjectKey>,
) -> Result<bool, StoreError> {
    let deleted = match owner {
        None => execute(
            connection,
            "DELETE FROM host_authentication_tokens WHERE id = ?1",
            [id],
        )?,
        Some(owner) => execute(
            connection,
            "DELETE FROM host_authentication_tokens
             WHERE id = ?1 AND principal = ?2 AND subject_id = ?3",
            params![id, i32::from(owner.principal), owner.id],
        )?,
    };
    if deleted == 0 {
        return Ok(false);
    }
    changes::record(connection, change, (KIND, id), ChangeOutcome::Deleted)?;
    Ok(true)
}

/// Deletes the tokens of a runner and host that came from `source`; returns how many there were.
pub(super) fn delete_by_source(
    connection: &Connection,
    change: &Change,
    runner_id: Uuid,
    host: &HostKey,
    source: HostAuthenticationTokenSource,
) -> Result<u64, StoreError> {
    changes::delete_along(
        connection,
        change,
        KIND,
        "DELETE FROM host_authentication_tokens
         WHERE runner_id = ?1 AND host = ?2 AND source = ?3 RETURNING id",
        params![runner_id, host.as_str(), i32::from(source)],
    )
}

/// Deletes the tokens that name an integration; returns how many there were.
pub(super) fn delete_by_integration(
    connection: &Connection,
    change: &Change,
    integration_id: Uuid,
) -> Result<u64, StoreError> {
    changes::delete_along(
        connection,
        change,
        KIND,
        "DELETE FROM host_authentication_tokens WHERE integration_id = ?1 RETURNING id",
        [integration_id],
    )
}

/// Deletes the tokens of a runner and host that name no integration, except those whose source is still offered;
/// returns how many there were.
pub(super) fn delete_without_offer(
    connection: &Connection,
    change: &Change,
    runner_id: Uuid,
    host: &HostKey,
    still_offered: &scm::Offers,
) -> Result<u64, StoreError> {
    changes::delete_along(
        connection,
        change,
        KIND,
        "DELETE FROM host_authentication_tokens
         WHERE runner_id = ?1 AND host = ?2 AND integration_id IS NULL
           AND NOT CASE source WHEN ?3 THEN ?4 WHEN ?5 THEN ?6 ELSE ?7 END RETURNING id",
        params![
            runner_id,
            host.as_str(),
            i32::from(HostAuthenticationTokenSource::Oauth),
            still_offered.oauth,
            i32::from(HostAuthenticationTokenSource::Pat),
            still_offered.pat,
            still_offered.anything,
        ],
    )
}

fn optional_sealed(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Sealed>> {
    let Some(ciphertext) = row.get(column)? else {
        return Ok(None);
    };
    Ok(Some(Sealed {
        ciphertext,
        key: row.get(column + 1)?,
    }))
}
