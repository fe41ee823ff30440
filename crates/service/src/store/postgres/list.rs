//! Pages of lists.
//!
//! Whatever the filter, a page is read along an index from where the last page ended, so its cost depends neither on
//! how much is stored nor on how deep in the list it is.

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
    let mut equal: Vec<Equal<'_>> = Vec::with_capacity(2);
    equal.extend(runner.map(|runner| ("runner_id", runner as &(dyn ToSql + Sync))));
    equal.extend(
        enabled
            .as_ref()
            .map(|enabled| ("enabled", enabled as &(dyn ToSql + Sync))),
    );
    page(session, table, &equal, request).await
}

/// A column, and the value that it has to have.
pub(super) type Equal<'v> = (&'static str, &'v (dyn ToSql + Sync));

/// A page of the rows with these values.
pub(super) async fn page<M>(
    session: &Session,
    table: Table,
    equal: &[Equal<'_>],
    request: PageRequest,
) -> Result<Page<M>, Failure> {
    let (after, limit) = (request.after.unwrap_or_default(), limit(request.limit));
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&after, &limit];
    params.extend(equal.iter().map(|(_, value)| value));
    let sql = page_sql(request.form, table, equal.iter().map(|(column, _)| *column));
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

fn page_sql(form: Form, table: Table, columns: impl Iterator<Item = &'static str>) -> String {
    let mut sql = format!(
        "SELECT o.id, {} FROM {table} o WHERE o.id > $1",
        selected(form)
    );
    for (column, parameter) in columns.zip(3..) {
        let _ = write!(sql, " AND o.{column} = ${parameter}");
    }
    sql.push_str(" ORDER BY o.id LIMIT $2");
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

/// Of each runner as many ids as a page may need; of those the first, and only their messages.
fn several_sql(form: Form, table: Table, with_enabled: bool) -> String {
    let enabled = if with_enabled {
        " AND o.enabled = $4"
    } else {
        ""
    };
    let message = selected(form);
    format!(
        "SELECT o.id, {message}
         FROM (SELECT first.id
               FROM unnest($3::uuid[]) AS runner (id)
               CROSS JOIN LATERAL (SELECT o.id FROM {table} o
                                   WHERE o.runner_id = runner.id{enabled} AND o.id > $1
                                   ORDER BY o.id LIMIT $2) AS first
               ORDER BY first.id LIMIT $2) AS listed
         JOIN {table} o ON o.id = listed.id
         ORDER BY o.id"
    )
}

/// One row more tells whether there is a next page.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).map_or(i64::MAX, |rows| rows.saturating_add(1))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::store::postgres::PostgresOptions;
    use crate::store::postgres::options::Limits;
    use crate::store::postgres::test_server::Database;

    /// A hundred runners, of whose classes a tenth is disabled; a thousand subjects.
    const OBJECTS: &str = "
        INSERT INTO runners SELECT gen_random_uuid(), '', 2, 1, true FROM generate_series(1, 100);
        CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER () - 1 AS number FROM runners;
        INSERT INTO environment_classes
            SELECT gen_random_uuid(), r.id, n % 10 <> 0, NULL, ''
            FROM generate_series(1, 30000) n JOIN numbered r ON r.number = n % 100;
        INSERT INTO scm_integrations
            SELECT gen_random_uuid(), r.id, n::text, true, true, NULL, ''
            FROM generate_series(1, 30000) n JOIN numbered r ON r.number = n % 100;
        INSERT INTO llm_integrations
            SELECT gen_random_uuid(), r.id, true, NULL, NULL, ''
            FROM generate_series(1, 30000) n JOIN numbered r ON r.number = n % 100;
        INSERT INTO host_authentication_tokens
            SELECT gen_random_uuid(), r.id, 2, ('0000000000000000000000000000' || lpad((n % 1000)::text, 4, '0'))::uuid,
                   n::text, 1, NULL, '', '', ''
            FROM generate_series(1, 30000) n JOIN numbered r ON r.number = n % 100;
        ANALYZE;";

    /// How the database goes about a statement that was prepared, whatever the values of its parameters.
    fn plan(database: &Database, sql: &str) -> String {
        let parameters = (1..).take_while(|number| sql.contains(&format!("${number}")));
        let nulls: Vec<&str> = parameters.map(|_| "NULL").collect();
        database.sql(&format!(
            "{}; SET plan_cache_mode = force_generic_plan; PREPARE page AS {sql};
             EXPLAIN (COSTS OFF) EXECUTE page ({})",
            Limits::default().settings(),
            nulls.join(", ")
        ))
    }

    #[tokio::test]
    async fn every_page_is_read_in_the_order_of_an_index() {
        let Some(database) = Database::create() else {
            return;
        };
        let options = PostgresOptions::from_url(&database.url()).unwrap();
        options.open().await.unwrap();
        let pages: &[(Table, &[&'static str], &str)] = &[
            (CLASSES, &[], "pkey"),
            (TOKENS, &[], "pkey"),
            (SCM_INTEGRATIONS, &[], "pkey"),
            (LLM_INTEGRATIONS, &[], "pkey"),
            (CLASSES, &["enabled"], "by_enabled"),
            (CLASSES, &["runner_id"], "by_runner"),
            (CLASSES, &["runner_id", "enabled"], "by_runner_enabled"),
            (SCM_INTEGRATIONS, &["runner_id"], "by_runner"),
            (LLM_INTEGRATIONS, &["runner_id"], "by_runner"),
            (TOKENS, &["runner_id"], "by_runner"),
            (TOKENS, &["subject_id"], "by_subject"),
            (TOKENS, &["subject_id", "principal"], "by_subject"),
            (TOKENS, &["runner_id", "subject_id"], "by_runner_subject"),
            (
                TOKENS,
                &["runner_id", "subject_id", "principal"],
                "by_runner_subject",
            ),
        ];
        for is_full in [false, true] {
            if is_full {
                database.sql(OBJECTS);
            }
            for (table, columns, index) in pages {
                let plan = plan(
                    &database,
                    &page_sql(Form::Json, table, columns.iter().copied()),
                );
                // An empty table has no better and no worse index.
                let scan = if is_full {
                    format!("Index Scan using {table}_{index} ")
                } else {
                    format!("Index Scan using {table}_")
                };
                assert!(
                    plan.contains(&scan),
                    "{table} {columns:?} {is_full}: {plan}"
                );
                assert!(
                    !plan.contains("Sort") || !is_full,
                    "{table} {columns:?}: {plan}"
                );
            }
        }
        for with_enabled in [false, true] {
            let plan = plan(&database, &stretch_sql(Form::Json, CLASSES, with_enabled));
            assert!(
                plan.contains("Index Scan using environment_classes_pkey"),
                "{plan}"
            );
            assert!(!plan.contains("Sort"), "{plan}");
        }
        for (with_enabled, index) in [(false, "by_runner"), (true, "by_runner_enabled")] {
            let plan = plan(&database, &several_sql(Form::Json, CLASSES, with_enabled));
            let scan = format!("using environment_classes_{index} ");
            assert!(plan.contains(&scan), "{plan}");
            assert!(!plan.contains("Seq Scan"), "{plan}");
        }
    }
}
