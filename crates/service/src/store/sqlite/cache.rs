//! What a reader has looked up before, for as long as nothing in the file has changed.
//!
//! Before each use the index of the write-ahead log tells of every commit of another connection, in this process or another:
//! of the writer's, for a reader. Where it can't, SQLite is asked ([`PRAGMA data_version`][pragma]). After a commit everything
//! is forgotten. So an answer is as new as one that is read.
//!
//! [pragma]: https://sqlite.org/pragma.html#pragma_data_version

use std::collections::HashMap;

use rusqlite::Connection;

use super::error::from_sqlite;
use super::wal_index;
use crate::store::{
    ApiKey, EnvironmentClassFilter, HostAuthenticationTokenFilter, KeyHash, Page, PageRequest,
    RunnerFilter, StoreError,
};

/// A list that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Listed {
    Classes(EnvironmentClassFilter, PageRequest),
    Tokens(HostAuthenticationTokenFilter, PageRequest),
    ScmIntegrations(RunnerFilter, PageRequest),
    LlmIntegrations(RunnerFilter, PageRequest),
}

/// The answers that one connection has given.
#[derive(Debug)]
pub(super) struct Cache {
    /// How much is kept, in bytes, roughly.
    max_bytes: usize,
    bytes: usize,
    version: Option<Version>,
    keys: HashMap<[u8; 32], Option<ApiKey>>,
    pages: HashMap<Listed, Page<()>>,
}

/// What is the same for as long as nothing in the file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Log(wal_index::Header),
    Data(i64),
}

/// What a key takes, with its name, roughly.
const KEY_BYTES: usize = 512;

/// What a page takes beside its messages, roughly: what was asked for.
const LISTED_BYTES: usize = 512;

impl Cache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            bytes: 0,
            version: None,
            keys: HashMap::new(),
            pages: HashMap::new(),
        }
    }

    /// The key with this hash, as `look_up` finds it.
    pub(super) fn key(
        &mut self,
        connection: &Connection,
        hash: KeyHash,
        look_up: impl FnOnce(&Connection, KeyHash) -> Result<Option<ApiKey>, StoreError>,
    ) -> Result<Option<ApiKey>, StoreError> {
        if !self.begin(connection)? {
            return look_up(connection, hash);
        }
        let bytes = hash.into_bytes();
        if let Some(found) = self.keys.get(&bytes) {
            return Ok(found.clone());
        }
        let found = look_up(connection, hash)?;
        // Whoever has no key can't fill the memory.
        if found.is_some() && self.has_room(KEY_BYTES) {
            self.keys.insert(bytes, found.clone());
        }
        Ok(found)
    }

    /// The page that was asked for, as `look_up` finds it.
    pub(super) fn page<M>(
        &mut self,
        connection: &Connection,
        listed: Listed,
        look_up: impl FnOnce(&Connection) -> Result<Page<M>, StoreError>,
    ) -> Result<Page<M>, StoreError> {
        if !self.begin(connection)? {
            return look_up(connection);
        }
        if let Some(page) = self.pages.get(&listed) {
            return Ok(page.retyped());
        }
        let page = look_up(connection)?;
        if self.has_room(LISTED_BYTES + page.size()) {
            self.pages.insert(listed, page.retyped());
        }
        Ok(page)
    }

    /// Forgets what is not true any more. Returns whether anything is kept at all.
    fn begin(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        if self.max_bytes == 0 {
            return Ok(false);
        }
        let version = self.version_now(connection)?;
        if self.version != Some(version) {
            self.forget();
            self.version = Some(version);
        }
        Ok(true)
    }

    fn version_now(&self, connection: &Connection) -> Result<Version, StoreError> {
        // A connection that has not read yet has no index.
        let header = self.version.and_then(|_| wal_index::header(connection));
        match header {
            Some(header) => Ok(Version::Log(header)),
            None => connection
                .prepare_cached("PRAGMA data_version")
                .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
                .map(Version::Data)
                .map_err(from_sqlite),
        }
    }

    /// Takes room. Where there is too little, everything is forgotten: what is asked for often is soon back.
    fn has_room(&mut self, bytes: usize) -> bool {
        if bytes > self.max_bytes / 4 {
            return false;
        }
        if self.bytes + bytes > self.max_bytes {
            self.forget();
        }
        self.bytes += bytes;
        true
    }

    fn forget(&mut self) {
        self.keys.clear();
        self.pages.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Form;

    fn listed(limit: usize) -> Listed {
        let request = PageRequest {
            after: None,
            limit,
            form: Form::Json,
        };
        Listed::ScmIntegrations(RunnerFilter::default(), request)
    }

    /// Asks for a page of that many bytes; returns whether it was looked up.
    fn ask(cache: &mut Cache, connection: &Connection, limit: usize, bytes: usize) -> bool {
        let mut is_looked_up = false;
        let found = cache.page::<()>(connection, listed(limit), |_| {
            is_looked_up = true;
            let mut page = Page::empty();
            page.push(&vec![b'x'; bytes]);
            Ok(page)
        });
        assert_eq!(found.unwrap().encoded().next().unwrap().len(), bytes);
        is_looked_up
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let connection = Connection::open_in_memory().unwrap();
        let mut cache = Cache::new(16 * 1024);
        for limit in 0..1000 {
            assert!(ask(&mut cache, &connection, limit, 1000));
            assert!(!ask(&mut cache, &connection, limit, 1000), "it is kept");
            assert!(cache.bytes <= cache.max_bytes);
            assert!(cache.pages.len() * 2000 <= cache.max_bytes);
        }
        for _ in 0..2 {
            assert!(ask(&mut cache, &connection, 1000, 8000), "too large");
        }
    }

    #[test]
    fn keys_that_do_not_exist_are_not_kept() {
        let connection = Connection::open_in_memory().unwrap();
        let mut cache = Cache::new(16 * 1024);
        for _ in 0..2 {
            let found = cache.key(&connection, [1; 32].into(), |_, _| Ok(None));
            assert_eq!(found.unwrap(), None);
        }
        assert!(cache.keys.is_empty());
    }

    #[test]
    fn with_a_log_its_index_tells_what_is_still_true() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        let [writer, reader] = [&path, &path].map(|path| Connection::open(path).unwrap());
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .unwrap();
        let mut cache = Cache::new(16 * 1024);
        // The first time the connection has not read yet.
        for is_looked_up in [true, true, false, false] {
            assert_eq!(ask(&mut cache, &reader, 1, 10), is_looked_up);
        }
        assert!(matches!(cache.version, Some(Version::Log(_))));
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert!(ask(&mut cache, &reader, 1, 10));
        assert!(!ask(&mut cache, &reader, 1, 10));
    }

    #[test]
    fn a_cache_without_room_asks_nothing_of_the_file() {
        let connection = Connection::open_in_memory().unwrap();
        let mut cache = Cache::new(0);
        for _ in 0..2 {
            assert!(ask(&mut cache, &connection, 1, 10));
        }
        assert_eq!(cache.version, None);
    }
}
