//! The connections that look-ups use.
//!
//! A look-up runs where it is called. It takes microseconds, from memory as a rule, and handing it to another thread
//! would cost ten times that.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::{Connection, Transaction};

use super::error::from_sqlite;
use crate::store::StoreError;

pub(super) struct Readers {
    connections: Box<[Mutex<Connection>]>,
    next: AtomicUsize,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self {
            connections: connections.into_iter().map(Mutex::new).collect(),
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
        // With as many connections as threads that call, the first one tried is nearly always free. Starting with
        // the same one keeps its cache warm.
        if let Some(connection) = self.connections.iter().find_map(try_lock) {
            return look_up(&connection);
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        let Some(connection) = self.connections.get(turn) else {
            return Err(StoreError::unavailable("it has no connection to read with"));
        };
        look_up(&lock(connection))
    }
}

// A look-up that panicked leaves nothing behind on its connection: statements and snapshots end when dropped.

fn try_lock(connection: &Mutex<Connection>) -> Option<MutexGuard<'_, Connection>> {
    match connection.try_lock() {
        Ok(connection) => Some(connection),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Several statements that see the same state of the store.
pub(super) fn snapshot(
    connection: &Connection,
) -> Result<impl Deref<Target = Connection>, StoreError> {
    Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Deferred)
        .map_err(from_sqlite)
}
