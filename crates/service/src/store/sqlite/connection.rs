//! A connection that several threads use, one at a time.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::cache::Cache;

/// A connection with its lock.
///
/// What panicked while it had the connection has left nothing behind on it: look-ups end their statements and snapshots,
/// and the writer rolls back.
pub(super) struct SharedConnection(Mutex<Connected>);

/// A connection, and what it has answered before.
pub(super) struct Connected {
    pub(super) connection: Connection,
    pub(super) cache: Cache,
}

impl Deref for Connected {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl SharedConnection {
    /// A connection whose answers are not kept.
    pub(super) fn new(connection: Connection) -> Self {
        Self::caching(connection, 0)
    }

    /// A connection that only reads, and keeps so many bytes of its answers.
    pub(super) fn caching(connection: Connection, max_bytes: usize) -> Self {
        Self(Mutex::new(Connected {
            connection,
            cache: Cache::new(max_bytes),
        }))
    }

    /// The connection, if nobody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Connected>> {
        match self.0.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The connection, when nobody else has it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
