//! Work on a store itself, of either kind: copies, checks, backups.
//!
//! The tests start a PostgreSQL of their own; `postgres/mod.rs` says what becomes of them where none is installed.

#![cfg(test)]
#![cfg(all(feature = "postgres", unix))]

mod backup;
mod check;
mod copy;
#[path = "../store_suite/fixture.rs"]
#[expect(dead_code, reason = "the suite uses more of it")]
mod fixture;
mod places;
#[path = "../postgres/mod.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod postgres;
mod schema;
