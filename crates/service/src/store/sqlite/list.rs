//! Pages of lists.
//!
//! Whatever the filter, a page is read along an index from where the last page ended, so its cost depends neither on
//! how much is stored nor on how deep in the list it is. `INDEXED BY` makes that certain: without its index a
//! statement fails, instead of becoming slow.

#[cfg(test)]
mod plans;
mod several;

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::ToSql;

use self::several::Several;
use super::error::from_sqlite;
use crate::store::filter::Runners;
use crate::store::page::{Filling, selected};
use crate::store::{Form, Page, PageRequest, StoreError};

/// A table that is listed. Its indexes are called `<table>_by_<columns>`.
pub(super) type Table = &'static str;

pub(super) const CLASSES: Table = "environment_classes";
pub(super) const TOKENS: Table = "host_authentication_tokens";
pub(super) const SCM_INTEGRATIONS: Table = "scm_integrations";
pub(super) const LLM_INTEGRATIONS: Table = "llm_integrations";

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
            runners => {
                return Several {
                    table,
                    runners,
                    enabled,
                }
                .page(connection, request);
            }
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
    let sql = page_sql(
        request.form,
        table,
        index,
        equal.iter().map(|(column, _)| *column),
    );
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params.as_slice())?;
        let mut filling = Filling::new(request.limit);
        while let Some(row) = rows.next()? {
            filling.offer(row.get(0)?, row.get_ref(1)?.as_blob()?);
        }
        Ok(filling.page)
    };
    read().map_err(from_sqlite)
}

fn page_sql(
    form: Form,
    table: Table,
    index: Option<&'static str>,
    columns: impl Iterator<Item = &'static str>,
) -> String {
    let mut sql = format!("SELECT id, {} FROM {table}", selected(form));
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

fn after(request: PageRequest) -> [u8; 16] {
    request.after.unwrap_or_default().into_bytes()
}

/// One row more tells whether there is a next page.
fn limit(request: PageRequest) -> i64 {
    i64::try_from(request.limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::sqlite::migrate::migrate;

    /// How SQLite goes about a statement, a step a line.
    pub(super) fn plan(sql: &str) -> String {
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
            (CLASSES, None, &[][..], "_1 (id>?)"),
            (TOKENS, None, &[], "_1 (id>?)"),
            (SCM_INTEGRATIONS, None, &[], "_1 (id>?)"),
            (LLM_INTEGRATIONS, None, &[], "_1 (id>?)"),
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
            for form in [Form::Protobuf, Form::Json] {
                let plan = plan(&page_sql(form, table, index, columns.iter().copied()));
                assert!(plan.contains(expected), "{table} {index:?}: {plan}");
                // One step: nothing is sorted.
                assert_eq!(plan.lines().count(), 1, "{table} {index:?}: {plan}");
            }
        }
    }
}
