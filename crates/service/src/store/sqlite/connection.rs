//! A connection that several threads use, one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

/// A connection with its lock.
///
/// What panicked while it had the connection has left nothing behind on it: look-ups end their statements and snapshots,
/// and the writer rolls back.
pub(super) struct SharedConnection(Mutex<Connection>);

impl SharedConnection {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Mutex::new(connection))
    }

    /// The connection, if nobody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Connection>> {
        match self.0.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The connection, when nobody else has it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
