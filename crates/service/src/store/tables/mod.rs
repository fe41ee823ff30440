//! A store as tables: whole rows in the order of their keys, with everything that is sealed, hashed or recorded in them.
//!
//! [`Store`](super::Store) is what the service works with; this is for those who work on the store itself, and have it to
//! themselves: [`copy`](super::copy) and [`check`](super::check). Nothing written here is recorded as a change.

mod schema;
mod value;

use std::pin::Pin;

pub(super) use self::schema::{
    API_KEYS, CHANGES, ENVIRONMENT_CLASSES, HOST_AUTHENTICATION_TOKENS, Kind, LLM_INTEGRATIONS,
    RUNNERS, SCM_INTEGRATIONS,
};
pub use self::schema::{TABLES, Table};
pub(super) use self::value::{Cells, key};
pub use self::value::{Row, Value};

use super::StoreError;

/// What a method of [`Tables`] returns.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The tables of a store of any kind: [`SqliteTables`](super::sqlite::SqliteTables),
/// [`PostgresTables`](super::postgres::PostgresTables).
///
/// It opens also a store that is an unfinished copy, which no [`Store`](super::Store) does.
pub trait Tables: Send {
    /// From now on all reads see the same state, until [`end_snapshot`](Self::end_snapshot).
    fn begin_snapshot(&mut self) -> Answer<'_, ()>;

    /// Reads see what is there again.
    fn end_snapshot(&mut self) -> Answer<'_, ()>;

    /// The names of all tables and columns that the database has, but for those that describe the database itself.
    fn columns(&mut self) -> Answer<'_, Vec<(String, String)>>;

    /// How many rows there are.
    fn count<'a>(&'a mut self, table: &'static Table) -> Answer<'a, u64>;

    /// The row with the greatest key.
    fn last<'a>(&'a mut self, table: &'static Table) -> Answer<'a, Option<Row>>;

    /// At most `limit` rows, in the order of their keys, from the first whose key is greater than `after`.
    fn read<'a>(
        &'a mut self,
        table: &'static Table,
        after: Option<Value>,
        limit: usize,
    ) -> Answer<'a, Vec<Row>>;

    /// Adds rows, all or none, and returns when they are on stable storage. Not within a snapshot.
    fn write<'a>(&'a mut self, table: &'static Table, rows: &'a [Row]) -> Answer<'a, ()>;

    /// The last sequence number that was given out for a change, also if its record is forgotten.
    fn counter(&mut self) -> Answer<'_, i64>;

    /// Sees to it that changes are recorded with greater sequence numbers than this.
    fn raise_counter(&mut self, at_least: i64) -> Answer<'_, ()>;

    /// What the store is the unfinished copy of, if it is one.
    fn mark(&mut self) -> Answer<'_, Option<Mark>>;

    /// Makes the store an unfinished copy: nobody can work with it until [`clear_mark`](Self::clear_mark).
    fn set_mark<'a>(&'a mut self, mark: &'a Mark) -> Answer<'a, ()>;

    /// Makes the store one to work with.
    fn clear_mark(&mut self) -> Answer<'_, ()>;

    /// What the database itself finds wrong with its structure: a sentence for each. Holds no values.
    fn damage(&mut self) -> Answer<'_, Vec<String>>;
}

/// What a store is the unfinished copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What the operator calls the source.
    pub source: String,
    /// Which state of the source: a hash.
    pub state: [u8; 32],
}

impl Mark {
    /// The table that holds it. It is there only while a copy is made, so the schema knows nothing of it.
    pub(super) const TABLE: &'static str = "runner_configuration_copy";

    pub(super) fn from_columns(source: String, state: &[u8]) -> Result<Self, StoreError> {
        let state = state
            .try_into()
            .map_err(|_| StoreError::damaged("the mark of an unfinished copy is malformed"))?;
        Ok(Self { source, state })
    }
}
