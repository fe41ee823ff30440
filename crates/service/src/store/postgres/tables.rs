//! The store as tables.
//!
//! Rows are added with `COPY … FROM STDIN BINARY`, and the numbers of changes go on with `setval`. By what is known of
//! them CockroachDB, YugabyteDB and Aurora have both, and `pg_sequence_last_value`; it was run on none of them.

use std::future::ready;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::PostgresOptions;
use super::connect::Connector;
use super::error::Failure;
use super::mark;
use super::migrate::{is_store, migrate};
use super::pool::{Mode, Pool};
use super::session::{Session, column};
use crate::store::StoreError;
use crate::store::tables::{Answer, Kind, Mark, Row, Table, Tables, Value};

/// What a statement may take: to count rows is a matter of how many there are.
const STATEMENT: Duration = Duration::from_secs(60);

/// What an answer may take, when the database has given up before.
const ANSWER: Duration = Duration::from_secs(2 * 60);

/// [`Tables`] of a store in a PostgreSQL database.
pub struct PostgresTables {
    pool: Pool,
    connector: Connector,
    snapshot: Option<Session>,
}

impl PostgresOptions {
    /// Opens the store as tables; makes them, or brings them to the newest schema, where needed. A store that is an
    /// unfinished copy is opened, too. A statement may take a minute.
    ///
    /// ```
    /// use runner_configuration_service::store::StoreError;
    /// use runner_configuration_service::store::postgres::PostgresOptions;
    /// use runner_configuration_service::store::tables::Tables as _;
    ///
    /// async fn is_copy(database: &PostgresOptions) -> Result<bool, StoreError> {
    ///     let mut tables = database.open_tables().await?;
    ///     Ok(tables.mark().await?.is_some())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_tables(&self) -> Result<PostgresTables, StoreError> {
        let tables = self.tables()?;
        migrate(&tables.pool).await?;
        Ok(tables)
    }

    /// The same; `None`, without making anything, if there is no store.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_existing_tables(&self) -> Result<Option<PostgresTables>, StoreError> {
        let tables = self.tables()?;
        if !is_store(&tables.pool).await? {
            return Ok(None);
        }
        migrate(&tables.pool).await?;
        Ok(Some(tables))
    }

    fn tables(&self) -> Result<PostgresTables, StoreError> {
        let options = self.clone().statement_timeout(STATEMENT);
        Ok(PostgresTables {
            pool: options.pool()?,
            connector: Connector::new(&options)?,
            snapshot: None,
        })
    }
}

impl Tables for PostgresTables {
    fn begin_snapshot(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            let session = self.connector.connect().await?;
            // Between two reads the other store may be slow.
            let settings = "SET idle_in_transaction_session_timeout = 0";
            session.script(settings).await.map_err(into_error)?;
            session.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            // It is of the time of the first look.
            session.rows("SELECT 1", &[]).await.map_err(into_error)?;
            self.snapshot = Some(session);
            Ok(())
        })
    }

    fn end_snapshot(&mut self) -> Answer<'_, ()> {
        // Closing the connection ends it.
        self.snapshot = None;
        Box::pin(ready(Ok(())))
    }

    fn columns(&mut self) -> Answer<'_, Vec<(String, String)>> {
        Box::pin(async {
            let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns
                       WHERE table_schema = current_schema()
                         AND table_name NOT IN ('runner_configuration_store', $1::text)
                       ORDER BY 1, ordinal_position";
            let rows = self
                .rows(sql, vec![Value::Text(Mark::TABLE.into())])
                .await?;
            rows.iter()
                .map(|row| Ok((column(row, 0)?, column(row, 1)?)))
                .collect::<Result<_, _>>()
                .map_err(into_error)
        })
    }

    fn count<'a>(&'a mut self, table: &'static Table) -> Answer<'a, u64> {
        Box::pin(async {
            let sql = format!("SELECT count(*) FROM {}", table.name);
            self.number(&sql)
                .await
                .map(|count| count.unwrap_or_default().unsigned_abs())
        })
    }

    fn last<'a>(&'a mut self, table: &'static Table) -> Answer<'a, Option<Row>> {
        Box::pin(async {
            let (names, key) = (table.names(), table.key().name);
            let sql = format!(
                "SELECT {names} FROM {} ORDER BY {key} DESC LIMIT 1",
                table.name
            );
            let rows = self.rows(&sql, Vec::new()).await?;
            rows.first()
                .map(|row| read(table, row))
                .transpose()
                .map_err(into_error)
        })
    }

    fn read<'a>(
        &'a mut self,
        table: &'static Table,
        after: Option<Value>,
        limit: usize,
    ) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            let (names, key) = (table.names(), table.key().name);
            let limit = Value::Long(i64::try_from(limit).unwrap_or(i64::MAX));
            let condition = if after.is_some() {
                format!("WHERE {key} > $2")
            } else {
                String::new()
            };
            let sql = format!(
                "SELECT {names} FROM {} {condition} ORDER BY {key} LIMIT $1",
                table.name
            );
            let parameters = std::iter::once(limit).chain(after).collect();
            let rows = self.rows(&sql, parameters).await?;
            rows.iter()
                .map(|row| read(table, row))
                .collect::<Result<_, _>>()
                .map_err(into_error)
        })
    }

    fn write<'a>(&'a mut self, table: &'static Table, rows: &'a [Row]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.pool
                .run(Mode::Change, (table, rows), |session, (table, rows)| {
                    Box::pin(copy_in(session, table, rows))
                })
                .await
        })
    }

    fn counter(&mut self) -> Answer<'_, i64> {
        Box::pin(async {
            let sql = "SELECT pg_sequence_last_value(
                           pg_get_serial_sequence('changes', 'sequence')::regclass)";
            Ok(self.number(sql).await?.unwrap_or_default())
        })
    }

    fn raise_counter(&mut self, at_least: i64) -> Answer<'_, ()> {
        Box::pin(async move {
            if at_least <= 0 || self.counter().await? >= at_least {
                return Ok(());
            }
            self.pool
                .run(Mode::Change, at_least, |session, at_least| {
                    Box::pin(async move {
                        let sql =
                            "SELECT setval(pg_get_serial_sequence('changes', 'sequence'), $1)";
                        session.execute(sql, &[&*at_least]).await?;
                        Ok(())
                    })
                })
                .await
        })
    }

    fn mark(&mut self) -> Answer<'_, Option<Mark>> {
        Box::pin(mark::read(&self.pool))
    }

    fn set_mark<'a>(&'a mut self, mark: &'a Mark) -> Answer<'a, ()> {
        Box::pin(mark::set(&self.pool, mark))
    }

    fn clear_mark(&mut self) -> Answer<'_, ()> {
        Box::pin(mark::clear(&self.pool))
    }

    fn damage(&mut self) -> Answer<'_, Vec<String>> {
        // What a client can ask for without an extension: nothing.
        Box::pin(ready(Ok(Vec::new())))
    }
}

