//! One connection, its prepared statements, and the transaction that is open on it.

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;

use super::error::{Failure, from_commit};
use crate::store::{KeyFingerprint, StoreError, SubjectKey};

/// The values of a statement's parameters.
pub(super) type Params<'p> = &'p [&'p (dyn ToSql + Sync)];

/// What is given back when a connection has ended.
pub(super) type Kept = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

pub(super) struct Session {
    client: Client,
    kept: Kept,
    /// All that there are: their texts don't depend on what is asked for.
    statements: Mutex<HashMap<Box<str>, Statement>>,
    /// What begins the transaction: sent together with its first statement, so that it costs no way of its own.
    beginning: Mutex<Option<&'static str>>,
    in_transaction: AtomicBool,
    has_changed: AtomicBool,
    is_committing: AtomicBool,
    opened: Instant,
    /// Of the last operation that had a limit. To move a timer on is cheap, while each that is new wakes tokio's driver.
    timer: Mutex<Option<Pin<Box<Sleep>>>>,
    /// What was looked up: statements and their parameters, for tests of how the database goes about it.
    #[cfg(test)]
    pub(super) looked_up: Mutex<Vec<(String, Vec<String>)>>,
}

impl Session {
    pub(super) fn new(client: Client, kept: Kept) -> Self {
        Self {
            client,
            kept,
            statements: Mutex::default(),
            beginning: Mutex::default(),
            in_transaction: AtomicBool::new(false),
            has_changed: AtomicBool::new(false),
            is_committing: AtomicBool::new(false),
            opened: Instant::now(),
            timer: Mutex::default(),
            #[cfg(test)]
            looked_up: Mutex::default(),
        }
    }

    /// Whether it can be used for something else now.
    pub(super) fn is_free(&self) -> bool {
        !self.in_transaction.load(Ordering::Relaxed) && !self.client.is_closed()
    }

    pub(super) const fn opened(&self) -> Instant {
        self.opened
    }

    /// The answer, or nothing if it takes longer than that.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = T>,
    ) -> Option<T> {
        let end = tokio::time::Instant::now() + limit;
        let known = lock(&self.timer).take();
        let mut timer = match known {
            Some(mut timer) => {
                timer.as_mut().reset(end);
                timer
            }
            None => Box::pin(tokio::time::sleep_until(end)),
        };
        let answered = tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = &mut timer => None,
        };
        *lock(&self.timer) = Some(timer);
        answered
    }

    // --- Transactions ---

    /// From now on statements belong to a transaction.
    pub(super) fn begin(&self, sql: &'static str) {
        *lock(&self.beginning) = Some(sql);
        self.in_transaction.store(true, Ordering::Relaxed);
        self.has_changed.store(false, Ordering::Relaxed);
    }

    pub(super) async fn commit(&self) -> Result<(), Failure> {
        self.is_committing.store(true, Ordering::Relaxed);
        let committed = self.end("COMMIT").await;
        self.is_committing.store(false, Ordering::Relaxed);
        if self.has_changed.load(Ordering::Relaxed) {
            committed.map_err(|error| from_commit(&error))
        } else {
            // It only looked: there is nothing that could be unknown.
            committed.map_err(Failure::from)
        }
    }

    /// Whether a commit was sent, and not answered.
    pub(super) fn is_committing(&self) -> bool {
        self.is_committing.load(Ordering::Relaxed)
    }

    /// Gives the permit back when the connection has ended: that is after the answer to what was sent last.
    pub(super) fn keep(&self, permit: Option<OwnedSemaphorePermit>) {
        *lock(&self.kept) = permit;
    }

    /// Whether something is changed in this transaction, so that its commit matters.
    pub(super) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::Relaxed)
    }

    /// Where it fails, the session stays unusable.
    pub(super) async fn rollback(&self) {
        let _ = self.end("ROLLBACK").await;
    }

    async fn end(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let has_begun = lock(&self.beginning).take().is_none();
        if has_begun {
            self.client.batch_execute(sql).await?;
        }
        self.in_transaction.store(false, Ordering::Relaxed);
        Ok(())
    }

    // --- Statements ---

    /// Statements without parameters or results, as a migration has them.
    pub(super) async fn script(&self, sql: &str) -> Result<(), Failure> {
        let beginning = lock(&self.beginning).take();
        if let Some(beginning) = beginning {
            self.client.batch_execute(beginning).await?;
        }
        self.has_changed.store(true, Ordering::Relaxed);
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Hands rows over in one stream.
    pub(super) async fn copy_in(
        &self,
        sql: &str,
        types: &[Type],
        rows: impl Iterator<Item = Vec<&(dyn ToSql + Sync)>>,
    ) -> Result<u64, Failure> {
        let beginning = lock(&self.beginning).take();
        if let Some(beginning) = beginning {
            self.client.batch_execute(beginning).await?;
        }
        self.has_changed.store(true, Ordering::Relaxed);
        let writer = BinaryCopyInWriter::new(self.client.copy_in(sql).await?, types);
        let mut writer = pin!(writer);
        for row in rows {
            writer.as_mut().write(&row).await?;
        }
        Ok(writer.finish().await?)
    }

    /// Runs a statement that returns nothing; returns how many rows it changed.
    pub(super) async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, Failure> {
        let statement = self.prepare(sql).await?;
        self.has_changed.store(true, Ordering::Relaxed);
        let execute = self.client.execute(&statement, params);
        self.begun(execute).await
    }

    /// Reads the first row, if there is one.
    pub(super) async fn find<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnOnce(&Row) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.rows(sql, params).await?.first().map(read).transpose()
    }

    /// Reads all rows.
    pub(super) async fn all<T>(
        &self,
        sql: &str,
        params: Params<'_>,
        read: impl FnMut(&Row) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        self.rows(sql, params).await?.iter().map(read).collect()
    }

    /// Whether there is a row.
    pub(super) async fn exists(&self, sql: &str, params: Params<'_>) -> Result<bool, Failure> {
        Ok(!self.rows(sql, params).await?.is_empty())
    }

    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        #[cfg(test)]
        lock(&self.looked_up).push((
            sql.to_owned(),
            params.iter().map(|value| format!("{value:?}")).collect(),
        ));
        let statement = self.prepare(sql).await?;
        let query = self.client.query(&statement, params);
        self.begun(query).await
    }

    /// Runs a statement, after that which begins the transaction, where that was not sent yet.
    async fn begun<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        let beginning = lock(&self.beginning).take();
        let Some(beginning) = beginning else {
            return Ok(statement.await?);
        };
        // Each is sent when it is polled first, which is in this order.
        let (begun, result) = join(self.client.batch_execute(beginning), statement).await;
        begun?;
        Ok(result?)
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Failure> {
        let known = lock(&self.statements).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        lock(&self.statements).insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

/// Two statements that are sent together. The first error counts: those that follow are only its echo.
pub(super) async fn both<A, B>(
    first: impl Future<Output = Result<A, Failure>>,
    second: impl Future<Output = Result<B, Failure>>,
) -> Result<(A, B), Failure> {
    let (first, second) = join(first, second).await;
    Ok((first?, second?))
}

// --- Columns ---

/// Reads a column.
pub(super) fn column<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T, Failure> {
    row.try_get(column)
        .map_err(|_| StoreError::damaged("a column holds what it must not hold").into())
}

/// Reads a protobuf enumeration.
pub(super) fn enumeration<E: TryFrom<i32>>(row: &Row, place: usize) -> Result<E, Failure> {
    E::try_from(column::<i32>(row, place)?)
        .map_err(|_| StoreError::damaged("a column holds a number without a meaning").into())
}

/// Reads a subject from two columns: principal and id.
pub(super) fn subject(row: &Row, place: usize) -> Result<SubjectKey, Failure> {
    Ok(SubjectKey {
        principal: enumeration(row, place)?,
        id: column::<Uuid>(row, place + 1)?,
    })
}

/// Reads which key something was sealed to.
pub(super) fn fingerprint(row: &Row, place: usize) -> Result<Option<KeyFingerprint>, Failure> {
    column::<Option<&[u8]>>(row, place)?
        .map(|bytes| Ok(KeyFingerprint(hash(bytes)?)))
        .transpose()
}

/// What every row of some kind has.
pub(super) fn required<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| StoreError::damaged("a column is empty that must not be").into())
}

pub(super) fn hash(bytes: &[u8]) -> Result<[u8; 32], Failure> {
    bytes
        .try_into()
        .map_err(|_| StoreError::damaged("a column holds no 32 bytes").into())
}

/// A fingerprint as a parameter.
pub(super) fn bytes(key: &Option<KeyFingerprint>) -> Option<&[u8]> {
    key.as_ref().map(|key| key.0.as_slice())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
