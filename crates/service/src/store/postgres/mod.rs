//! The store beyond one machine: a PostgreSQL database, which any number of processes use at once.
//!
//! **Transactions.** Each change is one transaction, `READ COMMITTED`, that locks the rows which its checks rest on; the
//! module of each kind says which, and why these are enough. Transactions that touch the same object wait for each
//! other, instead of failing as they would under `SERIALIZABLE`. Where a database reports a serialisation failure or a
//! deadlock all the same, the transaction is repeated, a dozen times at most, with a pause that grows and is left to
//! chance; after that the change fails with [`StoreError::Busy`](super::StoreError::Busy). `BEGIN` travels with the first
//! statement, and statements that don't depend on each other travel together.
//!
//! **Limits.** Statements and locks have time-outs in the database ([`PostgresOptions::statement_timeout`]); besides,
//! nobody waits much longer than that for an answer. So a database that hangs, or cannot be reached, is
//! [`StoreError::Unavailable`](super::StoreError::Unavailable); once a commit was sent, it is
//! [`StoreError::OutcomeUnknown`](super::StoreError::OutcomeUnknown). A connection that was lost is replaced; what had not
//! begun to commit is repeated on another one. While commits are not answered, as without the standby that they wait
//! for, further changes are refused: else each would leave a connection behind. Nothing has to be restarted.
//!
//! **Durability** is the database's: `fsync` and, with standbys that may take over, `synchronous_standby_names`. Where
//! `synchronous_commit` is off, the store switches it on for its sessions. A commit that waits for a standby is not
//! acknowledged because some time-out is over.
//!
//! **The schema** is brought to its newest version when a store is opened. The row of `runner_configuration_store` is
//! locked meanwhile, so any number of processes may start at once.
//!
//! **The order of records.** [`RecordedChange::sequence`](super::RecordedChange::sequence) is taken when a change is
//! recorded, a moment before it is committed: a record may appear behind one with a greater number.
//!
//! # Compatible databases
//!
//! Tested: PostgreSQL 15, by the suite that every store passes. Everything below is from general knowledge of
//! these databases, and was run on none of them.
//!
//! - No advisory locks, no `LISTEN`, no deferrable constraints, no extension. A trigger, in PL/pgSQL, keeps the record of
//!   changes from being rewritten; it runs when somebody tries.
//! - Lists are bounded by comparisons of rows (`(runner_id, id) > ($3, $1)`), which are standard SQL; that an index bounds
//!   a scan by them is tested on PostgreSQL. Settings of its planner are made where the database has them.
//! - **Aurora PostgreSQL** is PostgreSQL as far as this store is concerned. A fail-over ends all connections; the cluster
//!   endpoint leads to the new writer, and servers that take no changes are passed over.
//! - **CockroachDB**: `READ COMMITTED` counts from version 23.2 on; where it is not enabled, transactions are
//!   `SERIALIZABLE`, and repeated on failure. `FOR KEY SHARE` and `FOR NO KEY UPDATE` are taken as `FOR SHARE` and
//!   `FOR UPDATE`: more waiting, same results. Triggers need version 24.3. Changes of the schema within a transaction
//!   are not undone together; so each statement of a migration can be repeated.
//! - **YugabyteDB**: set `yb_use_hash_splitting_by_default` to off before the store is made: its indexes are otherwise
//!   split by hash, and lists have to be sorted. `yb_enable_read_committed_isolation` avoids repetitions. Sequences are
//!   cached per node, so that the order of records is only roughly that of changes made through different nodes.

mod changes;
mod classes;
mod connect;
mod error;
mod keys;
mod list;
mod llm;
mod mark;
mod migrate;
mod options;
mod pool;
mod runners;
mod scm;
mod secrets;
mod session;
mod store;
mod tables;
mod tokens;

#[cfg(test)]
#[cfg(unix)]
#[path = "../../../tests/postgres/mod.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod test_server;

pub use options::PostgresOptions;
pub use pool::PoolStatus;
pub use tables::PostgresTables;

use self::pool::Pool;

/// A [`Store`](super::Store) in a PostgreSQL database.
///
/// Dropping it ends its connections. Changes run in the futures that its methods return; dropping such a future undoes
/// what it has not begun to commit.
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// How busy the connections are.
    pub fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
