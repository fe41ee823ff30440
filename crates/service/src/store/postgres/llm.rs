//! LLM integrations.
//!
//! Locks: creating one holds its runner; changing one takes its row. Deleting one without force takes the rows of all
//! enabled integrations of its runner, in the order of their ids: of the last two for a model only one may go.

use prost::Message as _;
use runner_configuration::v1::LlmIntegration;
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Failure;
use super::list::{self, LLM_INTEGRATIONS};
use super::session::{Session, both, bytes, column, fingerprint};
use super::{changes, runners};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::models::{is_enabled, only_offered_by};
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, Form, LlmIntegrationDeleted, LlmIntegrationRecord,
    ObjectKind, Page, PageRequest, RunnerFilter, Stored, Updated,
};

const KIND: ObjectKind = ObjectKind::LlmIntegration;

pub(super) async fn create(
    session: &Session,
    change: &Change,
    integration: &LlmIntegrationRecord,
) -> Result<Created, Failure> {
    if !runners::hold(session, integration.runner_id).await? {
        return Ok(Created::RunnerNotFound);
    }
    let object = (KIND, integration.id);
    both(
        session.execute(
            "INSERT INTO llm_integrations
                 (id, runner_id, enabled, api_key_sealed_to, headers_sealed_to, message, json)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &integration.id,
                &integration.runner_id,
                &is_enabled(&integration.message),
                &bytes(&integration.api_key_sealed_to),
                &bytes(&integration.headers_sealed_to),
                &integration.message.encode_to_vec(),
                &json_text(&integration.message),
            ],
        ),
        changes::record(session, change, object, ChangeOutcome::Created),
    )
    .await?;
    Ok(Created::Done)
}

pub(super) async fn get(
    session: &Session,
    id: Uuid,
    form: Form,
) -> Result<Option<Stored<LlmIntegration>>, Failure> {
    let sql = match form {
        Form::Protobuf => "SELECT runner_id, message FROM llm_integrations WHERE id = $1",
        Form::Json => {
            "SELECT runner_id, coalesce(json, message) FROM llm_integrations WHERE id = $1"
        }
    };
    session
        .find(sql, &[&id], |row| {
            Ok(Stored {
                runner_id: column(row, 0)?,
                message: Encoded::from_bytes(column(row, 1)?),
            })
        })
        .await
}

pub(super) async fn page(
    session: &Session,
    filter: &RunnerFilter,
    request: PageRequest,
) -> Result<Page<LlmIntegration>, Failure> {
    let runners = Runners::from_filter(&filter.runner_ids);
    list::of_runners(session, LLM_INTEGRATIONS, &runners, None, request).await
}

pub(super) async fn update<E>(
    session: &Session,
    change: &Change,
    id: Uuid,
    updater: &mut (impl FnMut(&mut LlmIntegrationRecord) -> Result<(), E> + Send),
) -> Result<Updated<(), E>, Failure> {
    let sql = "SELECT id, runner_id, api_key_sealed_to, headers_sealed_to, message
               FROM llm_integrations WHERE id = $1 FOR NO KEY UPDATE";
    let Some(mut integration) = session.find(sql, &[&id], read).await? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut integration) {
        return Ok(Updated::Refused(refusal));
    }
    both(
        session.execute(
            "UPDATE llm_integrations
             SET enabled = $2, api_key_sealed_to = $3, headers_sealed_to = $4, message = $5,
                 json = $6
             WHERE id = $1",
            &[
                &id,
                &is_enabled(&integration.message),
                &bytes(&integration.api_key_sealed_to),
                &bytes(&integration.headers_sealed_to),
                &integration.message.encode_to_vec(),
                &json_text(&integration.message),
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
    force: bool,
) -> Result<LlmIntegrationDeleted, Failure> {
    if !force {
        let Some((integration, others)) = take_with_others(session, id).await? else {
            return Ok(LlmIntegrationDeleted::NotFound);
        };
        let models = only_offered_by(&integration, &others);
        if !models.is_empty() {
            return Ok(LlmIntegrationDeleted::LastForModels(models));
        }
    }
    let sql = "DELETE FROM llm_integrations WHERE id = $8 RETURNING id";
    let outcome = (KIND, ChangeOutcome::Deleted);
    match changes::record_all(session, change, outcome, sql, &[&id]).await? {
        0 => Ok(LlmIntegrationDeleted::NotFound),
        _ => Ok(LlmIntegrationDeleted::Done),
    }
}

/// The integration, if it is there, and the other enabled ones of its runner.
async fn take_with_others(
    session: &Session,
    id: Uuid,
) -> Result<Option<(LlmIntegration, Vec<LlmIntegration>)>, Failure> {
    let sql = "SELECT runner_id FROM llm_integrations WHERE id = $1";
    let runner: Option<Uuid> = session.find(sql, &[&id], |row| column(row, 0)).await?;
    let Some(runner) = runner else {
        return Ok(None);
    };
    let sql = "SELECT o.id, o.message FROM llm_integrations o
               WHERE o.runner_id = $1 AND (o.enabled OR o.id = $2) ORDER BY o.id FOR UPDATE";
    let mut integration = None;
    let mut others = Vec::new();
    for row in session.rows(sql, &[&runner, &id]).await? {
        let message = decode(column(&row, 1)?)?;
        if column::<Uuid>(&row, 0)? == id {
            integration = Some(message);
        } else {
            others.push(message);
        }
    }
    Ok(integration.map(|integration| (integration, others)))
}

fn read(row: &Row) -> Result<LlmIntegrationRecord, Failure> {
    Ok(LlmIntegrationRecord {
        id: column(row, 0)?,
        runner_id: column(row, 1)?,
        api_key_sealed_to: fingerprint(row, 2)?,
        headers_sealed_to: fingerprint(row, 3)?,
        message: decode(column(row, 4)?)?,
    })
}
