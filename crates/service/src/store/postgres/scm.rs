//! SCM integrations, and the tokens that go with them.
//!
//! Locks: creating one holds its runner; changing one takes its row. Deleting one takes the rows of all integrations of
//! its runner and host, in the order of their ids: what the others offer decides which tokens go, and must not change
//! until they are gone. A token that names an integration holds it while it is created ([`hold`]).

use prost::Message as _;
use runner_configuration::v1::{HostAuthenticationTokenSource, ScmIntegration};
use uuid::Uuid;

use super::error::Failure;
use super::list::{self, SCM_INTEGRATIONS};
use super::session::{Session, both, bytes, column, fingerprint};
use super::{changes, runners, tokens};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, Form, HostKey, ObjectKind, Page, PageRequest,
    RunnerFilter, ScmIntegrationRecord, Stored, TokenDeletions, Updated,
};

const KIND: ObjectKind = ObjectKind::ScmIntegration;

pub(super) async fn create(
    session: &Session,
    change: &Change,
    integration: &ScmIntegrationRecord,
) -> Result<Created, Failure> {
    if !runners::hold(session, integration.runner_id).await? {
        return Ok(Created::RunnerNotFound);
    }
    let object = (KIND, integration.id);
    both(
        session.execute(
            "INSERT INTO scm_integrations
                 (id, runner_id, host, offers_oauth, offers_pat, sealed_to, message, json)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &integration.id,
                &integration.runner_id,
                &integration.host.as_str(),
                &integration.message.oauth.is_some(),
                &integration.message.pat,
                &bytes(&integration.sealed_to),
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
) -> Result<Option<Stored<ScmIntegration>>, Failure> {
    let sql = match form {
        Form::Protobuf => "SELECT runner_id, message FROM scm_integrations WHERE id = $1",
        Form::Json => {
            "SELECT runner_id, coalesce(json, message) FROM scm_integrations WHERE id = $1"
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

/// Whether there is such an integration of this runner; if so, it stays until the end of the transaction.
pub(super) async fn hold(session: &Session, id: Uuid, runner_id: Uuid) -> Result<bool, Failure> {
    let sql = "SELECT 1 FROM scm_integrations WHERE id = $1 AND runner_id = $2 FOR KEY SHARE";
    session.exists(sql, &[&id, &runner_id]).await
}

pub(super) async fn page(
    session: &Session,
    filter: &RunnerFilter,
    request: PageRequest,
) -> Result<Page<ScmIntegration>, Failure> {
    let runners = Runners::from_filter(&filter.runner_ids);
    list::of_runners(session, SCM_INTEGRATIONS, &runners, None, request).await
}

pub(super) async fn update<E>(
    session: &Session,
    change: &Change,
    id: Uuid,
    updater: &mut (impl FnMut(&mut ScmIntegrationRecord) -> Result<TokenDeletions, E> + Send),
) -> Result<Updated<u64, E>, Failure> {
    let Some(mut integration) = take(session, id).await? else {
        return Ok(Updated::NotFound);
    };
    let (runner_id, host) = (integration.runner_id, integration.host.clone());
    let deletions = match updater(&mut integration) {
        Ok(deletions) => deletions,
        Err(refusal) => return Ok(Updated::Refused(refusal)),
    };
    session
        .execute(
            "UPDATE scm_integrations
             SET offers_oauth = $2, offers_pat = $3, sealed_to = $4, message = $5, json = $6
             WHERE id = $1",
            &[
                &id,
                &integration.message.oauth.is_some(),
                &integration.message.pat,
                &bytes(&integration.sealed_to),
                &integration.message.encode_to_vec(),
                &json_text(&integration.message),
            ],
        )
        .await?;
    let mut deleted = 0;
    for (wanted, source) in [
        (deletions.oauth, HostAuthenticationTokenSource::Oauth),
        (deletions.pat, HostAuthenticationTokenSource::Pat),
    ] {
        if wanted {
            deleted += tokens::delete_by_source(session, change, runner_id, &host, source).await?;
        }
    }
    changes::record(session, change, (KIND, id), ChangeOutcome::Updated).await?;
    Ok(Updated::Done(deleted))
}

pub(super) async fn delete(
    session: &Session,
    change: &Change,
    id: Uuid,
) -> Result<Option<u64>, Failure> {
    // Neither ever changes.
    let sql = "SELECT runner_id, host FROM scm_integrations WHERE id = $1";
    let found = session
        .find(sql, &[&id], |row| {
            let host = HostKey::from_normalized(column::<String>(row, 1)?);
            Ok((column(row, 0)?, host))
        })
        .await?;
    let Some((runner_id, host)) = found else {
        return Ok(None);
    };
    let Some(still_offered) = Offers::take_of_others(session, id, runner_id, &host).await? else {
        return Ok(None);
    };
    let deleted = tokens::delete_by_integration(session, change, id).await?
        + tokens::delete_without_offer(session, change, runner_id, &host, &still_offered).await?;
    both(
        session.execute("DELETE FROM scm_integrations WHERE id = $1", &[&id]),
        changes::record(session, change, (KIND, id), ChangeOutcome::Deleted),
    )
    .await?;
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
    /// What the integrations of this runner and host offer, other than the one with this id. Until the end of the
    /// transaction nobody changes any of them. `None` if that one is not there any more.
    async fn take_of_others(
        session: &Session,
        id: Uuid,
        runner_id: Uuid,
        host: &HostKey,
    ) -> Result<Option<Self>, Failure> {
        let sql = "SELECT o.id, o.offers_oauth, o.offers_pat FROM scm_integrations o
                   WHERE o.runner_id = $1 AND o.host = $2 ORDER BY o.id FOR UPDATE";
        let mut is_there = false;
        let mut offers = Self::default();
        for row in session.rows(sql, &[&runner_id, &host.as_str()]).await? {
            if column::<Uuid>(&row, 0)? == id {
                is_there = true;
                continue;
            }
            offers.oauth |= column::<bool>(&row, 1)?;
            offers.pat |= column::<bool>(&row, 2)?;
            offers.anything = true;
        }
        Ok(is_there.then_some(offers))
    }
}

/// The integration, which nobody else changes until the end of the transaction.
async fn take(session: &Session, id: Uuid) -> Result<Option<ScmIntegrationRecord>, Failure> {
    let sql = "SELECT runner_id, host, sealed_to, message FROM scm_integrations
               WHERE id = $1 FOR NO KEY UPDATE";
    session
        .find(sql, &[&id], |row| {
            Ok(ScmIntegrationRecord {
                id,
                runner_id: column(row, 0)?,
                host: HostKey::from_normalized(column::<String>(row, 1)?),
                sealed_to: fingerprint(row, 2)?,
                message: decode(column(row, 3)?)?,
            })
        })
        .await
}