impl PostgresTables {
    /// What a statement returns, in the snapshot if there is one.
    async fn rows(
        &self,
        sql: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let Some(session) = &self.snapshot else {
            return self
                .pool
                .run(
                    Mode::LookUp,
                    (sql, parameters),
                    |session, (sql, parameters)| Box::pin(rows(session, sql, parameters)),
                )
                .await;
        };
        match timeout(ANSWER, rows(session, sql, &parameters)).await {
            Ok(rows) => rows.map_err(into_error),
            Err(_) => Err(StoreError::unavailable(
                "the database did not answer in time; look at its load and the network",
            )),
        }
    }

    async fn number(&self, sql: &str) -> Result<Option<i64>, StoreError> {
        let rows = self.rows(sql, Vec::new()).await?;
        match rows.first() {
            Some(row) => column(row, 0).map_err(into_error),
            None => Ok(None),
        }
    }
}

impl std::fmt::Debug for PostgresTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresTables").finish_non_exhaustive()
    }
}

async fn rows(
    session: &Session,
    sql: &str,
    parameters: &[Value],
) -> Result<Vec<tokio_postgres::Row>, Failure> {
    // A parameter is never null.
    let parameters: Vec<_> = parameters
        .iter()
        .map(|value| parameter(value, Kind::Bytes))
        .collect();
    session.rows(sql, &parameters).await
}

async fn copy_in(session: &Session, table: &Table, rows: &[Row]) -> Result<(), Failure> {
    let types: Vec<Type> = table
        .columns
        .iter()
        .map(|column| type_of(column.kind))
        .collect();
    let (name, names) = (table.name, table.names());
    let sql = format!("COPY {name} ({names}) FROM STDIN BINARY");
    let rows = rows.iter().map(|row| {
        let columns = row.iter().zip(table.columns);
        columns
            .map(|(value, column)| parameter(value, column.kind))
            .collect()
    });
    session.copy_in(&sql, &types, rows).await?;
    Ok(())
}

fn read(table: &Table, row: &tokio_postgres::Row) -> Result<Row, Failure> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(place, it)| {
            let value = match it.kind {
                Kind::Bool => column::<Option<_>>(row, place)?.map(Value::Bool),
                Kind::Integer => column::<Option<_>>(row, place)?.map(Value::Integer),
                Kind::Long => column::<Option<_>>(row, place)?.map(Value::Long),
                Kind::Uuid => column::<Option<_>>(row, place)?.map(Value::Uuid),
                Kind::Text => column::<Option<_>>(row, place)?.map(Value::Text),
                Kind::Bytes => column::<Option<_>>(row, place)?.map(Value::Bytes),
            };
            Ok(value.unwrap_or(Value::Null))
        })
        .collect()
}

const fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Bool => Type::BOOL,
        Kind::Integer => Type::INT4,
        Kind::Long => Type::INT8,
        Kind::Uuid => Type::UUID,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

/// A value as a parameter for a column of this kind.
fn parameter(value: &Value, kind: Kind) -> &(dyn ToSql + Sync) {
    match value {
        Value::Bool(value) => value,
        Value::Integer(value) => value,
        Value::Long(value) => value,
        Value::Uuid(value) => value,
        Value::Text(value) => value,
        Value::Bytes(value) | Value::Malformed(value) => value,
        Value::Null => match kind {
            Kind::Bool => &None::<bool>,
            Kind::Integer => &None::<i32>,
            Kind::Long => &None::<i64>,
            Kind::Uuid => &None::<Uuid>,
            Kind::Text => &None::<&str>,
            Kind::Bytes => &None::<&[u8]>,
        },
    }
}

fn into_error(failure: Failure) -> StoreError {
    match failure {
        Failure::Final(error) => error,
        Failure::Conflict => StoreError::Busy,
        Failure::Disconnected => {
            StoreError::unavailable("the connection to the database was lost; try again")
        }
    }
}
