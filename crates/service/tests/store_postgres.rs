//! The PostgreSQL store: the suite that every store passes, and what is particular to this one.
//!
//! The tests start a PostgreSQL of their own. Where none is installed they are skipped, and say so; where `CI` is set, they
//! fail instead.

#![cfg(test)]
#![cfg(all(feature = "postgres", unix))]

#[path = "store_suite/mod.rs"]
#[macro_use]
mod store_suite;

#[path = "store_postgres/cuts.rs"]
mod cuts;
#[path = "store_postgres/failover.rs"]
mod failover;
#[path = "store_postgres/faults.rs"]
mod faults;
#[path = "postgres/mod.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod postgres;
#[path = "store_postgres/processes.rs"]
mod processes;
#[path = "store_postgres/proxy.rs"]
mod proxy;

use std::sync::Arc;

use runner_configuration_service::store::postgres::{PostgresOptions, PostgresStore};

use self::postgres::Database;

store_suite!(empty_store);

async fn empty_store() -> Option<(Arc<PostgresStore>, Database)> {
    let database = Database::create()?;
    let store = open(&database.url()).await;
    Some((Arc::new(store), database))
}

async fn open(url: &str) -> PostgresStore {
    PostgresOptions::from_url(url)
        .unwrap()
        .open()
        .await
        .unwrap()
}
