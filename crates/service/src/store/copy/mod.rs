//! Moving a whole store into another one, of the same kind or not.
//!
//! [`copy`] reads the source under one snapshot and adds to the destination in the order of keys, some rows in each
//! transaction. So what the destination holds says how far it came: after an interruption, whatever it was, the next
//! call goes on from there. Meanwhile the destination is marked as an unfinished copy, and no
//! [`Store`](super::Store) opens it. The mark goes when both sides were read again and are equal.

mod error;
mod state;

pub use self::error::{CopyError, Side};

use self::state::{Contents, State};
use super::StoreError;
use super::tables::{Cells, Mark, Row, TABLES, Table, Tables, Value, key};

/// How to copy.
pub struct CopyOptions<'p> {
    /// What the operator calls the source; kept in the mark.
    pub source: String,
    /// How many rows each transaction adds, from 1 to 10 000; [`CopyOptions::BATCH`] is good.
    pub batch: usize,
    /// Told after each transaction, and while both sides are compared.
    pub progress: &'p mut (dyn FnMut(Progress) + Send),
}

impl CopyOptions<'_> {
    /// The usual number of rows in a transaction.
    pub const BATCH: usize = 1000;
}

impl std::fmt::Debug for CopyOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyOptions")
            .field("source", &self.source)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub step: Step,
    /// What it is done to, such as `environment classes`.
    pub kind: &'static str,
    /// To how many it is done; those of former calls count.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows are copied.
    Copy,
    /// The source is read again, to be compared.
    VerifySource,
    /// The destination is read again, to be compared.
    VerifyDestination,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many there are of each kind, on both sides.
    pub counts: Vec<(&'static str, u64)>,
    /// How many of them this call added.
    pub added: u64,
}

/// Copies a store, or finishes a copy.
///
/// The source must not be changed meanwhile: that is found out, and fails. Memory holds no more than a few batches.
///
/// ```
/// use runner_configuration_service::store::copy::{CopyError, CopyOptions, copy};
/// use runner_configuration_service::store::tables::Tables;
///
/// async fn move_up(from: &mut dyn Tables, to: &mut dyn Tables) -> Result<u64, CopyError> {
///     let options = CopyOptions {
///         source: "the old store".into(),
///         batch: CopyOptions::BATCH,
///         progress: &mut |progress| println!("{} {}", progress.kind, progress.done),
///     };
///     Ok(copy(from, to, options).await?.added)
/// }
/// ```
///
/// # Errors
/// [`CopyError`]. The destination stays marked, and the same call goes on, but for [`CopyError::NotEmpty`], which
/// changes nothing.
pub async fn copy(
    from: &mut dyn Tables,
    to: &mut dyn Tables,
    mut options: CopyOptions<'_>,
) -> Result<Copied, CopyError> {
    options.batch = options.batch.clamp(1, 10_000);
    from.begin_snapshot().await.map_err(Side::Source.error())?;
    let state = State::of(from).await.map_err(Side::Source.error())?;
    let is_there = prepare(to, &state, &options).await?;

    let mut added = 0;
    if !is_there {
        for (table, total) in state.counts() {
            added += copy_table(from, to, table, total, &mut options).await?;
        }
        let counter = from.counter().await.map_err(Side::Source.error())?;
        let counter = counter.max(state.last_sequence());
        to.raise_counter(counter)
            .await
            .map_err(Side::Destination.error())?;
    }
    match verify(from, to, &state, &mut options).await {
        // It has never been a copy.
        Err(CopyError::Different { .. }) if is_there => return Err(CopyError::NotEmpty),
        verified => verified?,
    }

    // What came after the snapshot would be missing.
    from.end_snapshot().await.map_err(Side::Source.error())?;
    if State::of(from).await.map_err(Side::Source.error())? != state {
        return Err(CopyError::SourceChanged);
    }
    if !is_there {
        to.clear_mark().await.map_err(Side::Destination.error())?;
    }
    let counts = state.counts();
    Ok(Copied {
        counts: counts
            .map(|(table, count)| (table.title(), count))
            .collect(),
        added,
    })
}

