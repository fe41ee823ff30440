//! Opening the database: its folder and file, what it is, and how connections to it are set up.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::SqliteOptions;
use super::checkpoint::MOST;
use super::error::from_sqlite;
use super::mark;
use super::migrate::{inspect, migrate, verify};
use super::readers::snapshot;
use crate::store::StoreError;

/// How many prepared statements a connection keeps: all that there are, with room for merged lists of several sizes.
const STATEMENTS: usize = 96;

/// Databases of up to this many pages (of 4 KiB) are checked through when they are opened. That takes a few
/// milliseconds; for a large one it would take minutes.
const CHECKED_PAGES: u32 = 1024;

/// Opens the database for writing; creates it, or brings it to the newest schema, where needed.
///
/// What is refused, and never repaired: a file that is not a database, or not one of this program; a newer schema;
/// tables other than the schema's; a file shorter than its header says; and, in a small database, any malformed page.
/// In a large database a malformed page is reported when it is read.
///
/// An unfinished copy is refused, too.
pub(super) fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open_tables(path, options)?;
    mark::refuse(&connection)?;
    check_pages(&connection)?;
    Ok(connection)
}

/// The same, for those that look at the pages themselves, and can use an unfinished copy.
pub(super) fn open_tables(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    create_file(path).map_err(|error| cannot_use(path, &error))?;
    let mut connection = connect(path, options)?;
    refuse_fragment(path, &connection)?;
    inspect(&connection)?;
    sync(&connection, options)?;
    connection
        .execute_batch(&format!(
            "PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = {MOST};
             PRAGMA journal_size_limit = 67108864;"
        ))
        .map_err(from_sqlite)?;
    set_journal_mode(path, &connection, options)?;
    migrate(&mut connection)?;
    verify(&connection)?;
    Ok(connection)
}

/// Opens the database for reading only; [`open_writer`] went before.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = connect(path, options)?;
    connection
        .execute_batch("PRAGMA query_only = ON;")
        .map_err(from_sqlite)?;
    Ok(connection)
}

/// Opens the database for moving its log; [`open_writer`] went before.
pub(super) fn open_checkpointer(
    path: &Path,
    options: &SqliteOptions,
) -> Result<Connection, StoreError> {
    let connection = connect(path, options)?;
    sync(&connection, options)?;
    Ok(connection)
}

/// Has what is written be on stable storage when SQLite relies on it.
fn sync(connection: &Connection, options: &SqliteOptions) -> Result<(), StoreError> {
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = {};
             PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; -- for macOS",
            options.synchronous.as_sql()
        ))
        .map_err(from_sqlite)
}

/// Makes a database in memory, with the newest schema.
pub(super) fn open_in_memory(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_in_memory_with_flags(flags).map_err(from_sqlite)?;
    set_up(&connection, options)?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    // Every connection is used by one thread at a time. It does not create the file: that would be with the process's
    // default permissions.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match &options.vfs {
        None => Connection::open_with_flags(path, flags),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
    };
    let connection = connection.map_err(|_| StoreError::Io {
        path: path.display().to_string(),
        reason: "it cannot be opened; check that it is a file that may be read and written".into(),
    })?;
    set_up(&connection, options)?;
    Ok(connection)
}

/// What holds for every connection.
fn set_up(connection: &Connection, options: &SqliteOptions) -> Result<(), StoreError> {
    connection
        .busy_timeout(options.busy_timeout)
        .map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it a statement is planned anew whenever a parameter of its range changes: on every page.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(from_sqlite)?;
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
             PRAGMA temp_store = MEMORY; -- nothing that is stored is to be found in /tmp",
        )
        .map_err(from_sqlite)
}

/// Switches to write-ahead logging. That is kept in the file, so it happens once; while another process does it the
/// file is locked, and SQLite does not always wait.
fn set_journal_mode(
    path: &Path,
    connection: &Connection,
    options: &SqliteOptions,
) -> Result<(), StoreError> {
    let deadline = Instant::now() + options.busy_timeout;
    let mode = loop {
        let set = connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        });
        match set {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            set => break set.map_err(from_sqlite)?,
        }
    };
    if mode == "wal" {
        return Ok(());
    }
    Err(StoreError::Io {
        path: path.display().to_string(),
        reason: "it cannot be used with a write-ahead log; put it on a local, writable disk".into(),
    })
}

/// SQLite takes a file that is shorter than a page for an empty one, and would overwrite it.
///
/// The file is not opened to look at it: closing it again would release the locks that this process has on it.
fn refuse_fragment(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    // Nobody can write to the file in between.
    let snapshot = snapshot(connection)?;
    let pages: u32 = snapshot
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .map_err(from_sqlite)?;
    let length = std::fs::metadata(path)
        .map_err(|error| cannot_use(path, &error))?
        .len();
    if pages == 0 && length > 0 {
        return Err(StoreError::damaged("the file is not a SQLite database"));
    }
    Ok(())
}

fn check_pages(connection: &Connection) -> Result<(), StoreError> {
    let pages: u32 = connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .map_err(from_sqlite)?;
    if pages > CHECKED_PAGES {
        return Ok(());
    }
    let finding: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(from_sqlite)?;
    if finding == "ok" {
        Ok(())
    } else {
        Err(StoreError::damaged("a part of it is malformed"))
    }
}

/// Creates the folder and the file where they are missing, for nobody else to read. SQLite gives its other files the
/// permissions of this one. What is there keeps the permissions that it has.
fn create_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = folder_of(path) {
        create_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => {
            file.sync_all()?;
            sync_folder(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder_of(folder) {
        create_folder(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(folder),
    }
}

/// Makes the entry of `path` in its folder survive a crash.
fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, nor need it be.
    if cfg!(unix) {
        File::open(folder_of(path).unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// `None` for what is in the current folder.
fn folder_of(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
}

fn cannot_use(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io {
        path: path.display().to_string(),
        reason: format!("{error}; choose a data folder that this user may write to"),
    }
}
