//! Environment classes.

use prost::Message;
use runner_configuration::v1::EnvironmentClass;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::statement::{all, execute, find};
use super::{changes, list, runners};
use crate::store::filter::Runners;
use crate::store::json_text::json_text;
use crate::store::page::decode;
use crate::store::{
    Change, ChangeOutcome, Created, Encoded, EnvironmentClassFilter, EnvironmentClassRecord, Form,
    ObjectKind, Page, PageRequest, StoreError, Stored, Updated,
};

const KIND: ObjectKind = ObjectKind::EnvironmentClass;

pub(super) fn create(
    connection: &Connection,
    change: &Change,
    class: &EnvironmentClassRecord,
) -> Result<Created, StoreError> {
    if !runners::is_there(connection, class.runner_id)? {
        return Ok(Created::RunnerNotFound);
    }
    execute(
        connection,
        "INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            class.id,
            class.runner_id,
            class.message.enabled,
            class.sealed_to,
            class.message.encode_to_vec(),
            json_text(&class.message),
        ],
    )?;
    changes::record(connection, change, (KIND, class.id), ChangeOutcome::Created)?;
    Ok(Created::Done)
}

pub(super) fn get(
    connection: &Connection,
    id: Uuid,
    form: Form,
) -> Result<Option<Stored<EnvironmentClass>>, StoreError> {
    find(
        connection,
        match form {
            Form::Protobuf => "SELECT runner_id, message FROM environment_classes WHERE id = ?1",
            Form::Json => {
                "SELECT runner_id, coalesce(json, message) FROM environment_classes WHERE id = ?1"
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
    filter: &EnvironmentClassFilter,
    request: PageRequest,
) -> Result<Page<EnvironmentClass>, StoreError> {
    let Ok(enabled) = filter.wants_enabled() else {
        return Ok(Page::empty());
    };
    if !filter.looks_at_runners() {
        let runners = Runners::from_filter(&filter.runner_ids);
        return list::of_runners(connection, list::CLASSES, &runners, enabled, request);
    }
    // Runners and classes are read from one state of the store.
    let snapshot = super::readers::snapshot(connection)?;
    let runners = matching_runners(&snapshot, filter)?;
    list::of_runners(&snapshot, list::CLASSES, &runners, enabled, request)
}

pub(super) fn update<E>(
    connection: &Connection,
    change: &Change,
    id: Uuid,
    updater: &mut impl FnMut(&mut EnvironmentClassRecord) -> Result<(), E>,
) -> Result<Updated<(), E>, StoreError> {
    let Some(mut class) = record(connection, id)? else {
        return Ok(Updated::NotFound);
    };
    if let Err(refusal) = updater(&mut class) {
        return Ok(Updated::Refused(refusal));
    }
    execute(
        connection,
        "UPDATE environment_classes SET enabled = ?2, sealed_to = ?3, message = ?4, json = ?5 WHERE id = ?1",
        params![
            id,
            class.message.enabled,
            class.sealed_to,
            class.message.encode_to_vec(),
            json_text(&class.message),
        ],
    )?;
    changes::record(connection, change, (KIND, id), ChangeOutcome::Updated)?;
    Ok(Updated::Done(()))
}

fn record(connection: &Connection, id: Uuid) -> Result<Option<EnvironmentClassRecord>, StoreError> {
    let row = find(
        connection,
        "SELECT runner_id, sealed_to, message FROM environment_classes WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?)),
    )?;
    row.map(|(runner_id, sealed_to, message)| {
        Ok(EnvironmentClassRecord {
            id,
            runner_id,
            message: decode(&message)?,
            sealed_to,
        })
    })
    .transpose()
}

/// Resolves the filter to runners, so that any combination of its parts is read along an index.
///
/// Runners are few. Where all of them match, the list is the unfiltered one.
fn matching_runners(
    connection: &Connection,
    filter: &EnvironmentClassFilter,
) -> Result<Runners, StoreError> {
    let runners = all(
        connection,
        "SELECT id, kind, provider, registered FROM runners INDEXED BY runners_by_kind",
        [],
        |row| {
            let id = row.get(0)?;
            let matches = filter.allows_runner(&id, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(matches.then_some(id))
        },
    )?;
    let matching: Vec<Uuid> = runners.iter().flatten().copied().collect();
    if matching.len() == runners.len() {
        return Ok(Runners::All);
    }
    Ok(Runners::these(matching))
}
