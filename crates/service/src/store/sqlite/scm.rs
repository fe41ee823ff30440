//! SCM integrations, and the tokens that go with them.

use prost::Message;
use runner_configuration::v1::{HostAuthenticationTokenSource, ScmIntegration};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::list::{self, SCM_INTEGRATIONS};
use super::statement::{all, execute, exists, find};
use super::{changes, runners, tokens};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, Form, HostKey, ObjectKind, Page, PageRequest,
    RunnerFilter, ScmIntegrationRecord, StoreError, Stored, TokenDeletions, Updated,
};

const KIND: ObjectKind = ObjectKind::ScmIntegration;

pub(super) fn create(
    connection: &Connection,
    change: &Change,
    integration: &ScmIntegrationRecord,
) -> Result<Created, StoreError> {
    if !runners::is_there(connection, integration.runner_id)? {
        return Ok(Created::RunnerNotFound);
    }
    execute(
        connection,
        "INSERT INTO scm_integrations
             (id, runner_id, host, offers_oauth, offers_pat, sealed_to, message, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            integration.id,
            integration.runner_id,
            integration.host.as_str(),
            integration.message.oauth.is_some(),
            integration.message.pat,
            integration.sealed_to,
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
) -> Result<Option<Stored<ScmIntegration>>, StoreError> {
    find(
        connection,
        match form {
            Form::Protobuf => "SELECT runner_id, message FROM scm_integrations WHERE id = ?1",
            Form::Json => {
                "SELECT runner_id, coalesce(json, message) FROM scm_integrations WHERE id = ?1"
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

/// Whether there is such an integration of this runner.
pub(super) fn is_of_runner(
    connection: &Connection,
    id: Uuid,
    runner_id: Uuid,
) -> Result<bool, StoreError> {
    exists(
        connection,
        "SELECT 1 FROM scm_integrations WHERE id = ?1 AND runner_id = ?2",
        [id, runner_id],
    )
}

pub(super) fn page(
    connection: &Connection,
    filter: &RunnerFilter,
    request: PageRequest,
) -> Result<Page<ScmIntegration>, StoreError> {
    let runners = Runners::from_filter(&filter.runner_ids);
    list::of_runners(connection, SCM_INTEGRATIONS, &runners, None, request)
}

pub(super) fn update<E>(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    updater: &mut impl FnMut(&mut ScmIntegrationRecord) -> Result<TokenDeletions, E>,
) -> Result<Updated<u64, E>, StoreError> {
    let Some(mut integration) = record(connection, id)? else {
        return Ok(Updated::NotFound);
    };
    let ScmIntegrationRecord {
        runner_id, host, ..
    } = integration.clone();
    let deletions = match updater(&mut integration) {
        Ok(deletions) => deletions,
        Err(refusal) => return Ok(Updated::Refused(refusal)),
    };
    execute(
        connection,
        "UPDATE scm_integrations
         SET offers_oauth = ?2, offers_pat = ?3, sealed_to = ?4, message = ?5, json = ?6
         WHERE id = ?1",
        params![
            id,
            integration.message.oauth.is_some(),
            integration.message.pat,
            integration.sealed_to,
            integration.message.encode_to_vec(),
            json_text(&integration.message),
        ],
    )?;
    let mut deleted = 0;
    for (wanted, source) in [
        (deletions.oauth, HostAuthenticationTokenSource::Oauth),
        (deletions.pat, HostAuthenticationTokenSource::Pat),
    ] {
        if wanted {
            deleted += tokens::delete_by_source(connection, change, runner_id, &host, source)?;
        }
    }
    changes::record(connection, change, (KIND, id), ChangeOutcome::Updated)?;
    Ok(Updated::Done(deleted))
}

pub(super) fn delete(
    connection: &Connection,
    change: &Change,
    id: Uuid,
) -> Result<Option<u64>, StoreError> {
    let Some(ScmIntegrationRecord {
        runner_id, host, ..
    }) = record(connection, id)?
    else {
        return Ok(None);
    };
    let still_offered = Offers::of_others(connection, id, runner_id, &host)?;
    let deleted = tokens::delete_by_integration(connection, change, id)?
        + tokens::delete_without_offer(connection, change, runner_id, &host, &still_offered)?;
    execute(
        connection,
        "DELETE FROM scm_integrations WHERE id = ?1",
        [id],
    )?;
    changes::record(connection, change, (KIND, id), ChangeOutcome::Deleted)?;
    Ok(Some(deleted))
}

/// Which sources of tokens the integrations of a runner and host offer.
#[derive(Default)]
pub(super) struct Offers {
    pub(super) oauth: bool,
    pub(super) pat: bool,
    /// There is an integration at all.
    pub(super) anything: bool,
}

impl Offers {
    /// What the integrations of this runner and host offer, other than the one with this id.
    fn of_others(
        connection: &Connection,
        id: Uuid,
        runner_id: Uuid,
        host: &HostKey,
    ) -> Result<Self, StoreError> {
        let others = all(
            connection,
            "SELECT offers_oauth, offers_pat FROM scm_integrations
             WHERE runner_id = ?1 AND host = ?2 AND id <> ?3",
            params![runner_id, host.as_str(), id],
            |row| {
                Ok(Self {
                    oauth: row.get(0)?,
                    pat: row.get(1)?,
                    anything: true,
                })
            },
        )?;
        Ok(others.into_iter().fold(Self::default(), |all, one| Self {
            oauth: all.oauth || one.oauth,
            pat: all.pat || one.pat,
            anything: true,
        }))
    }
}

fn record(connection: &Connection, id: Uuid) -> Result<Option<ScmIntegrationRecord>, StoreError> {
    let row = find(
        connection,
        "SELECT runner_id, host, sealed_to, message FROM scm_integrations WHERE id = ?1",
        [id],
        |row| {
            Ok((
                row.get(0)?,
                row.get::<_, String>(1)?,
                row.get(2)?,
                row.get::<_, Vec<u8>>(3)?,
            ))
        },
    )?;
    row.map(|(runner_id, host, sealed_to, message)| {
        Ok(ScmIntegrationRecord {
            id,
            runner_id,
            host: HostKey::from_normalized(host),
            message: decode(&message)?,
            sealed_to,
        })
    })
    .transpose()
}
