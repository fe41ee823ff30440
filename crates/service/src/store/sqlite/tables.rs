//! The store as tables.

use std::future::ready;
use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

use super::SqliteOptions;
use super::error::{from_commit, from_sqlite};
use super::statement::{all, count, execute, find};
use super::{mark, open};
use crate::store::StoreError;
use crate::store::tables::{Answer, Kind, Mark, Row, Table, Tables, Value};

/// The most findings that SQLite is asked for.
const FINDINGS: u32 = 10_000;

/// [`Tables`] of a store in a SQLite database. Its methods block, as look-ups do, and writes wait for the disk: for
/// programs that do nothing else meanwhile.
pub struct SqliteTables {
    connection: Connection,
}

impl SqliteOptions {
    /// Opens the store in this file as tables; creates it, or brings it to the newest schema, where needed. A store
    /// that is an unfinished copy, or has malformed pages, is opened, too.
    ///
    /// ```
    /// use runner_configuration_service::store::StoreError;
    /// use runner_configuration_service::store::sqlite::SqliteOptions;
    /// use runner_configuration_service::store::tables::Tables as _;
    ///
    /// async fn is_copy(file: &str) -> Result<bool, StoreError> {
    ///     let mut tables = SqliteOptions::new().open_tables(file)?;
    ///     Ok(tables.mark().await?.is_some())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_tables(&self, file: impl AsRef<Path>) -> Result<SqliteTables, StoreError> {
        let connection = open::open_tables(file.as_ref(), self)?;
        Ok(SqliteTables { connection })
    }
}

impl Tables for SqliteTables {
    fn begin_snapshot(&mut self) -> Answer<'_, ()> {
        let begin = || {
            execute(&self.connection, "BEGIN", [])?;
            // It is of the time of the first look.
            count(&self.connection, "SELECT count(*) FROM sqlite_schema", [])
        };
        answer(begin().map(drop))
    }

    fn end_snapshot(&mut self) -> Answer<'_, ()> {
        answer(execute(&self.connection, "COMMIT", []).map(drop))
    }

    fn columns(&mut self) -> Answer<'_, Vec<(String, String)>> {
        answer(all(
            &self.connection,
            "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c
             WHERE s.type = 'table' AND substr(s.name, 1, 7) <> 'sqlite_' AND s.name <> ?1
             ORDER BY s.name, c.cid",
            [Mark::TABLE],
            |row| Ok((row.get(0)?, row.get(1)?)),
        ))
    }

    fn count<'a>(&'a mut self, table: &'static Table) -> Answer<'a, u64> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        answer(count(&self.connection, &sql, []))
    }

    fn last<'a>(&'a mut self, table: &'static Table) -> Answer<'a, Option<Row>> {
        let (names, key) = (table.names(), table.key().name);
        let sql = format!(
            "SELECT {names} FROM {} ORDER BY {key} DESC LIMIT 1",
            table.name
        );
        answer(find(&self.connection, &sql, [], |row| read(table, row)))
    }

    fn read<'a>(
        &'a mut self,
        table: &'static Table,
        after: Option<Value>,
        limit: usize,
    ) -> Answer<'a, Vec<Row>> {
        let (names, key) = (table.names(), table.key().name);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = |condition: &str, parameters: &[&dyn ToSql]| {
            let sql = format!(
                "SELECT {names} FROM {} {condition} ORDER BY {key} LIMIT ?1",
                table.name
            );
            all(&self.connection, &sql, parameters, |row| read(table, row))
        };
        answer(match after {
            None => rows("", &[&limit]),
            Some(after) => rows(&format!("WHERE {key} > ?2"), &[&limit, &after]),
        })
    }

    fn write<'a>(&'a mut self, table: &'static Table, rows: &'a [Row]) -> Answer<'a, ()> {
        answer(self.try_write(table, rows))
    }

    fn counter(&mut self) -> Answer<'_, i64> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'";
        let counter = find(&self.connection, sql, [], |row| row.get(0));
        answer(counter.map(Option::unwrap_or_default))
    }

    fn raise_counter(&mut self, at_least: i64) -> Answer<'_, ()> {
        let raise = || {
            let connection = &self.connection;
            let sql = "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'changes'";
            if execute(connection, sql, [at_least])? == 0 {
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?1)";
                execute(connection, sql, [at_least])?;
            }
            Ok(())
        };
        answer(raise())
    }

    fn mark(&mut self) -> Answer<'_, Option<Mark>> {
        answer(mark::read(&self.connection))
    }

    fn set_mark<'a>(&'a mut self, mark: &'a Mark) -> Answer<'a, ()> {
        answer(mark::set(&self.connection, mark))
    }

    fn clear_mark(&mut self) -> Answer<'_, ()> {
        answer(mark::clear(&self.connection))
    }

    fn damage(&mut self) -> Answer<'_, Vec<String>> {
        let mut damage = Vec::new();
        let sql = format!("PRAGMA integrity_check({FINDINGS})");
        match all(&self.connection, &sql, [], |row| row.get::<_, String>(0)) {
            Ok(findings) => damage.extend(findings.into_iter().filter(|it| it != "ok")),
            Err(error) => damage.push(error.to_string()),
        }
        let dangling = all(
            &self.connection,
            "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
            [],
            |row| {
                let (table, parent): (String, String) = (row.get(0)?, row.get(1)?);
                let count: i64 = row.get(2)?;
                Ok(format!(
                    "{count} of {table} refer to something in {parent} that is not there"
                ))
            },
        );
        match dangling {
            Ok(dangling) => damage.extend(dangling),
            Err(error) => damage.push(error.to_string()),
        }
        answer(Ok(damage))
    }
}

