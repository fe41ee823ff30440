//! The SQLite store, and rusqlite alone with the same statements.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use benches_common::{Failure, objects};
use prost::Message as _;
use runner_configuration_service::ADMIN_SUBJECT;
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteOptions, SqliteStore};
use runner_configuration_service::store::{
    Change, Created, EnvironmentClassFilter, EnvironmentClassRecord, Form, PageRequest, Store,
};
use rusqlite::{Connection, params};
use serde_json::json;
use uuid::{Builder, Uuid};

use super::meter::{Clocks, Measured, repeat};

/// How many changes a raw transaction takes.
const GROUP: usize = 32;

/// A filled store, and two into which classes are created.
pub(crate) struct Sqlite {
    classes: usize,
    filled: SqliteStore,
    filled_raw: Connection,
    created: Arc<SqliteStore>,
    created_raw: Connection,
}

impl Sqlite {
    /// `folder` is what `prepare` made; the other stores are made there anew.
    pub(crate) async fn open(folder: &Path) -> Result<Self, Failure> {
        let classes = std::fs::read_to_string(folder.join("filled"))?;
        let filled = folder.join("data").join(FILE_NAME);
        let scratch = folder.join("scratch");
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch)?;
        }
        let (created, raw) = (scratch.join("created.db"), scratch.join("raw.db"));
        // Both have the store's tables.
        put_runner(&SqliteStore::open(&raw)?).await?;
        let created = SqliteStore::open(created)?;
        put_runner(&created).await?;
        Ok(Self {
            classes: classes.trim().parse()?,
            // What is kept in memory is measured with the servers.
            filled: SqliteOptions::new().cache_bytes(0).open(&filled)?,
            filled_raw: connect(&filled)?,
            created: Arc::new(created),
            created_raw: connect(&raw)?,
        })
    }

    /// Runs a contender.
    pub(crate) async fn measure(&self, contender: &str, count: usize) -> Result<Measured, Failure> {
        match contender {
            "ours-get" => self.get(count).await,
            "raw-get" => self.raw_get(count),
            "ours-list" => self.list(count).await,
            "raw-list" => self.raw_list(count),
            "ours-create-1" => create(&self.created, count, 1).await,
            "ours-create-64" => create(&self.created, count, 64).await,
            "raw-create-1" => self.raw_create(count, 1),
            "raw-create-group" => self.raw_create(count, GROUP),
            _ => match contender.strip_prefix("ours-open-loop@") {
                Some(rate) => open_loop(&self.created, count, rate.parse()?).await,
                None => Err(format!("no contender {contender}").into()),
            },
        }
    }

    /// A class anywhere in the store.
    fn any(&self, call: usize) -> Uuid {
        objects::class_id(call.wrapping_mul(7_919_317) % self.classes)
    }

    async fn get(&self, count: usize) -> Result<Measured, Failure> {
        let clocks = Clocks::start();
        for call in 0..count {
            let class = self
                .filled
                .environment_class(self.any(call), Form::Protobuf)
                .await?;
            black_box(class.ok_or("a class is missing")?);
        }
        Ok(clocks.stop())
    }

    fn raw_get(&self, count: usize) -> Result<Measured, Failure> {
        let mut select = self
            .filled_raw
            .prepare("SELECT runner_id, message FROM environment_classes WHERE id = ?1")?;
        let mut call = 0;
        repeat(count, || {
            let id = self.any(call);
            call += 1;
            let class: (Uuid, Vec<u8>) =
                select.query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            black_box(class);
            Ok(())
        })
    }

    async fn list(&self, count: usize) -> Result<Measured, Failure> {
        let clocks = Clocks::start();
        for call in 0..count {
            let request = PageRequest {
                after: Some(self.any(call)),
                limit: 100,
                form: Form::Protobuf,
            };
            let filter = EnvironmentClassFilter::default();
            black_box(self.filled.environment_classes(filter, request).await?);
        }
        Ok(clocks.stop())
    }

    fn raw_list(&self, count: usize) -> Result<Measured, Failure> {
        let mut select = self.filled_raw.prepare(
            "SELECT id, message FROM environment_classes WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let mut call = 0;
        repeat(count, || {
            let after = self.any(call);
            call += 1;
            let mut rows = select.query(params![after.as_bytes(), 101])?;
            while let Some(row) = rows.next()? {
                black_box((row.get::<_, Uuid>(0)?, row.get_ref(1)?.as_blob()?));
            }
            Ok(())
        })
    }

    fn raw_create(&self, count: usize, group: usize) -> Result<Measured, Failure> {
        let database = &self.created_raw;
        let (class, runner) = (record(), objects::runner_id(7));
        let (message, text) = (
            class.message.encode_to_vec(),
            serde_json::to_vec(&class.message)?,
        );
        let mut is_there = database.prepare("SELECT 1 FROM runners WHERE id = ?1")?;
        let mut insert = database.prepare(
            "INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message, json)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut log = database.prepare(
            "INSERT INTO changes (at, principal, subject_id, action, object, kind, outcome, request_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let mut begin = database.prepare("BEGIN IMMEDIATE")?;
        let mut commit = database.prepare("COMMIT")?;
        repeat(count / group, || {
            begin.execute([])?;
            for _ in 0..group {
                let id = new_id();
                if !is_there.exists([runner.as_bytes()])? {
                    return Err("there is no runner".into());
                }
                insert.execute(params![id, runner, true, None::<[u8; 32]>, message, text])?;
                let (at, subject) = (1_750_000_000_000_000_i64, ADMIN_SUBJECT);
                log.execute(params![
                    at,
                    i32::from(subject.principal),
                    subject.id,
                    "CreateEnvironmentClass",
                    id,
                    2,
                    1,
                    None::<&str>
                ])?;
            }
            commit.execute([])?;
            Ok(())
        })
    }
}

/// As the store connects, without what concerns its safety against others.
fn connect(file: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;")?;
    Ok(connection)
}

async fn put_runner(store: &impl Store) -> Result<(), Failure> {
    let _created = store.put_runner(change(), objects::runner(7)).await?;
    Ok(())
}

pub(crate) fn change() -> Change {
    Change::by(ADMIN_SUBJECT, "CreateEnvironmentClass", SystemTime::now())
}

/// Ids that nothing else has, in the order of time as those of the service.
pub(crate) fn new_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Builder::from_unix_timestamp_millis(now.as_millis() as u64, &random).into_uuid()
}

