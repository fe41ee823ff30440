//! The one thread that changes the store.
//!
//! Changes wait in a queue. The thread takes what has gathered there, and what comes while it works on that, runs it as one
//! transaction, commits, and answers all of them. So many callers share one sync to the disk, and their order is kept. A
//! change that fails takes nothing else with it: nearly all of those have written nothing. Where one has, the transaction is
//! rolled back and run again, with a savepoint around each change. To do that for every group would nearly double what a
//! change takes, as SQLite copies every page that is changed after a savepoint.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::checkpoint::Checkpointer;
use super::connection::SharedConnection;
use super::error::{from_commit, from_sqlite};
use super::statement::execute;
use super::wal_index;
use crate::store::StoreError;

/// The most changes that share a transaction.
const GROUP: usize = 64;

/// The most changes that may wait; further callers wait for a place.
const QUEUE: usize = 1024;

/// After this long without a change the write-ahead log is moved into the database and emptied. What was deleted is
/// then in neither of them (the connection has `secure_delete`), and the next start finds nothing to recover.
const IDLE: Duration = Duration::from_secs(1);

/// How long emptying it may wait for readers.
const LOG_TIMEOUT: Duration = Duration::from_millis(50);

/// The handle of the thread.
pub(super) struct Writer {
    queue: Sender<Order>,
    places: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Order {
    Change(Box<dyn Job>),
    /// Finish, and answer.
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(
        connection: Arc<SharedConnection>,
        checkpointer: Option<Checkpointer>,
        busy_timeout: Duration,
    ) -> std::io::Result<Self> {
        let (queue, orders) = channel();
        let thread = Thread {
            connection,
            checkpointer,
            queue: Queue {
                orders,
                closing: None,
            },
            busy_timeout,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || thread.run())?;
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(QUEUE)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs a change and returns when it is on stable storage. It may run twice; the last time counts.
    ///
    /// Once it has a place in the queue it runs, whether or not the caller goes on waiting. A panic in it is the
    /// caller's.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(|_| closed())?;
        let (answer, answered) = oneshot::channel();
        let change = Change {
            work,
            result: None,
            answer,
            _place: place,
        };
        self.queue
            .send(Order::Change(Box::new(change)))
            .map_err(|_| closed())?;
        match answered.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(StoreError::OutcomeUnknown {
                reason: "the store stopped while the change was in its queue".into(),
            }),
        }
    }

    /// Refuses new changes, finishes those that are queued, and tidies up. Closing twice is closing once.
    pub(super) async fn close(&self) {
        self.places.close();
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Order::Close(done)).is_ok() {
            let _ = is_done.await;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let (done, _) = oneshot::channel();
        let _ = self.queue.send(Order::Close(done));
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("it is closed; the program is shutting down")
}

/// A change in the queue, whatever it returns.
trait Job: Send {
    /// Runs the change inside the open transaction and keeps its result, instead of that of an earlier run. Returns
    /// whether what it did is to stay.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Answers the caller: with the result, or with the error that the whole group failed with.
    fn finish(self: Box<Self>, group: Result<(), StoreError>);
}

struct Change<T, W> {
    work: W,
    result: Option<Answer<T>>,
    answer: oneshot::Sender<Answer<T>>,
    _place: OwnedSemaphorePermit,
}

type Answer<T> = Result<Result<T, StoreError>, Box<dyn Any + Send>>;

impl<T, W> Job for Change<T, W>
where
    T: Send,
    W: FnMut(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        // What the panicking change may have left half done is rolled back, and nobody else sees its values.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)));
        let stays = matches!(result, Ok(Ok(_)));
        self.result = Some(result);
        stays
    }

    fn finish(self: Box<Self>, group: Result<(), StoreError>) {
        let answer = match (group, self.result) {
            (Err(error), _) => Ok(Err(error)),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Ok(Err(closed())),
        };
        // Nobody waits any more: the change stands all the same.
        let _ = self.answer.send(answer);
    }
}

