//! What tells one state of a store from another: cheaply, and thoroughly.

use sha2::{Digest as _, Sha256};

use crate::store::StoreError;
use crate::store::tables::{Row, TABLES, Table, Tables, Value, key};

/// How many rows each table has, and its first and last. Every change through a store adds a row to the record of
/// changes, so what has the same state was not changed in between.
#[derive(PartialEq)]
pub(super) struct State {
    counts: [u64; TABLES.len()],
    last_sequence: i64,
    hash: [u8; 32],
}

impl State {
    pub(super) async fn of(tables: &mut dyn Tables) -> Result<Self, StoreError> {
        let mut counts = [0; TABLES.len()];
        let (mut hash, mut last_sequence) = (Sha256::new(), 0);
        for (count, table) in counts.iter_mut().zip(TABLES) {
            *count = tables.count(table).await?;
            hash.update(count.to_le_bytes());
            let first = tables.read(table, None, 1).await?;
            let last = tables.last(table).await?;
            for row in first.iter().chain(&last) {
                add(&mut hash, row);
            }
            if let Some(Value::Long(sequence)) = last.as_ref().map(key) {
                last_sequence = sequence;
            }
        }
        Ok(Self {
            counts,
            last_sequence,
            hash: hash.finalize().into(),
        })
    }

    pub(super) const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Of the newest change that is recorded, or 0.
    pub(super) const fn last_sequence(&self) -> i64 {
        self.last_sequence
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static Table, u64)> {
        TABLES.into_iter().zip(self.counts)
    }

    pub(super) fn count(&self, table: &Table) -> u64 {
        let mut counts = self.counts();
        counts
            .find(|(counted, _)| counted.name == table.name)
            .map_or(0, |(_, count)| count)
    }
}

/// How many rows a table has, and a hash of all that is in them, in the order of keys.
#[derive(PartialEq)]
pub(super) struct Contents {
    pub(super) count: u64,
    hash: [u8; 32],
}

impl Contents {
    pub(super) async fn of(
        tables: &mut dyn Tables,
        table: &'static Table,
        batch: usize,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Self, StoreError> {
        let (mut count, mut hash, mut after) = (0, Sha256::new(), None);
        loop {
            let rows = tables.read(table, after, batch).await?;
            let Some(last) = rows.last() else { break };
            rows.iter().for_each(|row| add(&mut hash, row));
            after = Some(key(last));
            count += rows.len() as u64;
            tell(count);
        }
        Ok(Self {
            count,
            hash: hash.finalize().into(),
        })
    }
}

fn add(hash: &mut Sha256, row: &Row) {
    for value in row {
        value.for_each_byte_string(|bytes| hash.update(bytes));
    }
}
