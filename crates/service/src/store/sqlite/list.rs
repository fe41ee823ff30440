//! Pages of lists.
//!
//! Whatever the filter, a page is read along an index from where the last page ended, so its cost depends neither on
//! how much is stored nor on how deep in the list it is. `INDEXED BY` makes that certain: without its index a
//! statement fails, instead of becoming slow.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::ToSql;
use uuid::Uuid;

use super::error::from_sqlite;
use super::readers::snapshot;
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
    let enabled = enabled.as_ref();
    let runner = match runners {
        Runners::All => None,
        Runners::These(ids) => match ids.as_slice() {
            [] => return Ok(Page::empty()),
            [id] => Some(id),
            ids => return merged(connection, table, ids, enabled, request),
        },
    };
    let mut equal: Vec<Equal<'_>> = Vec::with_capacity(2);
    equal.extend(runner.map(|runner| ("runner_id", runner as &dyn ToSql)));
    equal.extend(enabled.map(|enabled| ("enabled", enabled as &dyn ToSql)));
    let index = match (runner, enabled) {
        (None, None) => None,
        (Some(_), None) => Some("runner"),
        (None, Some(_)) => Some("enabled"),
        (Some(_), Some(_)) => Some("runner_enabled"),
    };
    page(connection, table, index, &equal, request)
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
    let (after, limit) = (after(request), limit(request));
    let mut params: Vec<&dyn ToSql> = vec![&after, &limit];
    params.extend(equal.iter().map(|(_, value)| value));
    let sql = page_sql(table, index, equal.iter().map(|(column, _)| *column));
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

fn page_sql(
    table: Table,
    index: Option<&'static str>,
    columns: impl Iterator<Item = &'static str>,
) -> String {
    let mut sql = format!("SELECT id, message FROM {table}");
    if let Some(index) = index {
        let _ = write!(sql, " INDEXED BY {table}_by_{index}");
    }
    sql.push_str(" WHERE id > ?1");
    for (column, parameter) in columns.zip(3..) {
        let _ = write!(sql, " AND {column} = ?{parameter}");
    }
    sql.push_str(" ORDER BY id LIMIT ?2");
    sql
}

/// A page of the rows of several runners: the ids along the index of each, merged in order, and then the rows.
fn merged<M>(
    connection: &Connection,
    table: Table,
    runners: &[Uuid],
    enabled: Option<&bool>,
    request: PageRequest,
) -> Result<Page<M>, StoreError> {
    // So that nothing is deleted between the statements.
    let _snapshot = connection
        .is_autocommit()
        .then(|| snapshot(connection))
        .transpose()?;
    let mut ids = Vec::new();
    for runners in runners.chunks(MERGE) {
        ids.append(&mut merged_ids(
            connection, table, runners, enabled, request,
        )?);
    }
    ids.sort_unstable();

    let mut page = Page::empty();
    if ids.len() > request.limit {
        ids.truncate(request.limit);
        page.continue_after(ids.last().copied());
    }
    let sql = format!("SELECT message FROM {table} WHERE id = ?1");
    for id in ids {
        find(connection, &sql, [id], |row| {
            page.push(row.get_ref(0)?.as_blob()?);
            Ok(())
        })?;
    }
    Ok(page)
}

/// How many runners one statement merges.
const MERGE: usize = 256;

fn merged_ids(
    connection: &Connection,
    table: Table,
    runners: &[Uuid],
    enabled: Option<&bool>,
    request: PageRequest,
) -> Result<Vec<Uuid>, StoreError> {
    // A few statements are kept prepared, rather than one for each number of runners.
    let arms = runners.len().next_power_of_two();
    let (after, limit) = (after(request), limit(request));
    let mut params: Vec<&dyn ToSql> = vec![&after, &limit];
    params.extend(enabled.map(|enabled| enabled as &dyn ToSql));
    params.extend(runners.iter().map(|runner| runner as &dyn ToSql));
    params.extend((runners.len()..arms).map(|_| &NO_RUNNER as &dyn ToSql));
    let sql = merged_sql(table, enabled.is_some(), arms);
    all(connection, &sql, params.as_slice(), |row| row.get(0))
}