/// What the thread runs on.
struct Thread {
    connection: Arc<SharedConnection>,
    /// Not in memory.
    checkpointer: Option<Checkpointer>,
    queue: Queue,
    busy_timeout: Duration,
}

struct Queue {
    orders: Receiver<Order>,
    /// Whom to answer when all is done. Nothing is taken after that.
    closing: Option<oneshot::Sender<()>>,
}

impl Queue {
    /// The next change, if there is one already.
    fn next(&mut self) -> Option<Box<dyn Job>> {
        if self.closing.is_some() {
            return None;
        }
        match self.orders.try_recv().ok()? {
            Order::Change(job) => Some(job),
            Order::Close(done) => {
                self.closing = Some(done);
                None
            }
        }
    }
}

impl Thread {
    fn run(mut self) {
        let mut log_is_empty = false;
        loop {
            let order = if log_is_empty {
                self.queue
                    .orders
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.queue.orders.recv_timeout(IDLE)
            };
            match order {
                Ok(Order::Change(first)) => {
                    self.commit(vec![first]);
                    log_is_empty = false;
                    if let Some(done) = self.queue.closing.take() {
                        return self.finish(done);
                    }
                }
                Ok(Order::Close(done)) => return self.finish(done),
                Err(RecvTimeoutError::Timeout) => log_is_empty = self.empty_log(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Commits these changes, and others that are there.
    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        let connection = self.connection.lock();
        // Before it is begun, because all of them fail where that does: each waits for a lock no longer than the first.
        gather(&mut group, &mut self.queue);
        let result = try_commit(&connection, &mut group, &mut self.queue);
        if let Err(error) = &result {
            tracing::error!(%error, changes = group.len(), "changes could not be stored");
            if !connection.is_autocommit() {
                // What was begun must not become part of the next group.
                let _ = execute(&connection, "ROLLBACK", []);
            }
        }
        let log_pages = wal_index::pages(&connection);
        drop(connection);
        if let (Some(checkpointer), Some(pages)) = (&self.checkpointer, log_pages) {
            checkpointer.note(pages);
        }
        for job in group {
            job.finish(result.clone());
        }
    }

    fn finish(&mut self, done: oneshot::Sender<()>) {
        // Those that took their place before the queue was closed, and got here after.
        let mut late = Vec::new();
        while let Ok(order) = self.queue.orders.try_recv() {
            if let Order::Change(job) = order {
                late.push(job);
            }
        }
        if !late.is_empty() {
            self.commit(late);
        }
        // Which must not be emptying the log at the same time.
        self.checkpointer = None;
        self.empty_log();
        let _ = done.send(());
    }

    /// Moves the write-ahead log into the database and truncates it. Returns whether that succeeded: a reader that
    /// is still looking at the log prevents it, and then it is tried again later.
    fn empty_log(&self) -> bool {
        let connection = self.connection.lock();
        let empty = || {
            // Changes wait meanwhile.
            connection.busy_timeout(LOG_TIMEOUT)?;
            let busy = connection
                .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?
                .query_row([], |row| row.get::<_, bool>(0));
            connection.busy_timeout(self.busy_timeout)?;
            busy
        };
        matches!(empty(), Ok(false))
    }
}

/// Adds what is queued already.
fn gather(group: &mut Vec<Box<dyn Job>>, queue: &mut Queue) {
    while group.len() < GROUP
        && let Some(job) = queue.next()
    {
        group.push(job);
    }
}

fn try_commit(
    connection: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    queue: &mut Queue,
) -> Result<(), StoreError> {
    execute(connection, "BEGIN IMMEDIATE", [])?;
    if !run_together(connection, group, queue)? {
        execute(connection, "ROLLBACK", [])?;
        execute(connection, "BEGIN IMMEDIATE", [])?;
        run_apart(connection, group)?;
    }
    let mut commit = connection.prepare_cached("COMMIT").map_err(from_sqlite)?;
    commit.execute([]).map(|_| ()).map_err(from_commit)
}

/// Runs the changes one after the other, and adds those that come meanwhile: they would else wait for a sync of their own after
/// this one. Returns false, and leaves the rest out, when one fails that has written something.
fn run_together(
    connection: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    queue: &mut Queue,
) -> Result<bool, StoreError> {
    let mut done = 0;
    while done < group.len() {
        for job in &mut group[done..] {
            // Rows that a statement wrote and took back don't count, those that a foreign key deletes do.
            let before = connection.total_changes();
            let stays = run(connection, job)?;
            if !stays && connection.total_changes() != before {
                return Ok(false);
            }
        }
        done = group.len();
        gather(group, queue);
    }
    Ok(true)
}

/// Runs each change inside a savepoint, so that those that fail are taken back alone.
fn run_apart(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    for job in group {
        execute(connection, "SAVEPOINT change", [])?;
        if !run(connection, job)? {
            execute(connection, "ROLLBACK TO change", [])?;
        }
        execute(connection, "RELEASE change", [])?;
    }
    Ok(())
}

fn run(connection: &Connection, job: &mut Box<dyn Job>) -> Result<bool, StoreError> {
    let stays = job.run(connection);
    if connection.is_autocommit() {
        // Some failures (a full disk, say) end the whole transaction.
        return Err(StoreError::unavailable(
            "its medium failed during the change; check the disk and its free space",
        ));
    }
    Ok(stays)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Table {
        connection: Arc<SharedConnection>,
        writer: Arc<Writer>,
    }

    impl Table {
        fn new() -> Self {
            let connection = Connection::open_in_memory().unwrap();
            let sql = "CREATE TABLE t (row INTEGER PRIMARY KEY, change TEXT NOT NULL)";
            connection.execute(sql, []).unwrap();
            let connection = Arc::new(SharedConnection::new(connection));
            let writer = Writer::start(Arc::clone(&connection), None, Duration::ZERO).unwrap();
            Self {
                connection,
                writer: Arc::new(writer),
            }
        }

        /// Runs these changes as one group, in this order; returns what became of each, and what is stored.
        async fn run_as_group(&self, changes: Vec<Change>) -> (Vec<Outcome>, Vec<String>) {
            // The first waits until the others are in the queue.
            let (wait, waits) = mpsc::channel::<()>();
            let waits = Mutex::new(waits);
            let first = spawn(&self.writer, move |_| {
                let _is_over = waits.lock().unwrap().recv();
                Ok(())
            });
            let others: Vec<_> = changes
                .into_iter()
                .map(|change| spawn(&self.writer, change))
                .collect();
            drop(wait);
            first.await.unwrap().unwrap();
            let mut outcomes = Vec::new();
            for other in others {
                outcomes.push(match other.await {
                    Ok(Ok(())) => Outcome::Stored,
                    Ok(Err(_)) => Outcome::Failed,
                    Err(_panicked) => Outcome::Panicked,
                });
            }
            let connection = self.connection.lock();
            let mut statement = connection
                .prepare("SELECT change FROM t ORDER BY row")
                .unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            (outcomes, rows.map(Result::unwrap).collect())
        }
    }

    type Change = Box<dyn FnMut(&Connection) -> Result<(), StoreError> + Send>;

    #[derive(Debug, PartialEq, Eq)]
    enum Outcome {
        Stored,
        Failed,
        Panicked,
    }

    /// It has its place in the queue when this returns.
    fn spawn(
        writer: &Arc<Writer>,
        change: impl FnMut(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let writer = Arc::clone(writer);
        let mut run = Box::pin(async move { writer.run(change).await });
        let waker = std::task::Waker::noop();
        assert!(
            run.as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
                .is_pending()
        );
        tokio::spawn(run)
    }

    fn writes(change: &'static str) -> Change {
        Box::new(move |connection| {
            execute(connection, "INSERT INTO t (change) VALUES (?1)", [change]).map(|_| ())
        })
    }

    fn refuses() -> Change {
        Box::new(|_| Err(StoreError::Busy))
    }

    fn writes_and_fails() -> Change {
        Box::new(|connection| {
            writes("half")(connection)?;
            // The key is taken.
            execute(connection, "INSERT INTO t SELECT row, 'twice' FROM t", []).map(|_| ())
        })
    }

    fn writes_and_panics() -> Change {
        Box::new(|connection| {
            writes("half")(connection)?;
            panic!("in a change");
        })
    }

    #[tokio::test]
    async fn what_fails_takes_nothing_else_of_its_group_with_it() {
        use Outcome::{Failed, Panicked, Stored};
        for (failing, outcome) in [
            (refuses as fn() -> Change, Failed),
            (writes_and_fails, Failed),
            (writes_and_panics, Panicked),
        ] {
            let table = Table::new();
            let group = vec![writes("a"), failing(), writes("b"), writes("c")];
            let (outcomes, stored) = table.run_as_group(group).await;
            assert_eq!(outcomes, [Stored, outcome, Stored, Stored]);
            assert_eq!(stored, ["a", "b", "c"]);
        }
    }

    #[tokio::test]
    async fn what_comes_while_a_group_runs_is_part_of_it() {
        let table = Table::new();
        let (begun, has_begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let goes_on = Mutex::new(goes_on);
        let first = spawn(&table.writer, move |connection| {
            begun.send(()).unwrap();
            let _is_over = goes_on.lock().unwrap().recv();
            writes("first")(connection)
        });
        has_begun.recv().unwrap();
        let second = spawn(&table.writer, writes("second"));
        // Because of which the group runs again.
        let third = spawn(&table.writer, writes_and_fails());
        drop(go_on);
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        third.await.unwrap().unwrap_err();
        assert_eq!(has_begun.try_iter().count(), 1);
    }

    #[tokio::test]
    async fn a_group_takes_no_more_than_it_may() {
        let table = Table::new();
        let runs = Arc::new(Mutex::new(0));
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..3 * GROUP {
            let (runs, mut write) = (Arc::clone(&runs), writes("counted"));
            changes.push(Box::new(move |connection| {
                *runs.lock().unwrap() += 1;
                write(connection)
            }));
        }
        // Its group runs again, and no other.
        changes.push(writes_and_fails());
        let (_, stored) = table.run_as_group(changes).await;
        assert_eq!(stored.len(), 3 * GROUP);
        let again = *runs.lock().unwrap() - 3 * GROUP;
        assert!(again < GROUP, "{again} changes ran twice");
    }

    #[tokio::test]
    async fn a_change_that_fails_alone_leaves_nothing() {
        for failing in [
            refuses as fn() -> Change,
            writes_and_fails,
            writes_and_panics,
        ] {
            let table = Table::new();
            assert!(table.writer.run(writes("before")).await.is_ok());
            let (outcomes, stored) = table.run_as_group(vec![failing()]).await;
            assert_ne!(outcomes, [Outcome::Stored]);
            assert_eq!(stored, ["before"]);
        }
    }

    #[tokio::test]
    async fn the_changes_of_a_group_run_once_unless_one_has_to_be_taken_back() {
        for (failing, expected) in [(refuses as fn() -> Change, 1), (writes_and_fails, 2)] {
            let table = Table::new();
            let runs = Arc::new(Mutex::new(0));
            let counted = Arc::clone(&runs);
            let mut write = writes("counted");
            let counts: Change = Box::new(move |connection| {
                *counted.lock().unwrap() += 1;
                write(connection)
            });
            let (_, stored) = table.run_as_group(vec![counts, failing()]).await;
            assert_eq!(stored, ["counted"]);
            assert_eq!(*runs.lock().unwrap(), expected);
        }
    }
}
