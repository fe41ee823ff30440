//! The connections, and what runs on them.
//!
//! A connection is taken for one operation, and given back after it. One on which an operation was cut short (its caller
//! went away, an updater panicked, the database did not answer in time) is closed instead: that ends its transaction,
//! too.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::connect::Connector;
use super::error::{Failure, unknown};
use super::options::Limits;
use super::session::Session;
use crate::store::StoreError;

/// How often an operation is tried that meets others, or a connection that is gone.
const ATTEMPTS: u32 = 12;

/// The longest wait before the second attempt; it doubles with each, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(4);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// A connection is used for at most this long, so that load finds its way to servers that were added.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How often it is looked for connections that are not usable any more.
const SWEEP: Duration = Duration::from_secs(1);

/// What an operation does, and so what it runs in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It looks once, or several times at what need not be one state.
    LookUp,
    /// It looks several times at one state.
    Snapshot,
    /// It changes something.
    Change,
    /// It may change very much.
    LongChange,
}

/// An operation on its way. Boxed: a closure can't say otherwise that what it returns may go to another thread.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

pub(super) struct Pool {
    connector: Connector,
    limits: Limits,
    idle: Mutex<Idle>,
    connections: u32,
    /// One for each connection that there may be.
    places: Semaphore,
    /// How many operations wait for a place.
    waiting: AtomicUsize,
    /// Fewer than that: changes that wait for each other leave look-ups a way.
    changes: Semaphore,
    changes_at_once: u32,
    /// As many. A change whose commit is not answered holds its place here for as long as the database may be at it,
    /// even if nobody waits any more.
    commits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(connector: Connector, limits: Limits, connections: u32) -> Self {
        let changes_at_once = connections - connections / 4;
        Self {
            connector,
            limits,
            idle: Mutex::new(Idle::new()),
            connections,
            waiting: AtomicUsize::new(0),
            places: Semaphore::new(connections as usize),
            changes: Semaphore::new(changes_at_once as usize),
            changes_at_once,
            commits: Arc::new(Semaphore::new(changes_at_once as usize)),
        }
    }

    /// Runs an operation: as often as it takes, within bounds. `input` is handed to `work` each time.
    pub(super) async fn run<I: Send, T: Send>(
        &self,
        mode: Mode,
        mut input: I,
        work: impl for<'a> Fn(&'a Session, &'a mut I) -> Work<'a, T> + Send + Sync,
    ) -> Result<T, StoreError> {
        let (_change, mut commit) = match mode {
            Mode::LookUp | Mode::Snapshot => (None, None),
            Mode::Change | Mode::LongChange => (
                Some(self.place_for_change().await?),
                Some(self.place_for_commit().await?),
            ),
        };
        let mut attempts = 1;
        loop {
            let error = match self.attempt(mode, &mut input, &mut commit, &work).await {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Conflict) => StoreError::Busy,
                Err(Failure::Disconnected) => {
                    // Those that wait were made at the same time, to the same server.
                    self.lock_idle().sessions.clear();
                    StoreError::unavailable("the connection to the database was lost; try again")
                }
            };
            if attempts == ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(wait(attempts)).await;
            attempts += 1;
        }
    }

    async fn attempt<I: Send, T: Send>(
        &self,
        mode: Mode,
        input: &mut I,
        commit: &mut Option<OwnedSemaphorePermit>,
        work: &(impl for<'a> Fn(&'a Session, &'a mut I) -> Work<'a, T> + Send + Sync),
    ) -> Result<T, Failure> {
        let lease = self.lease(commit).await?;
        let limit = self.limits.answer(mode);
        if let Some(sql) = self.limits.beginning(mode) {
            lease.begin(sql);
        }
        let Some(result) = lease.within(limit, work(&lease, input)).await else {
            lease.give_up();
            return Err(no_answer().into());
        };
        if mode == Mode::LookUp {
            return result;
        }
        match result {
            Ok(value) => match lease.within(limit, lease.commit()).await {
                Some(committed) => committed.map(|()| value),
                None if lease.has_changed() => {
                    Err(unknown("the database did not answer the commit in time"))
                }
                None => Err(no_answer().into()),
            },
            Err(failure) => {
                let _in_time = lease.within(limit, lease.rollback()).await;
                Err(failure)
            }
        }
    }

    /// Lets the changes finish that wait or run, and refuses new ones.
    pub(super) async fn close(&self) {
        // Those that wait go first. An error says that it is closed already.
        if let Ok(all) = self.changes.acquire_many(self.changes_at_once).await {
            self.changes.close();
            drop(all);
        }
    }

    pub(super) fn status(&self) -> PoolStatus {
        let limit = self.connections as usize;
        PoolStatus {
            limit,
            in_use: limit.saturating_sub(self.places.available_permits()),
            idle: self.lock_idle().sessions.len(),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    async fn place_for_change(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let _waiting = Waiting::at(&self.waiting);
        match timeout(self.limits.wait(), self.changes.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(StoreError::unavailable(
                "it is closed; the program is shutting down",
            )),
            Err(_) => Err(StoreError::Busy),
        }
    }

    async fn place_for_commit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let place = Arc::clone(&self.commits).acquire_owned();
        match timeout(self.limits.wait(), place).await {
            Ok(Ok(place)) => Ok(place),
            // It is never closed.
            Ok(Err(_)) | Err(_) => Err(StoreError::unavailable(
                "the database does not answer commits; look at its disk and its standbys",
            )),
        }
    }

    async fn lease<'p>(
        &'p self,
        commit: &'p mut Option<OwnedSemaphorePermit>,
    ) -> Result<Lease<'p>, Failure> {
        let place = {
            let _waiting = Waiting::at(&self.waiting);
            timeout(self.limits.wait(), self.places.acquire()).await
        };
        let Ok(Ok(place)) = place else {
            return Err(StoreError::Busy.into());
        };
        let idle = self.lock_idle().take();
        let session = match idle {
            Some(session) => session,
            None => Arc::new(self.connector.connect().await?),
        };
        Ok(Lease {
            pool: self,
            session,
            commit,
            is_given_up: AtomicBool::new(false),
            _place: place,
        })
    }

    fn lock_idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections that are open and unused.
