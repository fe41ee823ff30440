//! The SQLite store: the suite that every store passes, and what is particular to this one.

#![cfg(test)]

#[path = "store_suite/mod.rs"]
#[macro_use]
mod store_suite;

#[cfg(target_os = "linux")]
#[path = "store_sqlite/disks.rs"]
mod disks;
#[path = "store_sqlite/files.rs"]
mod files;
#[path = "store_sqlite/processes.rs"]
mod processes;

use std::sync::Arc;

use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteStore};
use tempfile::TempDir;

store_suite!(empty_store);

async fn empty_store() -> Option<(Arc<SqliteStore>, TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join(FILE_NAME)).unwrap();
    Some((Arc::new(store), folder))
}

/// The same store without files.
mod in_memory {
    use super::*;

    store_suite!(empty_store);

    async fn empty_store() -> Option<(Arc<SqliteStore>, ())> {
        Some((Arc::new(SqliteStore::in_memory().unwrap()), ()))
    }
}
