//! Pages of lists.
//!
//! Whatever the filter, a page is read along an index from where the last page ended, so its cost depends neither on
//! how much is stored nor on how deep in the list it is.
//!
//! PostgreSQL cannot be told which index to take. Asked for `runner_id = $3 AND id > $1 ORDER BY id`, it may well walk
//! along the primary key and pass over what others have, as if that were spread evenly: through the whole table, where
//! the runner's objects are all at its other end. So a list is ordered by all columns of its index, which only that one
//! offers, and bounded by comparisons of rows, from which the planner can't conclude that another order would do. Sorting
//! is switched off ([`Limits::settings`](super::options::Limits::settings)).

#[cfg(test)]
#[cfg(unix)]
mod plans;

use std::fmt::Write as _;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, column};
use crate::store::filter::Runners;
use crate::store::page::{Filling, selected};
use crate::store::{Form, Page, PageRequest};

/// A table that is listed. Its indexes are called `<table>_by_<columns>`.
pub(super) type Table = &'static str;

pub(super) const CLASSES: Table = "environment_classes";
pub(super) const TOKENS: Table = "host_authentication_tokens";
pub(super) const SCM_INTEGRATIONS: Table = "scm_integrations";
pub(super) const LLM_INTEGRATIONS: Table = "llm_integrations";

/// How many times as many rows as wanted are looked through for objects of several runners, before their indexes are.
const STRETCH: i64 = 4;

/// A page of the objects of these runners; where `enabled` is given, of those only that are, or are not.
pub(super) async fn of_runners<M>(
    session: &Session,
    table: Table,
    runners: &Runners,
    enabled: Option<bool>,
    request: PageRequest,
) -> Result<Page<M>, Failure> {
    let runner = match runners {
        Runners::All => None,
        Runners::These(ids) => match ids.as_slice() {
            [] => return Ok(Page::empty()),
            [id] => Some(id),
            ids => return of_several(session, table, ids, enabled, request).await,
        },
    };
    let mut index: Vec<Equal<'_>> = Vec::with_capacity(2);
    index.extend(runner.map(|runner| (RUNNER, runner as &(dyn ToSql + Sync))));
    index.extend(
        enabled
            .as_ref()
            .map(|enabled| (ENABLED, enabled as &(dyn ToSql + Sync))),
    );
    page(session, table, &index, None, request).await
}

/// A column, with its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    name: &'static str,
    sql_type: &'static str,
}

impl Column {
    const fn new(name: &'static str, sql_type: &'static str) -> Self {
        Self { name, sql_type }
    }
}

pub(super) const RUNNER: Column = Column::new("runner_id", "uuid");
pub(super) const ENABLED: Column = Column::new("enabled", "boolean");
pub(super) const SUBJECT: Column = Column::new("subject_id", "uuid");
pub(super) const PRINCIPAL: Column = Column::new("principal", "integer");

/// A column, and the value that it has to have.
pub(super) type Equal<'v> = (Column, &'v (dyn ToSql + Sync));

/// A page of the rows with these values: those of the columns, two at most, with which an index begins that ends in
/// `id`, and one besides that hardly any row fails.
pub(super) async fn page<M>(
    session: &Session,
    table: Table,
    index: &[Equal<'_>],
    besides: Option<Equal<'_>>,
    request: PageRequest,
) -> Result<Page<M>, Failure> {
    let (after, limit) = (request.after.unwrap_or_default(), limit(request.limit));
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&after, &limit];
    params.extend(index.iter().chain(&besides).map(|(_, value)| value));
    let columns: Vec<Column> = index.iter().map(|(column, _)| *column).collect();
    let besides = besides.map(|(column, _)| column);
    let sql = page_sql(request.form, table, &columns, besides);
    let mut filling = Filling::new(request.limit);
    for row in session.rows(&sql, &params).await? {
        filling.offer(column(&row, 0)?, column(&row, 1)?);
    }
    Ok(filling.page)
}

