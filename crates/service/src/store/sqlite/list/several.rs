//! Pages of the objects of several runners.
//!
//! First a stretch of the whole list is looked through, which fills the page if a fair share of all objects are of
//! these runners. What is then missing is found along the index of each runner, and merged. So the cost is bounded,
//! whichever runners it is, and however many objects others have.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::ToSql;
use uuid::Uuid;

use super::{Table, after, limit};
use crate::store::page::{Filling, selected};
use crate::store::sqlite::error::from_sqlite;
use crate::store::sqlite::readers::snapshot;
use crate::store::sqlite::statement::{all, find};
use crate::store::{Form, Page, PageRequest, StoreError};

/// How many times as many rows as wanted are looked through first.
const STRETCH: i64 = 4;

/// How many runners one statement merges.
const MERGE: usize = 256;

/// Whose objects are listed: those of these runners, which are in order; where `enabled` is given, of those only that
/// are, or are not.
#[derive(Clone, Copy)]
pub(super) struct Several<'f> {
    pub(super) table: Table,
    pub(super) runners: &'f [Uuid],
    pub(super) enabled: Option<&'f bool>,
}

impl Several<'_> {
    pub(super) fn page<M>(
        self,
        connection: &Connection,
        request: PageRequest,
    ) -> Result<Page<M>, StoreError> {
        // All statements look at the same state.
        let _snapshot = connection
            .is_autocommit()
            .then(|| snapshot(connection))
            .transpose()?;
        let mut filling = Filling::new(request.limit);
        if let Some(reached) = self.look_through(connection, request, &mut filling)? {
            let rest = PageRequest {
                after: Some(reached),
                limit: filling.missing(),
                ..request
            };
            let sql = format!(
                "SELECT {} FROM {} WHERE id = ?1",
                selected(request.form),
                self.table
            );
            for id in self.merge(connection, rest)? {
                find(connection, &sql, [id], |row| {
                    filling.offer(id, row.get_ref(0)?.as_blob()?);
                    Ok(())
                })?;
            }
        }
        Ok(filling.page)
    }

    /// Returns how far it came, or `None` if there is nothing to be found beyond.
    fn look_through<M>(
        self,
        connection: &Connection,
        request: PageRequest,
        filling: &mut Filling<M>,
    ) -> Result<Option<Uuid>, StoreError> {
        let (after, stretch) = (after(request), limit(request).saturating_mul(STRETCH));
        let sql = self.stretch_sql(request.form);
        let mut look = || {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((after, stretch))?;
            let mut reached = None;
            let mut seen = 0;
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                reached = Some(id);
                seen += 1;
                let is_listed = self.runners.binary_search(&row.get(2)?).is_ok()
                    && match self.enabled {
                        None => true,
                        Some(enabled) => row.get::<_, bool>(3)? == *enabled,
                    };
                if is_listed && !filling.offer(id, row.get_ref(1)?.as_blob()?) {
                    return Ok(None);
                }
            }
            Ok(reached.filter(|_| seen == stretch))
        };
        look().map_err(from_sqlite)
    }

    /// The ids of the page, and one more if there is one.
    fn merge(self, connection: &Connection, request: PageRequest) -> Result<Vec<Uuid>, StoreError> {
        let (after, limit) = (after(request), limit(request));
        let mut ids = Vec::new();
        for runners in self.runners.chunks(MERGE) {
            // A few statements are kept prepared, rather than one for each number of runners.
            let arms = runners.len().next_power_of_two();
            let mut params: Vec<&dyn ToSql> = vec![&after, &limit];
            params.extend(self.enabled.map(|enabled| enabled as &dyn ToSql));
            params.extend(runners.iter().map(|runner| runner as &dyn ToSql));
            params.extend((runners.len()..arms).map(|_| &NO_RUNNER as &dyn ToSql));
            let sql = self.merge_sql(arms);
            ids.append(&mut all(connection, &sql, params.as_slice(), |row| {
                row.get(0)
            })?);
        }
        ids.sort_unstable();
        ids.truncate(request.limit.saturating_add(1));
        Ok(ids)
    }

    fn stretch_sql(self, form: Form) -> String {
        let table = self.table;
        let enabled = if self.enabled.is_some() {
            ", enabled"
        } else {
            ""
        };
        format!(
            "SELECT id, {}, runner_id{enabled} FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2",
            selected(form)
        )
    }

    /// SQLite answers an ordered UNION ALL by merging its arms, each of which it reads only as far as needed.
    fn merge_sql(self, arms: usize) -> String {
        let table = self.table;
        let (index, and_enabled, first) = match self.enabled {
            None => ("runner", "", 3),
            Some(_) => ("runner_enabled", " AND enabled = ?3", 4),
        };
        let mut sql = String::with_capacity(arms * 160);
        for parameter in first..first + arms {
            if parameter > first {
                sql.push_str(" UNION ALL ");
            }
            let _ = write!(
                sql,
                "SELECT id FROM {table} INDEXED BY {table}_by_{index} \
                 WHERE runner_id = ?{parameter}{and_enabled} AND id > ?1"
            );
        }
        sql.push_str(" ORDER BY id LIMIT ?2");
        sql
    }
}

/// What no `runner_id` is equal to.
const NO_RUNNER: &[u8] = &[];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::list::tests::plan;
    use crate::store::sqlite::list::{CLASSES, LLM_INTEGRATIONS, SCM_INTEGRATIONS};

    const INDEX: &str = "COVERING INDEX environment_classes_by_runner";

    #[test]
    fn several_runners_are_merged_and_not_sorted() {
        for (enabled, expected) in [
            (None, format!("{INDEX} (runner_id=? AND id>?)")),
            (
                Some(&true),
                format!("{INDEX}_enabled (runner_id=? AND enabled=? AND id>?)"),
            ),
        ] {
            let plan = plan(
                &Several {
                    table: CLASSES,
                    runners: &[],
                    enabled,
                }
                .merge_sql(4),
            );
            assert_eq!(plan.matches(&expected).count(), 4, "{plan}");
            assert!(plan.contains("MERGE (UNION ALL)"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }

    #[test]
    fn the_stretch_is_read_in_the_order_of_ids() {
        for (table, enabled) in [
            (CLASSES, Some(&true)),
            (SCM_INTEGRATIONS, None),
            (LLM_INTEGRATIONS, None),
        ] {
            let plan = plan(
                &Several {
                    table,
                    runners: &[],
                    enabled,
                }
                .stretch_sql(Form::Json),
            );
            assert_eq!(
                plan.trim(),
                format!("SEARCH {table} USING INDEX sqlite_autoindex_{table}_1 (id>?)")
            );
        }
    }
}
