//! The connections that look-ups use.
//!
//! A look-up runs where it is called. It takes microseconds, from memory as a rule, and handing it to another thread
//! would cost ten times that.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::{Connection, Transaction};

use super::cache::Cache;
use super::connection::{Connected, SharedConnection};
use super::error::from_sqlite;
use crate::store::StoreError;

pub(super) struct Readers {
    connections: Vec<Arc<SharedConnection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn new(connections: Vec<Arc<SharedConnection>>) -> Self {
        Self {
            connections,
            next: AtomicUsize::new(0),
        }
    }

    /// Runs a look-up on a connection that is free, or on the one that is free next.
    ///
    /// It sees everything that was committed before, by this process or another.
    pub(super) fn with<T>(
        &self,
        look_up: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_cache(|connection, _| look_up(connection))
    }

    /// Runs a look-up that may have been answered before.
    pub(super) fn with_cache<T>(
        &self,
        look_up: impl FnOnce(&Connection, &mut Cache) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // With as many connections as threads that call, the first one tried is nearly always free. Starting with
        // the same one keeps its cache warm.
        let free = self.connections.iter().find_map(|it| it.try_lock());
        let mut connected = match free {
            Some(connected) => connected,
            None => {
                let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
                let Some(connection) = self.connections.get(turn) else {
                    return Err(StoreError::unavailable("it has no connection to read with"));
                };
                connection.lock()
            }
        };
        let Connected { connection, cache } = &mut *connected;
        look_up(connection, cache)
    }
}

/// Several statements that see the same state of the store.
pub(super) fn snapshot(
    connection: &Connection,
) -> Result<impl Deref<Target = Connection>, StoreError> {
    Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Deferred)
        .map_err(from_sqlite)
}
