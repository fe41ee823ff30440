//! File systems that are full, or read-only. Each test has one of its own, which takes the superuser to mount.

use std::fs;
use std::path::Path;
use std::process::Command;

use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteStore};
use runner_configuration_service::store::*;
use tempfile::TempDir;

use crate::store_suite::fixture::*;

/// A file system of two megabytes, in memory.
struct Mounted(TempDir);

impl Mounted {
    /// `None`, after saying so, where nothing can be mounted.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        if mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], &path) {
            return Some(Self(folder));
        }
        use std::io::Write as _;
        // Past the test harness, which would keep it to itself.
        let _ = writeln!(std::io::stderr(), "skipped: no file system can be mounted");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let mount = Command::new("mount").args(arguments).arg(at).output();
    mount.is_ok_and(|mount| mount.status.success())
}

#[tokio::test]
async fn a_full_file_system_refuses_changes_until_there_is_space() {
    let Some(disk) = Mounted::new() else {
        return;
    };
    let ballast = disk.path().join("ballast");
    // Room for what is in the log, which has to be moved into the database first.
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let file = disk.path().join(FILE_NAME);
    let mut store = SqliteStore::open(&file).unwrap();
    let runner = put_runner(&store).await;
    let mut acknowledged = Vec::new();
    let large = || {
        let mut class = class(runner);
        class.message.description = "x".repeat(20_000);
        class
    };

    let error = loop {
        let class = large();
        let id = class.id;
        match store
            .create_environment_class(change("create"), class)
            .await
        {
            Ok(_) => acknowledged.push(id),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 100, "it is never full");
    };
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");
    // Look-ups go on, and find what was acknowledged, and no more.
    let filter = EnvironmentClassFilter::default;
    assert_eq!(class_ids(&store, filter()).await, acknowledged);

    // So it is for a program that starts now: it serves, or says what is in the way.
    drop(store);
    store = match SqliteStore::open(&file) {
        Ok(store) => store,
        Err(error) => {
            let is_clear = matches!(
                error,
                StoreError::Unavailable { .. } | StoreError::Io { .. }
            );
            assert!(is_clear, "{error:?}");
            fs::write(&ballast, "").unwrap();
            SqliteStore::open(&file).unwrap()
        }
    };
    fs::remove_file(&ballast).unwrap();
    for _ in 0..3 {
        acknowledged.push(create_class(&store, large()).await);
    }
    assert_eq!(class_ids(&store, filter()).await, acknowledged);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_read_only_file_system_is_refused() {
    let Some(disk) = Mounted::new() else {
        return;
    };
    let file = disk.path().join(FILE_NAME);
    let store = SqliteStore::open(&file).unwrap();
    let runner = put_runner(&store).await;
    store.close().await.unwrap();
    drop(store);
    let before = fs::read(&file).unwrap();

    assert!(mount(&["-o", "remount,ro"], disk.path()));
    for file in [
        file.clone(),
        disk.path().join("another.db"),
        disk.path().join("new").join(FILE_NAME),
    ] {
        let error = SqliteStore::open(&file).unwrap_err();
        let is_clear = matches!(
            error,
            StoreError::Unavailable { .. } | StoreError::Io { .. }
        );
        assert!(is_clear, "{error:?}");
        assert!(error.to_string().contains("writ"), "{error}");
    }
    assert_eq!(fs::read(&file).unwrap(), before, "it was changed");

    assert!(mount(&["-o", "remount,rw"], disk.path()));
    let store = SqliteStore::open(&file).unwrap();
    assert!(store.runner(runner).await.unwrap().is_some());
}