/// Refuses what is not the beginning of this copy, and marks what is empty. Returns whether the copy was finished
/// before, as it seems.
async fn prepare(
    to: &mut dyn Tables,
    state: &State,
    options: &CopyOptions<'_>,
) -> Result<bool, CopyError> {
    let of_destination = Side::Destination.error();
    let mark = to.mark().await.map_err(&of_destination)?;
    if let Some(mark) = mark {
        if mark.state == state.hash() {
            return Ok(false);
        }
        return Err(CopyError::OtherCopy {
            source_name: mark.source,
        });
    }
    let there = State::of(to).await.map_err(&of_destination)?;
    if !there.is_empty() {
        return if there == *state {
            Ok(true)
        } else {
            Err(CopyError::NotEmpty)
        };
    }
    let mark = Mark {
        source: options.source.clone(),
        state: state.hash(),
    };
    to.set_mark(&mark).await.map_err(&of_destination)?;
    Ok(false)
}

/// Copies what is missing of a table; returns how many rows that was.
async fn copy_table(
    from: &mut dyn Tables,
    to: &mut dyn Tables,
    table: &'static Table,
    total: u64,
    options: &mut CopyOptions<'_>,
) -> Result<u64, CopyError> {
    let last = to.last(table).await.map_err(Side::Destination.error())?;
    let mut after = last.as_ref().map(key);
    let there = to.count(table).await.map_err(Side::Destination.error())?;
    let mut done = there;
    loop {
        let rows = from.read(table, after, options.batch).await;
        let rows = rows.map_err(Side::Source.error())?;
        let Some(last) = rows.last() else { break };
        refuse_malformed(table, &rows)?;
        to.write(table, &rows)
            .await
            .map_err(|error| CopyError::Write {
                kind: table.title(),
                first: rows.first().map(|row| Cells { table, row }.key()),
                last: Cells { table, row: last }.key(),
                error,
            })?;
        after = Some(key(last));
        done += rows.len() as u64;
        (options.progress)(Progress {
            step: Step::Copy,
            kind: table.title(),
            done,
            total,
        });
    }
    Ok(done - there)
}

fn refuse_malformed(table: &'static Table, rows: &[Row]) -> Result<(), CopyError> {
    let is_malformed = |row: &&Row| row.iter().any(|it| matches!(it, Value::Malformed(_)));
    match rows.iter().find(is_malformed) {
        None => Ok(()),
        Some(row) => Err(CopyError::Malformed {
            kind: table.one,
            id: Cells { table, row }.key(),
        }),
    }
}

/// Reads both sides, and compares counts and contents.
async fn verify(
    from: &mut dyn Tables,
    to: &mut dyn Tables,
    state: &State,
    options: &mut CopyOptions<'_>,
) -> Result<(), CopyError> {
    to.begin_snapshot()
        .await
        .map_err(Side::Destination.error())?;
    for table in TABLES {
        let total = state.count(table);
        let source = contents(from, table, total, Step::VerifySource, options).await;
        let source = source.map_err(Side::Source.error())?;
        let destination = contents(to, table, total, Step::VerifyDestination, options).await;
        let destination = destination.map_err(Side::Destination.error())?;
        if source != destination {
            return Err(CopyError::Different {
                kind: table.title(),
                source_count: source.count,
                destination_count: destination.count,
            });
        }
    }
    to.end_snapshot().await.map_err(Side::Destination.error())
}

async fn contents(
    tables: &mut dyn Tables,
    table: &'static Table,
    total: u64,
    step: Step,
    options: &mut CopyOptions<'_>,
) -> Result<Contents, StoreError> {
    let progress = &mut *options.progress;
    let mut tell = |done| {
        progress(Progress {
            step,
            kind: table.title(),
            done,
            total,
        });
    };
    Contents::of(tables, table, options.batch, &mut tell).await
}