/// First a stretch of the whole list is looked through, which fills the page if a fair share of all objects are of
/// these runners. What is then missing is found along the index of each runner. So the cost is bounded, whichever
/// runners it is, and however many objects others have.
///
/// The two statements look at different parts of the list: that they may see different states repeats and loses
/// nothing.
async fn of_several<M>(
    session: &Session,
    table: Table,
    runners: &[Uuid],
    enabled: Option<bool>,
    request: PageRequest,
) -> Result<Page<M>, Failure> {
    let mut filling = Filling::new(request.limit);
    let after = request.after.unwrap_or_default();
    let stretch = limit(request.limit).saturating_mul(STRETCH);
    let mut reached = after;
    let mut seen = 0;
    let sql = stretch_sql(request.form, table, enabled.is_some());
    for row in session.rows(&sql, &[&after, &stretch]).await? {
        let id = column(&row, 0)?;
        (reached, seen) = (id, seen + 1);
        let is_listed = runners.binary_search(&column(&row, 2)?).is_ok()
            && match enabled {
                None => true,
                Some(enabled) => column::<bool>(&row, 3)? == enabled,
            };
        if is_listed && !filling.offer(id, column(&row, 1)?) {
            return Ok(filling.page);
        }
    }
    if seen < stretch {
        return Ok(filling.page);
    }
    let limit = limit(filling.missing());
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&reached, &limit, &runners];
    params.extend(
        enabled
            .as_ref()
            .map(|enabled| enabled as &(dyn ToSql + Sync)),
    );
    let sql = several_sql(request.form, table, enabled.is_some());
    for row in session.rows(&sql, &params).await? {
        filling.offer(column(&row, 0)?, column(&row, 1)?);
    }
    Ok(filling.page)
}

fn page_sql(form: Form, table: Table, index: &[Column], besides: Option<Column>) -> String {
    let parameters: Vec<String> = index
        .iter()
        .zip(3..)
        .map(|(column, parameter)| format!("${parameter}::{}", column.sql_type))
        .collect();
    let mut sql = format!(
        "SELECT o.id, {} FROM {table} o WHERE {}",
        selected(form),
        along(index, &parameters)
    );
    if let Some(column) = besides {
        let _ = write!(sql, " AND o.{} = ${}", column.name, 3 + index.len());
    }
    let _ = write!(sql, " ORDER BY {} LIMIT $2", order(index));
    sql
}

/// The condition for the rows behind `$1` of the stretch of an index in which its first columns have these values.
///
/// Only a comparison of its own, and not one of rows, ends a scan where the stretch ends; so the last column has one. That the
/// columns before it have one value is said in a way (`ANY` of one) from which nothing follows for the order.
fn along<V: AsRef<str>>(index: &[Column], values: &[V]) -> String {
    let columns = index.iter().map(|column| column.name);
    let mut pairs: Vec<(&str, &str)> = columns.zip(values.iter().map(V::as_ref)).collect();
    let Some((last, value)) = pairs.pop() else {
        return "o.id > $1".into();
    };
    let mut sql = String::new();
    for (column, value) in pairs {
        let _ = write!(sql, "o.{column} = ANY (ARRAY[{value}]) AND ");
    }
    let _ = write!(
        sql,
        "(o.{last}, o.id) > ({value}, $1) AND o.{last} <= {value}"
    );
    sql
}

/// The order of an index that begins with these columns.
fn order(index: &[Column]) -> String {
    let mut sql = String::new();
    for column in index {
        let _ = write!(sql, "o.{}, ", column.name);
    }
    sql.push_str("o.id");
    sql
}

fn stretch_sql(form: Form, table: Table, with_enabled: bool) -> String {
    let enabled = if with_enabled { ", o.enabled" } else { "" };
    let message = selected(form);
    format!(
        "SELECT o.id, {message}, o.runner_id{enabled} FROM {table} o
         WHERE o.id > $1 ORDER BY o.id LIMIT $2"
    )
}

/// Of each runner as many ids as a page may need; of those the first, and only their messages. The sort is of these
/// ids.
fn several_sql(form: Form, table: Table, with_enabled: bool) -> String {
    let (index, values): (&[Column], &[&str]) = match with_enabled {
        false => (&[RUNNER], &["runner.id"]),
        true => (&[RUNNER, ENABLED], &["runner.id", "$4::boolean"]),
    };
    let message = selected(form);
    format!(
        "SELECT listed.id, (SELECT {message} FROM {table} o WHERE o.id = listed.id)
         FROM (SELECT first.id
               FROM unnest($3::uuid[]) AS runner (id)
               CROSS JOIN LATERAL (SELECT o.id FROM {table} o WHERE {}
                                   ORDER BY {} LIMIT $2) AS first
               ORDER BY first.id LIMIT $2) AS listed
         ORDER BY listed.id",
        along(index, values),
        order(index)
    )
}

/// One row more tells whether there is a next page.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).map_or(i64::MAX, |rows| rows.saturating_add(1))
}