struct Idle {
    sessions: Vec<Arc<Session>>,
    /// When it was last looked for those that are not usable any more.
    swept: Instant,
}

impl Idle {
    fn new() -> Self {
        Self {
            sessions: Vec::new(),
            swept: Instant::now(),
        }
    }

    /// The one that was used last, so that the others can go.
    fn take(&mut self) -> Option<Arc<Session>> {
        let now = Instant::now();
        if now.duration_since(self.swept) >= SWEEP {
            self.swept = now;
            self.sessions.retain(|session| is_usable(session, now));
        }
        while let Some(session) = self.sessions.pop() {
            if is_usable(&session, now) {
                return Some(session);
            }
        }
        None
    }
}

/// How busy the connections of a [`PostgresStore`](super::PostgresStore) are, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many connections there may be.
    pub limit: usize,
    /// How many are in use, or being opened.
    pub in_use: usize,
    /// How many are open and unused.
    pub idle: usize,
    /// How many operations wait for their turn.
    pub waiting: usize,
}

/// An operation that waits for its turn.
struct Waiting<'p>(&'p AtomicUsize);

impl<'p> Waiting<'p> {
    fn at(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that is in use.
struct Lease<'p> {
    pool: &'p Pool,
    session: Arc<Session>,
    /// The operation's place among the commits, if it is a change.
    commit: &'p mut Option<OwnedSemaphorePermit>,
    is_given_up: AtomicBool,
    _place: SemaphorePermit<'p>,
}

impl Lease<'_> {
    /// Nobody uses it any more: what it is doing may take for ever.
    fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }
}

impl Deref for Lease<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.session.is_committing() {
            self.session.keep(self.commit.take());
        }
        if !self.is_given_up.load(Ordering::Relaxed) && self.session.is_free() {
            let session = Arc::clone(&self.session);
            self.pool.lock_idle().sessions.push(session);
        }
    }
}

fn is_usable(session: &Session, now: Instant) -> bool {
    session.is_free() && now.duration_since(session.opened()) < LIFETIME
}

fn no_answer() -> StoreError {
    StoreError::unavailable("the database did not answer in time; look at its load and the network")
}

/// A part, by chance, of a time that doubles with each attempt: those that met each other should not meet again.
fn wait(attempt: u32) -> Duration {
    let longest = LONGEST_WAIT.min(FIRST_WAIT * 2u32.saturating_pow(attempt - 1));
    // Without randomness they may meet again, and no more.
    let part = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    longest.mul_f64(part)
}