pub(crate) fn record() -> EnvironmentClassRecord {
    EnvironmentClassRecord {
        id: new_id(),
        ..objects::class(7)
    }
}

/// Creates classes, so many callers at a time.
pub(crate) async fn create<S: Store>(
    store: &Arc<S>,
    count: usize,
    callers: usize,
) -> Result<Measured, Failure> {
    let clocks = Clocks::start();
    if callers == 1 {
        for _ in 0..count {
            create_one(&**store).await?;
        }
        return Ok(clocks.stop());
    }
    let left = Arc::new(AtomicUsize::new(count));
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let (store, left) = (Arc::clone(store), Arc::clone(&left));
            tokio::spawn(async move {
                let take = |left: usize| left.checked_sub(1);
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                    .is_ok()
                {
                    create_one(&*store).await?;
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(clocks.stop())
}

async fn create_one(store: &impl Store) -> Result<(), Failure> {
    match store.create_environment_class(change(), record()).await? {
        Created::Done => Ok(()),
        Created::RunnerNotFound => Err("there is no runner".into()),
    }
}

/// Creates classes at a rate, a second, whether or not those before are done; how long the slowest took, from when each
/// was due.
async fn open_loop(store: &Arc<SqliteStore>, count: usize, rate: f64) -> Result<Measured, Failure> {
    let clocks = Clocks::start();
    let start = Instant::now();
    let mut running = Vec::with_capacity(count);
    for call in 0..count {
        let due = start + Duration::from_secs_f64(call as f64 / rate);
        // tokio's timer has a resolution of a millisecond: what is due within it is sent together.
        tokio::time::sleep_until(due.into()).await;
        let store = Arc::clone(store);
        running.push(tokio::spawn(async move {
            let sent = Instant::now();
            create_one(&*store).await?;
            Ok::<_, Failure>(sent.elapsed())
        }));
    }
    let mut took = Vec::with_capacity(count);
    for call in running {
        took.push(call.await??.as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    let mut measured = clocks.stop();
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let place = (part * (took.len() - 1) as f64) as usize;
        let seconds = took.get(place).copied();
        measured.other.insert(name.into(), json!(seconds));
    }
    Ok(measured)
}
