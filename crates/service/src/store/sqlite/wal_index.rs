//! Whether anybody has committed to a database, without a call of the operating system.
//!
//! The processes that use a database with a write-ahead log share the log's index, a piece of memory. Its header changes with
//! each commit, after the commit is synced and before anybody hears of it: a counter, how long the log is, a checksum of all
//! that is in it, and salts, which are new whenever the log begins anew ([format], section 2.1). SQLite's own readers begin by
//! comparing it with the one that they know. `PRAGMA data_version` answers the same question, but takes and releases a lock of
//! the file for it.
//!
//! [format]: https://sqlite.org/walformat.html#the_wal_index_header

#![expect(
    unsafe_code,
    reason = "SQLite gives the index out through C functions, as memory that other processes write to"
)]

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering, fence};

use rusqlite::{Connection, ffi};

/// A header. While it is the same, so is all that is committed.
pub(super) type Header = [u32; WORDS];

/// It has 48 bytes, and is there twice.
const WORDS: usize = 12;

/// Where it has the number of the log's last valid page (`mxFrame`).
const LAST_PAGE: usize = 4;

/// The index is mapped in blocks of this size, of which the first begins with the headers.
const BLOCK_BYTES: c_int = 32 * 1024;

/// The header as it is now. `None` where there is none: without a write-ahead log, with a file layer that shares no memory, and
/// while somebody writes it, or has died over it. SQLite has to be asked then.
///
/// For connections that have read before, with a write-ahead log: another would get an index through this.
pub(super) fn header(connection: &Connection) -> Option<Header> {
    let first_block = first_block(connection)?;
    // SAFETY: the block is longer than two headers, which are aligned to words, and stays mapped until the connection is
    // closed, so for longer than it is borrowed here. Whoever writes to it, in SQLite, does so while we read: hence atomics.
    let words = unsafe { first_block.cast::<[AtomicU32; 2 * WORDS]>().as_ref() };
    let (first, second) = words.split_at(WORDS);
    let first = read(first);
    // The second is written first: once both are the same, neither is half written.
    fence(Ordering::SeqCst);
    let second = read(second);
    (first == second && first != [0; WORDS]).then_some(first)
}

/// How many pages the log has, under the same conditions.
pub(super) fn pages(connection: &Connection) -> Option<u32> {
    header(connection).map(|header| header[LAST_PAGE])
}

fn read(words: &[AtomicU32]) -> Header {
    let mut header = [0; WORDS];
    for (to, from) in header.iter_mut().zip(words) {
        *to = from.load(Ordering::Relaxed);
    }
    header
}

