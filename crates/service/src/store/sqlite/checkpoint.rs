//! The thread that moves the write-ahead log into the database while changes go on.
//!
//! SQLite would do that in a commit, whenever the log has a thousand pages, and all changes would wait for milliseconds. Here the
//! writer says how long the log is, and another connection moves it ([`PASSIVE`]: nobody waits for it, nor it for anybody). The log
//! begins anew with a change that finds all of it moved. Under load that never pauses, the writer moves the rest itself now and then.
//!
//! [`PASSIVE`]: https://sqlite.org/c3ref/wal_checkpoint_v2.html

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

/// It is moved when this many of its pages are not in the database.
const STEP: u32 = 256;

/// With this many pages (32 MiB) the writer moves the log itself, in a commit.
pub(super) const MOST: u32 = 8 * 1024;

/// The handle of the thread.
pub(super) struct Checkpointer {
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Log {
    /// How many of its pages are in the database.
    moved: AtomicU32,
    is_closed: AtomicBool,
}

impl Checkpointer {
    /// Starts the thread, with a connection of its own.
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let log = Arc::new(Log::default());
        let own = Arc::clone(&log);
        let thread = thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || own.run(&connection))?;
        Ok(Self {
            log,
            thread: Some(thread),
        })
    }

    /// Takes note of how many pages the log has after a commit.
    pub(super) fn note(&self, pages: u32) {
        if let Some(thread) = &self.thread
            && self.log.is_due(pages)
        {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.log.is_closed.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Log {
    fn is_due(&self, pages: u32) -> bool {
        let moved = self.moved.load(Ordering::Relaxed);
        let rest = pages.checked_sub(moved).unwrap_or_else(|| {
            // It has begun anew.
            self.moved.store(0, Ordering::Relaxed);
            pages
        });
        rest >= STEP
    }

    fn run(&self, connection: &Connection) {
        loop {
            thread::park();
            if self.is_closed.load(Ordering::Acquire) {
                return;
            }
            match move_log(connection) {
                Ok(Some(moved)) => self.moved.store(moved, Ordering::Relaxed),
                // Another process is at it, or there is none.
                Ok(None) => {}
                // The writer does it then, and says what is wrong when a change fails.
                Err(error) => tracing::debug!(%error, "the log could not be moved"),
            }
        }
    }
}

/// Moves what nobody needs in the log any more; returns how many of its pages are in the database.
fn move_log(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    let moved: i64 = statement.query_row([], |row| row.get("checkpointed"))?;
    // -1 where it is not known.
    Ok(u32::try_from(moved).ok())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::wal_index;
    use super::*;

    struct Database {
        _folder: tempfile::TempDir,
        writer: Connection,
        checkpointer: Checkpointer,
    }

    impl Database {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("database");
            let writer = Connection::open(&path).unwrap();
            let sql =
                "PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA wal_autocheckpoint = 0";
            writer.execute_batch(sql).unwrap();
            let checkpointer = Checkpointer::start(Connection::open(&path).unwrap()).unwrap();
            Self {
                _folder: folder,
                writer,
                checkpointer,
            }
        }

        /// Writes about a page.
        fn write(&self) {
            let sql = "INSERT INTO t VALUES (zeroblob(4000))";
            self.writer.execute(sql, []).unwrap();
        }

        fn pages(&self) -> u32 {
            wal_index::pages(&self.writer).unwrap()
        }

        fn moved(&self) -> u32 {
            self.checkpointer.log.moved.load(Ordering::Relaxed)
        }
    }

    fn eventually(is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < deadline, "it does not happen");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_log_that_has_grown_is_moved_and_begins_anew() {
        let database = Database::new();
        while database.pages() < STEP {
            database.checkpointer.note(database.pages());
            assert_eq!(database.moved(), 0);
            database.write();
        }
        let pages = database.pages();
        database.checkpointer.note(pages);
        eventually(|| database.moved() == pages);
        database.write();
        let anew = database.pages();
        assert!(anew < 10, "{anew} pages");
        database.checkpointer.note(anew);
        assert_eq!(database.moved(), 0);
    }

    #[test]
    fn what_a_reader_still_needs_stays_in_the_log_and_nobody_waits() {
        let database = Database::new();
        database.write();
        let path = database.writer.path().unwrap();
        let reader = Connection::open(path).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let count = || {
            let sql = "SELECT count(*) FROM t";
            reader.query_row(sql, [], |row| row.get::<_, u32>(0))
        };
        assert_eq!(count(), Ok(1));
        let seen = database.pages();
        while database.pages() < 3 * STEP {
            database.write();
        }
        database.checkpointer.note(database.pages());
        eventually(|| database.moved() == seen);
        assert_eq!(count(), Ok(1));
        reader.execute_batch("COMMIT").unwrap();
        let pages = database.pages();
        database.checkpointer.note(pages);
        eventually(|| database.moved() == pages);
    }

    #[test]
    fn where_there_is_no_log_nothing_is_known_of_it() {
        let connection = Connection::open_in_memory().unwrap();
        assert_eq!(move_log(&connection), Ok(None));
    }

    #[test]
    fn the_thread_ends_with_its_handle() {
        let Database { checkpointer, .. } = Database::new();
        let log = Arc::downgrade(&checkpointer.log);
        drop(checkpointer);
        assert!(log.upgrade().is_none());
    }
}
