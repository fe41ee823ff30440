//! Pages of lists.
//!
//! Whatever the filter, a page is read along an index from where the last page ended, so its cost depends neither on
//! how much is stored nor on how deep in the list it is. `INDEXED BY` makes that certain: without its index a
//! statement fails, instead of becoming slow.

use std::fmt::Write as _;

use rusqlite::types::ToSql;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

use super::error::from_sqlite;
use super::statement::{all, find};
use crate::store::{Page, PageRequest, StoreError};

/// A table that is listed. Its indexes are called `<table>_by_<columns>`.
pub(super) type Table = &'static str;

pub(super) const CLASSES: Table = "environment_classes";
pub(super) const TOKENS: Table = "host_authentication_tokens";
pub(super) const SCM_INTEGRATIONS: Table = "scm_integrations";
pub(super) const LLM_INTEGRATIONS: Table = "llm_integrations";

/// The runners that a list is restricted to.
pub(super) enum Runners {
    All,
    /// Each of them once.
    These(Vec<Uuid>),
}

impl Runners {
    /// An empty filter is no restriction.
    pub(super) fn from_filter(ids: &[Uuid]) -> Self {
        if ids.is_empty() {
            return Self::All;
        }
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Self::These(ids)
    }
}

/// A page of the objects of these runners; where `enabled` is given, of those only that are, or are not.
pub(super) fn of_runners<M>(
    connection: &Connection,
    table: Table,
    runners: &Runners,
    enabled: Option<bool>,
    request: PageRequest,
) -> Result<Page<M>, StoreError> {
    match (runners, &enabled) {
        (Runners::All, None) => page(connection, table, None, &[], request),
        (Runners::All, Some(enabled)) => page(
            connection,
            table,
            Some("enabled"),
            &[("enabled", enabled)],
            request,
        ),
        (Runners::These(ids), enabled) => match (ids.as_slice(), enabled) {
            ([], _) => Ok(Page::empty()),
            ([id], None) => page(
                connection,
                table,
                Some("runner"),
                &[("runner_id", id)],
                request,
            ),
            ([id], Some(enabled)) => {
                let equal: [Equal<'_>; 2] = [("runner_id", id), ("enabled", enabled)];
                page(connection, table, Some("runner_enabled"), &equal, request)
            }
            (ids, enabled) => merged(connection, table, ids, *enabled, request),
        },
    }
}

/// A column, and the value that it has to have.
pub(super) type Equal<'v> = (&'static str, &'v dyn ToSql);

/// A page of the rows with these values, along the index that starts with (some of) them, or along the primary key.
pub(super) fn page<M>(
    connection: &Connection,
    table: Table,
    index: Option<&'static str>,
    equal: &[Equal<'_>],
    request: PageRequest,
) -> Result<Page<M>, StoreError> {
    let after = after(request);
    let limit = limit_with_one_more(request);
    let mut sql = format!("SELECT id, message FROM {table}");
    let mut params: Vec<&dyn ToSql> = vec![&after, &limit];
    if let Some(index) = index {
        let _ = write!(sql, " INDEXED BY {table}_by_{index}");
    }
    sql.push_str(" WHERE id > ?1");
    for (column, value) in equal {
        params.push(value);
        let _ = write!(sql, " AND {column} = ?{}", params.len());
    }
    sql.push_str(" ORDER BY id LIMIT ?2");
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params.as_slice())?;
        let mut page = Page::empty();
        let mut last = None;
        while let Some(row) = rows.next()? {
            if page.len() == request.limit {
                page.continue_after(last);
                break;
            }
            page.push(row.get_ref(1)?.as_blob()?);
            last = Some(row.get(0)?);
        }
        Ok(page)
    };
    read().map_err(from_sqlite)
}

/// A page of the rows of several runners: the ids along the index of each, merged in order, and then the rows.
fn merged<M>(
    connection: &Connection,
    table: Table,
    runners: &[Uuid],
    enabled: Option<bool>,
    request: PageRequest,
) -> Result<Page<M>, StoreError> {
    let mut ids = Vec::new();
    for runners in runners.chunks(MERGE) {
        ids.append(&mut merged_ids(
            connection, table, runners, enabled, request,
        )?);
    }
    ids.sort_unstable();

    let sql = format!("SELECT message FROM {table} WHERE id = ?1");
    let mut page = Page::empty();
    for &id in ids.iter().take(request.limit) {
        find(connection, &sql, [id], |row| {
            page.push(row.get_ref(0)?.as_blob()?);
            Ok(())
        })?;
    }
    if ids.len() > request.limit {
        page.continue_after(ids.get(request.limit.saturating_sub(1)).copied());
    }
    Ok(page)
}

/// How many runners one statement merges.
const MERGE: usize = 256;

/// SQLite answers an ordered UNION ALL by merging its arms, each of which it reads only as far as needed.
fn merged_ids(
    connection: &Connection,
    table: Table,
    runners: &[Uuid],
    enabled: Option<bool>,
    request: PageRequest,
) -> Result<Vec<Uuid>, StoreError> {
    let after = after(request);
    let limit = limit_with_one_more(request);
    let mut params: Vec<&dyn ToSql> = vec![&after, &limit];
    let (index, and_enabled) = match &enabled {
        None => ("runner", ""),
        Some(enabled) => {
            params.push(enabled);
            ("runner_enabled", " AND enabled = ?3")
        }
    };
    // A few statements are kept prepared rather than one for each number of runners.
    let arms = runners.len().next_power_of_two();
    let mut sql = String::with_capacity(arms * 160);
    for arm in 0..arms {
        params.push(
            runners
                .get(arm)
                .map_or(&NO_RUNNER as &dyn ToSql, |id| id as &dyn ToSql),
        );
        let union = if arm == 0 { "" } else { " UNION ALL " };
        let _ = write!(
            sql,
            "{union}SELECT id FROM {table} INDEXED BY {table}_by_{index}
             WHERE runner_id = ?{}{and_enabled} AND id > ?1",
            params.len()
        );
    }
    sql.push_str(" ORDER BY id LIMIT ?2");
    all(connection, &sql, params_from_iter(params), |row| row.get(0))
}

/// What no `runner_id` is equal to.
const NO_RUNNER: &[u8] = &[];

fn after(request: PageRequest) -> [u8; 16] {
    request.after.unwrap_or_default().into_bytes()
}

/// One row more tells whether there is a next page.
fn limit_with_one_more(request: PageRequest) -> i64 {
    i64::try_from(request.limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}