/// SQLite answers an ordered UNION ALL by merging its arms, each of which it reads only as far as needed.
fn merged_sql(table: Table, by_enabled: bool, arms: usize) -> String {
    let (index, and_enabled, first) = if by_enabled {
        ("runner_enabled", " AND enabled = ?3", 4)
    } else {
        ("runner", "", 3)
    };
    let mut sql = String::with_capacity(arms * 160);
    for parameter in first..first + arms {
        let union = if parameter == first {
            ""
        } else {
            " UNION ALL "
        };
        let _ = write!(
            sql,
            "{union}SELECT id FROM {table} INDEXED BY {table}_by_{index} \
             WHERE runner_id = ?{parameter}{and_enabled} AND id > ?1"
        );
    }
    sql.push_str(" ORDER BY id LIMIT ?2");
    sql
}

/// What no `runner_id` is equal to.
const NO_RUNNER: &[u8] = &[];

fn after(request: PageRequest) -> [u8; 16] {
    request.after.unwrap_or_default().into_bytes()
}

/// One row more tells whether there is a next page.
fn limit(request: PageRequest) -> i64 {
    i64::try_from(request.limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::migrate::migrate;

    /// How SQLite goes about a statement, a step a line.
    fn plan(sql: &str) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = connection.prepare(&sql).unwrap();
        for parameter in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(parameter, 1).unwrap();
        }
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan += &row.get::<_, String>(3).unwrap();
            plan.push('\n');
        }
        plan
    }

    #[test]
    fn every_page_is_read_in_the_order_of_an_index() {
        for (table, index, columns, expected) in [
            (CLASSES, None, &[][..], "PRIMARY KEY (id>?)"),
            (TOKENS, None, &[], "PRIMARY KEY (id>?)"),
            (SCM_INTEGRATIONS, None, &[], "PRIMARY KEY (id>?)"),
            (LLM_INTEGRATIONS, None, &[], "PRIMARY KEY (id>?)"),
            (
                CLASSES,
                Some("enabled"),
                &["enabled"],
                "(enabled=? AND id>?)",
            ),
            (
                CLASSES,
                Some("runner"),
                &["runner_id"],
                "(runner_id=? AND id>?)",
            ),
            (
                CLASSES,
                Some("runner_enabled"),
                &["runner_id", "enabled"],
                "(runner_id=? AND enabled=? AND id>?)",
            ),
            (
                SCM_INTEGRATIONS,
                Some("runner"),
                &["runner_id"],
                "(runner_id=? AND id>?)",
            ),
            (
                LLM_INTEGRATIONS,
                Some("runner"),
                &["runner_id"],
                "(runner_id=? AND id>?)",
            ),
            (
                TOKENS,
                Some("runner"),
                &["runner_id"],
                "(runner_id=? AND id>?)",
            ),
            (
                TOKENS,
                Some("subject"),
                &["subject_id"],
                "(subject_id=? AND id>?)",
            ),
            (
                TOKENS,
                Some("subject"),
                &["subject_id", "principal"],
                "(subject_id=? AND id>?)",
            ),
            (
                TOKENS,
                Some("runner_subject"),
                &["runner_id", "subject_id", "principal"],
                "(runner_id=? AND subject_id=? AND id>?)",
            ),
        ] {
            let plan = plan(&page_sql(table, index, columns.iter().copied()));
            assert!(plan.contains(expected), "{table} {index:?}: {plan}");
            // One step: nothing is sorted.
            assert_eq!(plan.lines().count(), 1, "{table} {index:?}: {plan}");
        }
    }

    #[test]
    fn several_runners_are_merged_and_not_sorted() {
        for (by_enabled, expected) in [
            (
                false,
                "COVERING INDEX environment_classes_by_runner (runner_id=? AND id>?)",
            ),
            (
                true,
                "COVERING INDEX environment_classes_by_runner_enabled (runner_id=? AND enabled=? AND id>?)",
            ),
        ] {
            let plan = plan(&merged_sql(CLASSES, by_enabled, 4));
            assert_eq!(plan.matches(expected).count(), 4, "{plan}");
            assert!(plan.contains("MERGE (UNION ALL)"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
