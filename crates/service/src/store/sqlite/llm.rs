//! LLM integrations.

use prost::Message;
use runner_configuration::v1::{LlmIntegration, SupportedModel};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::list::{self, LLM_INTEGRATIONS};
use super::statement::{all, execute, find};
use super::{changes, runners};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::models::{self, is_enabled};
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, Form, LlmIntegrationDeleted, LlmIntegrationRecord,
    ObjectKind, Page, PageRequest, RunnerFilter, StoreError, Stored, Updated,
};

const KIND: ObjectKind = ObjectKind::LlmIntegration;

pub(super) fn create(
    connection: &Connection,
    change: &Change,
    integration: &LlmIntegrationRecord,
) -> Result<Created, StoreError> {
    if !runners::is_there(connection, integration.runner_id)? {
        return Ok(Created::RunnerNotFound);
    }
    execute(
        connection,
        "INSERT INTO llm_integrations
             (id, runner_id, enabled, api_key_sealed_to, headers_sealed_to, message, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            integration.id,
            integration.runner_id,
            is_enabled(&integration.message),
            integration.api_key_sealed_to,
            integration.headers_sealed_to,
            integration.message.encode_to_vec(),
            json_text(&integration.message),
        ],
    )?;
    changes::record(
        connection,
        change,
        (KIND, integration.id),
        ChangeOutcome::Created,
    )?;
    Ok(Created::Done)
}

pub(super) fn get(
    connection: &Connection,
    id: Uuid,
    form: Form,
) -> Result<Option<Stored<LlmIntegration>>, StoreError> {
    find(
        connection,
        match form {
            Form::Protobuf => "SELECT runner_id, message FROM llm_integrations WHERE id = ?1",
            Form::Json => {
                "SELECT runner_id, coalesce(json, message) FROM llm_integrations WHERE id = ?1"
            }
        },
        [id.as_bytes()],
        |row| {
            Ok(Stored {
                runner_id: row.get(0)?,
                message: Encoded::from_bytes(row.get(1)?),
            })
        },
    )
}

pub(super) fn page(
    connection: &Connection,
    filter: &RunnerFilter,
    request: PageRequest,
) -> Result<Page<LlmIntegration>, StoreError> {
    let runners = Runners::from_filter(&filter.runner_ids);
    list::of_runners(connection, LLM_INTEGRATIONS, &runners, None, request)
}

pub(super) fn update<E>(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    updater: &mut impl FnMut(&mut LlmIntegrationRecord) -> Result<(), E>,
) -> Result<Updated<(), E>, StoreError> {
    let Some(mut integration) = record(connection, id)? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut integration) {
        return Ok(Updated::Refused(refusal));
    }
    execute(
        connection,
        "UPDATE llm_integrations
         SET enabled = ?2, api_key_sealed_to = ?3, headers_sealed_to = ?4, message = ?5,
             json = ?6
         WHERE id = ?1",
        params![
            id,
            is_enabled(&integration.message),
            integration.api_key_sealed_to,
            integration.headers_sealed_to,
            integration.message.encode_to_vec(),
            json_text(&integration.message),
        ],
    )?;
    changes::record(connection, change, (KIND, id), ChangeOutcome::Updated)?;
    Ok(Updated::Done(()))
}

pub(super) fn delete(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    force: bool,
) -> Result<LlmIntegrationDeleted, StoreError> {
    let Some(integration) = record(connection, id)? else {
        return Ok(LlmIntegrationDeleted::NotFound);
    };
    if !force {
        let models = only_offered_by(connection, &integration)?;
        if !models.is_empty() {
            return Ok(LlmIntegrationDeleted::LastForModels(models));
        }
    }
    execute(
        connection,
        "DELETE FROM llm_integrations WHERE id = ?1",
        [id],
    )?;
    changes::record(connection, change, (KIND, id), ChangeOutcome::Deleted)?;
    Ok(LlmIntegrationDeleted::Done)
}

/// The models that the integration offers and no other enabled integration of its runner does.
fn only_offered_by(
    connection: &Connection,
    integration: &LlmIntegrationRecord,
) -> Result<Vec<SupportedModel>, StoreError> {
    let others = all(
        connection,
        "SELECT message FROM llm_integrations
         WHERE runner_id = ?1 AND enabled = 1 AND id <> ?2",
        [integration.runner_id, integration.id],
        |row| row.get::<_, Vec<u8>>(0),
    )?;
    let others: Vec<LlmIntegration> = others
        .iter()
        .map(|other| decode(other))
        .collect::<Result<_, _>>()?;
    Ok(models::only_offered_by(&integration.message, &others))
}

fn record(connection: &Connection, id: Uuid) -> Result<Option<LlmIntegrationRecord>, StoreError> {
    let row = find(
        connection,
        "SELECT runner_id, api_key_sealed_to, headers_sealed_to, message
         FROM llm_integrations WHERE id = ?1",
        [id],
        |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get::<_, Vec<u8>>(3)?,
            ))
        },
    )?;
    row.map(
        |(runner_id, api_key_sealed_to, headers_sealed_to, message)| {
            Ok(LlmIntegrationRecord {
                id,
                runner_id,
                message: decode(&message)?,
                api_key_sealed_to,
                headers_sealed_to,
            })
        },
    )
    .transpose()
}
