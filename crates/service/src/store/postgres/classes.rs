//! Environment classes.
//!
//! Locks: creating one holds its runner; changing one takes its row.

use prost::Message as _;
use runner_configuration::v1::EnvironmentClass;
use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, both, bytes, column, fingerprint};
use super::{changes, list, runners};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, EnvironmentClassFilter, EnvironmentClassRecord, Form,
    ObjectKind, Page, PageRequest, Stored, Updated,
};

const KIND: ObjectKind = ObjectKind::EnvironmentClass;

pub(super) async fn create(
    session: &Session,
    change: &Change,
    class: &EnvironmentClassRecord,
) -> Result<Created, Failure> {
    if !runners::hold(session, class.runner_id).await? {
        return Ok(Created::RunnerNotFound);
    }
    let (message, json) = (class.message.encode_to_vec(), json_text(&class.message));
    both(
        session.execute(
            "INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message, json)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &class.id,
                &class.runner_id,
                &class.message.enabled,
                &bytes(&class.sealed_to),
                &message,
                &json,
            ],
        ),
        changes::record(session, change, (KIND, class.id), ChangeOutcome::Created),
    )
    .await?;
    Ok(Created::Done)
}

pub(super) async fn get(
    session: &Session,
    id: Uuid,
    form: Form,
) -> Result<Option<Stored<EnvironmentClass>>, Failure> {
    let sql = match form {
        Form::Protobuf => "SELECT runner_id, message FROM environment_classes WHERE id = $1",
        Form::Json => {
            "SELECT runner_id, coalesce(json, message) FROM environment_classes WHERE id = $1"
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

/// The page, if the filter looks at classes alone; `session` need not be a snapshot.
pub(super) async fn page(
    session: &Session,
    filter: &EnvironmentClassFilter,
    request: PageRequest,
) -> Result<Page<EnvironmentClass>, Failure> {
    let Ok(enabled) = filter.wants_enabled() else {
        return Ok(Page::empty());
    };
    let runners = if filter.looks_at_runners() {
        matching_runners(session, filter).await?
    } else {
        Runners::from_filter(&filter.runner_ids)
    };
    list::of_runners(session, list::CLASSES, &runners, enabled, request).await
}

pub(super) async fn update<E>(
    session: &Session,
    change: &Change,
    id: Uuid,
    updater: &mut (impl FnMut(&mut EnvironmentClassRecord) -> Result<(), E> + Send),
) -> Result<Updated<(), E>, Failure> {
    let Some(mut class) = take(session, id).await? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut class) {
        return Ok(Updated::Refused(refusal));
    }
    let (message, json) = (class.message.encode_to_vec(), json_text(&class.message));
    both(
        session.execute(
            "UPDATE environment_classes SET enabled = $2, sealed_to = $3, message = $4, json = $5
             WHERE id = $1",
            &[
                &id,
                &class.message.enabled,
                &bytes(&class.sealed_to),
                &message,
                &json,
            ],
        ),
        changes::record(session, change, (KIND, id), ChangeOutcome::Updated),
    )
    .await?;
    Ok(Updated::Done(()))
}

/// The class, which nobody else changes until the end of the transaction.
async fn take(session: &Session, id: Uuid) -> Result<Option<EnvironmentClassRecord>, Failure> {
    let sql = "SELECT runner_id, sealed_to, message FROM environment_classes
               WHERE id = $1 FOR NO KEY UPDATE";
    session
        .find(sql, &[&id], |row| {
            Ok(EnvironmentClassRecord {
                id,
                runner_id: column(row, 0)?,
                sealed_to: fingerprint(row, 1)?,
                message: decode(column(row, 2)?)?,
            })
        })
        .await
}

/// Resolves the filter to runners, so that any combination of its parts is read along an index.
///
/// Runners are few. Where all of them match, the list is the unfiltered one.
async fn matching_runners(
    session: &Session,
    filter: &EnvironmentClassFilter,
) -> Result<Runners, Failure> {
    let sql = "SELECT id, kind, provider, registered FROM runners";
    let runners: Vec<Option<Uuid>> = session
        .all(sql, &[], |row| {
            let id = column(row, 0)?;
            let (kind, provider) = (column(row, 1)?, column(row, 2)?);
            let matches = filter.allows_runner(&id, kind, provider, column(row, 3)?);
            Ok(matches.then_some(id))
        })
        .await?;
    let matching: Vec<Uuid> = runners.iter().flatten().copied().collect();
    if matching.len() == runners.len() {
        return Ok(Runners::All);
    }
    Ok(Runners::these(matching))
}
