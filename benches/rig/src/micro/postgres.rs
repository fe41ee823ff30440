//! The PostgreSQL store, and tokio-postgres alone with the same statements, as many connections and callers.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use benches_common::{Failure, objects};
use futures_util::future::{join, try_join_all};
use prost::Message as _;
use runner_configuration_service::ADMIN_SUBJECT;
use runner_configuration_service::store::postgres::{PostgresOptions, PostgresStore};
use runner_configuration_service::store::{Form, Store};
use tokio_postgres::{Client, NoTls, Statement};

use super::meter::{Clocks, Measured};
use super::sqlite::{change, create, new_id, record};

/// Connections, and callers.
const CALLERS: u32 = 16;

/// How many classes there are to be read.
const CLASSES: usize = 10_000;

/// Both, on one database.
pub(crate) struct Postgres {
    store: Arc<PostgresStore>,
    raw: Vec<Arc<Session>>,
}

struct Session {
    client: Client,
    get: Statement,
    hold: Statement,
    insert: Statement,
    log: Statement,
}

impl Session {
    async fn connect(url: &str) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(Self {
            get: client
                .prepare("SELECT runner_id, message FROM environment_classes WHERE id = $1")
                .await?,
            hold: client
                .prepare("SELECT 1 FROM runners WHERE id = $1 FOR KEY SHARE")
                .await?,
            insert: client
                .prepare(
                    "INSERT INTO environment_classes (id, runner_id, enabled, sealed_to, message, json)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .await?,
            log: client
                .prepare(
                    "INSERT INTO changes
                         (at, principal, subject_id, action, object, kind, outcome, request_id)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .await?,
            client,
        })
    }

    async fn get(&self, call: usize) -> Result<(), Failure> {
        let row = self.client.query_one(&self.get, &[&any(call)]).await?;
        let class: (uuid::Uuid, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        black_box(class);
        Ok(())
    }

    /// Three ways to the server and back, as the store's: each statement goes with those that it need not wait for.
    async fn create(&self, message: &[u8], text: &[u8]) -> Result<(), Failure> {
        let (id, runner) = (new_id(), objects::runner_id(7));
        let (begun, held) = join(
            self.client.batch_execute("BEGIN"),
            self.client.query_one(&self.hold, &[&runner]),
        )
        .await;
        begun?;
        held?;
        let (at, subject) = (1_750_000_000_000_000_i64, ADMIN_SUBJECT);
        let nothing = None::<&[u8]>;
        let (inserted, logged) = join(
            self.client.execute(
                &self.insert,
                &[&id, &runner, &true, &nothing, &message, &text],
            ),
            self.client.execute(
                &self.log,
                &[
                    &at,
                    &i32::from(subject.principal),
                    &subject.id,
                    &"CreateEnvironmentClass",
                    &id,
                    &2_i32,
                    &1_i32,
                    &None::<&str>,
                ],
            ),
        )
        .await;
        inserted?;
        logged?;
        self.client.batch_execute("COMMIT").await?;
        Ok(())
    }
}

fn any(call: usize) -> uuid::Uuid {
    objects::class_id(call.wrapping_mul(7_919_317) % CLASSES)
}

impl Postgres {
    /// In this database, which is empty.
    pub(crate) async fn open(url: &str) -> Result<Self, Failure> {
        let store = PostgresOptions::from_url(url)?
            .connections(CALLERS)
            .open()
            .await?;
        let _created = store.put_runner(change(), objects::runner(7)).await?;
        let store = Arc::new(store);
        let raw = try_join_all((0..CALLERS).map(|_| Session::connect(url))).await?;
        let raw: Vec<_> = raw.into_iter().map(Arc::new).collect();
        fill(&raw).await?;
        raw.first()
            .ok_or("no connection")?
            .client
            .batch_execute("VACUUM ANALYZE")
            .await?;
        Ok(Self { store, raw })
    }

    /// Runs a contender.
    pub(crate) async fn measure(&self, contender: &str, count: usize) -> Result<Measured, Failure> {
        match contender {
            "ours-get" => self.get(count).await,
            "ours-create" => create(&self.store, count, CALLERS as usize).await,
            "raw-get" | "raw-create" => self.raw(count, contender == "raw-create").await,
            _ => Err(format!("no contender {contender}").into()),
        }
    }

    async fn get(&self, count: usize) -> Result<Measured, Failure> {
        let clocks = Clocks::start();
        let next = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (store, next) = (Arc::clone(&self.store), Arc::clone(&next));
                tokio::spawn(async move {
                    while let Some(call) = take(&next, count) {
                        let class = store.environment_class(any(call), Form::Protobuf).await?;
                        black_box(class.ok_or("a class is missing")?);
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

    async fn raw(&self, count: usize, create: bool) -> Result<Measured, Failure> {
        let class = record().message;
        let (message, text) = (class.encode_to_vec(), serde_json::to_vec(&class)?);
        let clocks = Clocks::start();
        let next = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = self
            .raw
            .iter()
            .map(|session| {
                let (session, next) = (Arc::clone(session), Arc::clone(&next));
                let (message, text) = (message.clone(), text.clone());
                tokio::spawn(async move {
                    while let Some(call) = take(&next, count) {
                        if create {
                            session.create(&message, &text).await?;
                        } else {
                            session.get(call).await?;
                        }
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
}

fn take(next: &AtomicUsize, count: usize) -> Option<usize> {
    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|call| *call < count)
}

/// The classes that are read.
async fn fill(sessions: &[Arc<Session>]) -> Result<(), Failure> {
    let session = sessions.first().ok_or("no connection")?;
    session.client.batch_execute("BEGIN").await?;
    for number in 0..CLASSES {
        let class = objects::class(number);
        let runner = objects::runner_id(7);
        let (message, text) = (
            class.message.encode_to_vec(),
            serde_json::to_vec(&class.message)?,
        );
        let nothing = None::<&[u8]>;
        session
            .client
            .execute(
                &session.insert,
                &[&class.id, &runner, &true, &nothing, &message, &text],
            )
            .await?;
    }
    session.client.batch_execute("COMMIT").await?;
    Ok(())
}
