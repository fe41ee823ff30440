//! What Get and List cost as a store grows: `just growth`.
//!
//! Both stores are filled with 1 000, 100 000 and 1 000 000 environment classes and as many tokens, and asked the same
//! things: the object with an id, and pages of 25 with no filter, each filter of the contract, and those that go together.
//! The three sizes take turns, call by call. For each question the medians are printed, in microseconds, and the largest
//! store's divided by the smallest's; the program fails where that is more than 1.5. Objects and pages are the first, the one
//! in the middle and the last; and, for comparison only, one that is somewhere else each time: a small store is in memory as
//! a whole, of a large one those parts are that were read before. Everything that is read is compared
//! with what was stored.
//!
//! `GROWTH_SIZES` (three or so, with commas) and `GROWTH_CALLS` (per question and store, 400) make it shorter;
//! `GROWTH_ONLY` measures the questions whose name contains it, and `GROWTH_STORES` names one of the stores.

#![expect(clippy::print_stdout, reason = "what it is for")]

mod filling;
mod measure;
mod objects;
mod questions;

// The server that the tests have.
#[path = "../../tests/postgres/mod.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "tests use more of it, and may panic"
)]
mod postgres;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use runner_configuration_service::store::Store;
use runner_configuration_service::store::postgres::PostgresOptions;
use runner_configuration_service::store::sqlite::SqliteOptions;

use tokio::runtime::Runtime;

use self::measure::Measured;
use self::objects::Objects;
use self::questions::Question;

type Failure = Box<dyn Error + Send + Sync>;

/// How much more the largest store may cost than the smallest.
const BOUND: f64 = 1.5;

fn main() -> Result<ExitCode, Failure> {
    let settings = Settings::from_env()?;
    let sizes: Vec<Objects> = settings.sizes.iter().map(|&size| Objects(size)).collect();
    let questions: Vec<Question> = questions::all()
        .into_iter()
        .filter(|question| question.name.contains(&settings.only))
        .collect();
    let runtime = Runtime::new()?;

    let mut exceeded = 0;
    if settings.stores.contains("sqlite") {
        exceeded += sqlite(&runtime, &sizes, &questions, settings.calls)?;
    }
    if settings.stores.contains("postgres") {
        exceeded += postgres(&runtime, &sizes, &questions, settings.calls)?;
    }
    println!("{exceeded} beyond {BOUND}");
    Ok(ExitCode::from(u8::from(exceeded > 0)))
}

fn sqlite(
    runtime: &Runtime,
    sizes: &[Objects],
    questions: &[Question],
    calls: usize,
) -> Result<usize, Failure> {
    let folder = tempfile::tempdir()?;
    let mut stores = Vec::new();
    for &objects in sizes {
        let began = Instant::now();
        let file = folder.path().join(format!("{}.db", objects.0));
        runtime.block_on(filling::sqlite(&file, objects))?;
        // It is the look-ups that may not grow.
        let store = SqliteOptions::new().cache_bytes(0).open(&file)?;
        stores.push((objects, store));
        println!("SQLite filled with {objects} in {:.0?}", began.elapsed());
    }
    report("SQLite", runtime, questions, stores, calls)
}

fn postgres(
    runtime: &Runtime,
    sizes: &[Objects],
    questions: &[Question],
    calls: usize,
) -> Result<usize, Failure> {
    let Some(server) = postgres::Server::start(&[]) else {
        return Err("PostgreSQL is needed".into());
    };
    let mut stores = Vec::new();
    for &objects in sizes {
        let began = Instant::now();
        let url = server.url(&server.create_database());
        runtime.block_on(filling::postgres(&url, objects))?;
        let store = runtime.block_on(PostgresOptions::from_url(&url)?.open())?;
        stores.push((objects, store));
        println!(
            "PostgreSQL filled with {objects} in {:.0?}",
            began.elapsed()
        );
    }
    report("PostgreSQL", runtime, questions, stores, calls)
}

struct Settings {
    sizes: Vec<usize>,
    calls: usize,
    only: String,
    stores: String,
}

impl Settings {
    fn from_env() -> Result<Self, Failure> {
        let or = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let mut sizes = or("GROWTH_SIZES", "1000,100000,1000000")
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<usize>, _>>()?;
        sizes.sort_unstable();
        if sizes.first().is_none_or(|&smallest| smallest < 1000) {
            return Err("GROWTH_SIZES: from 1000 on every filter has something to find".into());
        }
        Ok(Self {
            sizes,
            calls: or("GROWTH_CALLS", "400").parse::<usize>()?.max(1),
            only: or("GROWTH_ONLY", ""),
            stores: or("GROWTH_STORES", "sqlite,postgres"),
        })
    }
}

/// Asks and prints; returns how many questions cost too much in the largest store.
fn report<S: Store>(
    database: &str,
    runtime: &Runtime,
    questions: &[Question],
    stores: Vec<(Objects, S)>,
    calls: usize,
) -> Result<usize, Failure> {
    let sizes: Vec<String> = stores.iter().map(|(size, _)| size.0.to_string()).collect();
    println!("\n| {database} | rows | {} | ratio |", sizes.join(" | "));
    println!("|---|---|{}---|", "---|".repeat(sizes.len()));
    let mut exceeded = 0;
    for question in questions {
        for measured in runtime.block_on(measure::measure(question, &stores, calls))? {
            let Measured {
                what,
                rows,
                micros,
                is_bound,
            } = measured;
            let ratio = micros.last().zip(micros.first());
            let ratio = ratio.map_or(1.0, |(largest, smallest)| largest / smallest);
            let micros: Vec<String> = micros.iter().map(|time| format!("{time:.1}")).collect();
            let is_beyond = is_bound && ratio > BOUND;
            let mark = if is_beyond { " !" } else { "" };
            exceeded += usize::from(is_beyond);
            println!(
                "| {what} | {rows} | {} | {ratio:.2}{mark} |",
                micros.join(" | ")
            );
        }
    }
    println!();
    for (_, store) in stores {
        runtime.block_on(store.close())?;
    }
    Ok(exceeded)
}
