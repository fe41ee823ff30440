//! The embedded store: one SQLite database, for one machine.
//!
//! One connection writes, on a thread of its own, another moves the log, and a few read, where they are called. With a
//! write-ahead log readers never wait for the writer, and see what was committed, by whichever process, from then on.
//!
//! Each commit is synced before it is answered (`synchronous = FULL`). What is deleted is overwritten with zeros in the
//! database (`secure_delete`); the log, which may still hold it, is emptied when the store has been idle for a second
//! and when it is closed. Under steady load the log is overwritten from its start again and again, after about
//! 32 MiB at the latest. Copies that snapshots, backups, or the disk itself made are out of reach.
//!
//! Several processes may use the database at once. One that writes makes the others wait, up to a limit
//! ([`SqliteOptions::busy_timeout`]).
//!
//! [`SqliteStore::in_memory`] is the same without a file, for tests: one connection, which look-ups and changes take in
//! turns.

mod backup;
mod cache;
mod changes;
mod checkpoint;
mod classes;
mod connection;
mod error;
mod keys;
mod list;
mod llm;
mod mark;
mod migrate;
mod open;
mod readers;
mod runners;
mod scm;
mod secrets;
mod statement;
mod store;
mod tables;
mod tokens;
mod wal_index;
mod writer;

pub use self::tables::SqliteTables;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::checkpoint::Checkpointer;
use self::connection::SharedConnection;
use self::readers::Readers;
use self::writer::Writer;
use super::StoreError;

/// The name of the database in a data folder.
pub const FILE_NAME: &str = "store.db";

/// How to open a SQLite store.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    busy_timeout: Duration,
    readers: usize,
    cache_bytes: usize,
    synchronous: Synchronous,
    vfs: Option<String>,
}

/// When SQLite waits for the disk.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Synchronous {
    /// At each commit.
    Full,
    /// Never: what was acknowledged is lost in a crash. Only for tests, to show that they would notice.
    Off,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: threads.clamp(2, 16),
            cache_bytes: 1024 * 1024,
            synchronous: Synchronous::Full,
            vfs: None,
        }
    }
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a change waits for another process that is writing, before it fails with [`StoreError::Busy`].
    /// 5 seconds by default.
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How many look-ups may run at once. By default as many as there are processors, from 2 to 16.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How much is kept, for each of the look-ups that may run at once, of the API keys and the pages of lists that were
    /// read, in bytes; 0 for nothing. They count for as long as nothing in the file changes. By default 1 MiB.
    #[must_use]
    pub const fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// For tests: when to wait for the disk.
    #[doc(hidden)]
    #[must_use]
    pub const fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// For tests: the name of a registered file layer to use instead of the operating system's.
    #[doc(hidden)]
    #[must_use]
    pub fn vfs(mut self, name: impl Into<String>) -> Self {
        self.vfs = Some(name.into());
        self
    }

    /// Opens the store in this file; creates it and its folder, or brings it to the newest schema, where needed.
    ///
    /// Blocks: it is meant for the start of a program.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file cannot be used; [`StoreError::Foreign`], [`StoreError::NewerVersion`],
    /// [`StoreError::UnfinishedCopy`] and [`StoreError::Damaged`] if it holds something else; [`StoreError::Busy`] if another process holds it.
    pub fn open(&self, file: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(file.as_ref(), self)
    }
}

/// A [`Store`](super::Store) in a SQLite database.
///
/// Dropping it finishes the changes that are queued, and blocks for that long; [`close`](super::Store::close) does not
/// block.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens the store in this file, with the default [`SqliteOptions`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(file: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(file)
    }

    /// Makes an empty store in memory, which is gone when it is dropped; nothing of it is ever on a disk.
    ///
    /// For tests: look-ups and changes take turns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where memory or threads are exhausted.
    ///
    /// ```
    /// use runner_configuration_service::store::Store as _;
    /// use runner_configuration_service::store::sqlite::SqliteStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_service::store::StoreError> {
    /// let store = SqliteStore::in_memory()?;
    /// assert_eq!(store.runners().await?, []);
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteOptions::new();
        let connection = Arc::new(SharedConnection::new(open::open_in_memory(&options)?));
        let readers = Readers::new(vec![Arc::clone(&connection)]);
        Self::start(connection, readers, None, &options)
    }

    fn open_with(file: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let connection = SharedConnection::new(open::open_writer(file, options)?);
        let readers = (0..options.readers)
            .map(|_| open::open_reader(file, options))
            .map(|reader| {
                let reader = SharedConnection::caching(reader?, options.cache_bytes);
                Ok(Arc::new(reader))
            })
            .collect::<Result<_, StoreError>>()?;
        let checkpointer = Checkpointer::start(open::open_checkpointer(file, options)?)
            .map_err(|_| StoreError::unavailable("its checkpoint thread cannot be started"))?;
        let readers = Readers::new(readers);
        Self::start(Arc::new(connection), readers, Some(checkpointer), options)
    }

    fn start(
        connection: Arc<SharedConnection>,
        readers: Readers,
        checkpointer: Option<Checkpointer>,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let writer = Writer::start(connection, checkpointer, options.busy_timeout)
            .map_err(|_| StoreError::unavailable("its writer thread cannot be started"))?;
        Ok(Self { writer, readers })
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

impl Synchronous {
    const fn as_sql(self) -> &'static str {
        match self {
            // With a write-ahead log it is FULL. While the database is switched to that, it also syncs the folder after
            // the deletion of the rollback journal, which might else come back in a crash, and undo the switch and
            // with it all that the log holds.
            Self::Full => "EXTRA",
            Self::Off => "OFF",
        }
    }
}
