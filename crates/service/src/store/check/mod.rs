//! Whether what is stored is what it has to be.
//!
//! [`check`] asks the database, and then looks at every row: whether messages can be decoded, and say what the columns
//! beside them say; whether what rows refer to is there; whether fingerprints and numbers can be what they are; whether
//! what must be there once is there once.

mod fault;
mod objects;
mod records;
mod row;

pub use self::fault::Fault;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use self::row::Checked;
use super::StoreError;
use super::tables::{
    API_KEYS, CHANGES, Cells, ENVIRONMENT_CLASSES, HOST_AUTHENTICATION_TOKENS, LLM_INTEGRATIONS,
    RUNNERS, SCM_INTEGRATIONS, TABLES, Table, Tables, Value, key,
};

/// How many rows are read at once.
const BATCH: usize = 1000;

/// Checks a store, and hands over every fault; returns how many rows it looked at.
///
/// It reads under one snapshot, so the store may be in use. Besides a batch of rows, memory holds the ids of runners and
/// SCM integrations, and 16 bytes for each token and key.
///
/// ```
/// use runner_configuration_service::store::StoreError;
/// use runner_configuration_service::store::check::check;
/// use runner_configuration_service::store::tables::Tables;
///
/// async fn is_sound(tables: &mut dyn Tables) -> Result<bool, StoreError> {
///     let mut faults = 0;
///     check(tables, &mut |fault| {
///         println!("{fault}");
///         faults += 1;
///     })
///     .await?;
///     Ok(faults == 0)
/// }
/// ```
///
/// # Errors
/// As the methods of [`Tables`]. Where a table can't be read to its end, that is a fault, and the others are checked.
pub async fn check(
    tables: &mut dyn Tables,
    found: &mut (dyn FnMut(Fault) + Send),
) -> Result<u64, StoreError> {
    if let Some(mark) = tables.mark().await? {
        found(Fault::of_store(
            StoreError::UnfinishedCopy {
                source_name: mark.source,
            }
            .to_string(),
        ));
    }
    for damage in tables.damage().await? {
        found(Fault::of_store(damage));
    }
    tables.begin_snapshot().await?;
    let counter = tables.counter().await?;
    let mut known = Known {
        counter,
        ..Known::default()
    };
    let mut looked_at = 0;
    for table in TABLES {
        looked_at += check_table(tables, table, &mut known, found).await?;
    }
    tables.end_snapshot().await?;
    Ok(looked_at)
}

/// What other rows refer to, and what must not be there twice.
#[derive(Default)]
struct Known {
    runners: HashSet<Uuid>,
    /// The runners of SCM integrations.
    integrations: HashMap<Uuid, Option<Uuid>>,
    /// Hashes of what tells tokens, and keys, from each other.
    unique: HashSet<[u8; 16]>,
    /// The greatest sequence number that was given out.
    counter: i64,
    last_sequence: i64,
}

async fn check_table(
    tables: &mut dyn Tables,
    table: &'static Table,
    known: &mut Known,
    found: &mut (dyn FnMut(Fault) + Send),
) -> Result<u64, StoreError> {
    let (mut looked_at, mut after) = (0, None);
    loop {
        let rows = match tables.read(table, after, BATCH).await {
            Ok(rows) => rows,
            Err(error @ StoreError::Damaged { .. }) => {
                let what = format!("{} cannot be read to the end: {error}", table.title());
                found(Fault::of_store(what));
                return Ok(looked_at);
            }
            Err(error) => return Err(error),
        };
        let Some(last) = rows.last() else {
            return Ok(looked_at);
        };
        for row in &rows {
            let mut checked = Checked::new(Cells { table, row }, found);
            check_row(&mut checked, known);
        }
        after = Some(key(last));
        looked_at += rows.len() as u64;
    }
}

fn check_row(row: &mut Checked<'_, '_>, known: &mut Known) {
    let cells = row.cells();
    for (column, value) in cells.table.columns.iter().zip(cells.row) {
        if matches!(value, Value::Malformed(_)) {
            row.fault(format_args!("its {} is malformed", column.name));
        }
    }
    match cells.table {
        it if std::ptr::eq(it, &RUNNERS) => objects::runner(row, known),
        it if std::ptr::eq(it, &SCM_INTEGRATIONS) => objects::scm_integration(row, known),
        it if std::ptr::eq(it, &ENVIRONMENT_CLASSES) => objects::environment_class(row, known),
        it if std::ptr::eq(it, &HOST_AUTHENTICATION_TOKENS) => objects::token(row, known),
        it if std::ptr::eq(it, &LLM_INTEGRATIONS) => objects::llm_integration(row, known),
        it if std::ptr::eq(it, &API_KEYS) => records::api_key(row, known),
        it if std::ptr::eq(it, &CHANGES) => records::change(row, known),
        _ => {}
    }
}