fn first_block(connection: &Connection) -> Option<NonNull<c_void>> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    // SAFETY: the handle is an open connection's, which no other thread uses while this one has it (it is not `Sync`), the name
    // ends with a zero, and this control writes a pointer to a file that stays open as long as the connection.
    let code = unsafe {
        ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast(),
        )
    };
    if code != ffi::SQLITE_OK {
        return None;
    }
    // SAFETY: null, or as above. A database in memory has a file without methods.
    let methods = unsafe { file.as_ref()?.pMethods.as_ref()? };
    // Older methods end before these.
    let map = if methods.iVersion >= 2 {
        methods.xShmMap?
    } else {
        return None;
    };
    let mut block: *mut c_void = ptr::null_mut();
    // SAFETY: the method is called with its own file. It gives out, of what is shared already, the first block, or null;
    // nothing is made larger (0).
    let code = unsafe { map(file, 0, BLOCK_BYTES, 0, (&raw mut block).cast()) };
    NonNull::new(block).filter(|_| code == ffi::SQLITE_OK)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Database(tempfile::TempDir);

    impl Database {
        fn new() -> Self {
            let database = Self(tempfile::tempdir().unwrap());
            let connection = database.connect();
            let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
            assert_eq!(mode, Ok("wal".to_owned()));
            connection
                .execute_batch("CREATE TABLE numbers (number INTEGER)")
                .unwrap();
            // What is closed last removes the log.
            database
        }

        fn connect(&self) -> Connection {
            Connection::open(self.0.path().join("database")).unwrap()
        }

        /// A connection that has read.
        fn reader(&self) -> Connection {
            let reader = self.connect();
            count(&reader);
            reader
        }
    }

    fn count(connection: &Connection) -> u32 {
        let sql = "SELECT count(*) FROM numbers";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn it_is_another_after_each_commit_and_before_the_commit_is_answered() {
        let database = Database::new();
        let (writer, reader) = (database.connect(), database.reader());
        let mut seen = vec![header(&reader).unwrap()];
        for number in 0..100 {
            let insert = "INSERT INTO numbers VALUES (?1)";
            writer.execute(insert, [number]).unwrap();
            let now = header(&reader).unwrap();
            assert!(!seen.contains(&now));
            assert_eq!(header(&writer), Some(now));
            seen.push(now);
        }
    }

    #[test]
    fn it_is_the_same_while_nothing_is_committed() {
        let database = Database::new();
        let (writer, reader) = (database.connect(), database.reader());
        let before = header(&reader).unwrap();
        writer
            .execute_batch("BEGIN; INSERT INTO numbers VALUES (1)")
            .unwrap();
        assert_eq!(header(&reader), Some(before));
        writer.execute_batch("ROLLBACK").unwrap();
        assert_eq!(header(&reader), Some(before));
        assert_eq!(count(&reader), 0);
        assert_eq!(header(&reader), Some(before));
    }

    #[test]
    fn it_never_comes_back_when_the_log_begins_anew() {
        let database = Database::new();
        let (writer, reader) = (database.connect(), database.reader());
        let mut seen = Vec::new();
        for _ in 0..20 {
            // The same page with the same content, at the same place of the log.
            let change = "BEGIN; INSERT INTO numbers VALUES (1); DELETE FROM numbers; COMMIT";
            writer.execute_batch(change).unwrap();
            let now = header(&reader).unwrap();
            assert!(!seen.contains(&now));
            seen.push(now);
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            let busy: i32 = writer.query_row(checkpoint, [], |row| row.get(0)).unwrap();
            assert_eq!(busy, 0);
        }
    }

    #[test]
    fn while_others_write_what_was_read_under_the_same_header_lacks_nothing_that_is_acknowledged() {
        const ROWS: u32 = 500;
        let database = Database::new();
        let (writer, reader) = (database.connect(), database.reader());
        let acknowledged = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&acknowledged);
        let writing = std::thread::spawn(move || {
            for number in 1..=ROWS {
                let insert = "INSERT INTO numbers VALUES (?1)";
                writer.execute(insert, [number]).unwrap();
                counter.store(number, Ordering::SeqCst);
            }
        });
        // As the cache does: the header, what is read after it, and later the header again.
        let mut known = None;
        let mut confirmed = 0;
        while !writing.is_finished() {
            let stored = acknowledged.load(Ordering::SeqCst);
            let now = header(&reader);
            match known {
                Some((header, rows)) if now == Some(header) => {
                    assert!(rows >= stored, "{rows} rows of {stored}");
                    confirmed += 1;
                }
                _ => known = now.map(|header| (header, count(&reader))),
            }
        }
        writing.join().unwrap();
        assert!(confirmed > 0);
        assert_eq!(count(&reader), ROWS);
    }

    #[test]
    fn there_is_none_in_memory() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        assert_eq!(header(&connection), None);
    }

    #[test]
    fn what_was_half_written_is_no_header() {
        let database = Database::new();
        let reader = database.reader();
        let before = header(&reader);
        assert!(before.is_some());
        let block = first_block(&reader).unwrap();
        // SAFETY: as in `header`; it is another process that would write this, and die.
        let words = unsafe { block.cast::<[AtomicU32; 2 * WORDS]>().as_ref() };
        words[WORDS + 2].fetch_add(1, Ordering::Relaxed);
        assert_eq!(header(&reader), None);
        // SQLite finds that, too, and mends it from the log.
        assert_eq!(count(&reader), 0);
        assert!(header(&reader).is_some());
    }
}