impl SqliteTables {
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    fn try_write(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let places = vec!["?"; table.columns.len()].join(", ");
        let names = table.names();
        let sql = format!("INSERT INTO {} ({names}) VALUES ({places})", table.name);
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(from_sqlite)?;
        for row in rows {
            execute(&transaction, &sql, params_from_iter(row))?;
        }
        transaction.commit().map_err(from_commit)
    }
}

impl std::fmt::Debug for SqliteTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteTables").finish_non_exhaustive()
    }
}

impl Drop for SqliteTables {
    fn drop(&mut self) {
        // As a store does when it is closed: what was deleted is then in neither file. Where somebody reads, SQLite
        // does it later.
        let empty = "PRAGMA wal_checkpoint(TRUNCATE)";
        let _ = self.connection.query_row(empty, [], |_| Ok(()));
    }
}

fn answer<'a, T: Send + 'a>(result: Result<T, StoreError>) -> Answer<'a, T> {
    Box::pin(ready(result))
}

fn read(table: &Table, row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(place, column)| Ok(value(column.kind, row.get_ref(place)?)))
        .collect()
}

fn value(kind: Kind, stored: ValueRef<'_>) -> Value {
    let wanted = match (kind, stored) {
        (_, ValueRef::Null) => Some(Value::Null),
        (Kind::Bool, ValueRef::Integer(0)) => Some(Value::Bool(false)),
        (Kind::Bool, ValueRef::Integer(1)) => Some(Value::Bool(true)),
        (Kind::Integer, ValueRef::Integer(number)) => {
            i32::try_from(number).ok().map(Value::Integer)
        }
        (Kind::Long, ValueRef::Integer(number)) => Some(Value::Long(number)),
        (Kind::Uuid, ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).ok().map(Value::Uuid),
        (Kind::Text, ValueRef::Text(text)) => str::from_utf8(text)
            .ok()
            .map(|text| Value::Text(text.to_owned())),
        (Kind::Bytes, ValueRef::Blob(bytes)) => Some(Value::Bytes(bytes.to_vec())),
        _ => None,
    };
    wanted.unwrap_or_else(|| {
        Value::Malformed(match stored {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Vec::new(),
        })
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::Borrowed(ValueRef::Null)),
            Self::Bool(value) => value.to_sql(),
            Self::Integer(value) => value.to_sql(),
            Self::Long(value) => value.to_sql(),
            Self::Uuid(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
            Self::Bytes(value) | Self::Malformed(value) => value.to_sql(),
        }
    }
}
