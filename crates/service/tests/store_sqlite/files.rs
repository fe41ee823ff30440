//! The files of the store: who may read them, what is refused, what is left in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteOptions, SqliteStore};
use runner_configuration_service::store::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::store_suite::fixture::*;

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_what_is_created() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = folder.path().join("new/data");
    let store = SqliteStore::open(data.join(FILE_NAME)).unwrap();
    put_runner(&store).await;
    assert_eq!(mode(&folder.path().join("new")), 0o700);
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(
        files.len(),
        3,
        "the database, its log, and the log's index: {files:?}"
    );
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    let mut runners = Vec::new();
    for close in [true, false, true] {
        let store = SqliteStore::open(&file).unwrap();
        runners.push(put_runner(&store).await);
        if close {
            store.close().await.unwrap();
        }
        drop(store);
        let store = SqliteStore::open(&file).unwrap();
        let listed: Vec<_> = store
            .runners()
            .await
            .unwrap()
            .iter()
            .map(|it| it.id)
            .collect();
        assert_eq!(listed, runners);
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    for content in [
        &b"something else, and long enough to have room for a header".repeat(99)[..],
        b"x",
    ] {
        let (_folder, file) = in_new_folder();
        fs::write(&file, content).unwrap();
        assert!(matches!(refusal(&file), StoreError::Damaged { .. }));
        assert_eq!(fs::read(&file).unwrap(), content, "it was changed");
    }
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    for sql in [
        "CREATE TABLE notes (text TEXT);",
        "PRAGMA application_id = 7; CREATE TABLE notes (text TEXT);",
        "PRAGMA user_version = 1; CREATE TABLE notes (text TEXT);",
        "PRAGMA application_id = 7;",
        "PRAGMA user_version = 1;",
    ] {
        let (_folder, file) = in_new_folder();
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        let before = fs::read(&file).unwrap();
        assert!(
            matches!(refusal(&file), StoreError::Foreign { .. }),
            "{sql}"
        );
        assert_eq!(fs::read(&file).unwrap(), before, "it was changed");
    }
}

#[tokio::test]
async fn a_newer_version_is_refused() {
    let (_folder, file) = filled().await;
    execute(&file, "PRAGMA user_version = 1000;");
    let before = fs::read(&file).unwrap();
    let error = refusal(&file);
    assert!(
        matches!(error, StoreError::NewerVersion { found: 1000, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("use the newer program"),
        "{error}"
    );
    assert_eq!(fs::read(&file).unwrap(), before, "it was changed");
}

#[tokio::test]
async fn a_truncated_database_is_refused() {
    let (_folder, file) = filled().await;
    let content = fs::read(&file).unwrap();
    for length in [content.len() / 2, 4096, 1000] {
        fs::write(&file, &content[..length]).unwrap();
        let error = refusal(&file);
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "{length} bytes: {error}"
        );
    }
}

#[tokio::test]
async fn a_malformed_page_is_refused() {
    let (_folder, file) = filled().await;
    let content = fs::read(&file).unwrap();
    let pages = content.len() / 4096;
    for page in 1..pages {
        let mut damaged = content.clone();
        damaged[page * 4096..][..64].fill(0xaa);
        fs::write(&file, &damaged).unwrap();
        let error = refusal(&file);
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "page {page}: {error}"
        );
        assert!(
            error.to_string().contains("restore it from a backup"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn other_tables_than_ours_are_refused() {
    for sql in [
        "DROP INDEX environment_classes_by_runner;",
        "DROP TABLE changes;",
        "ALTER TABLE runners ADD COLUMN more TEXT;",
        "CREATE TABLE more (id INTEGER);",
        "CREATE TRIGGER more AFTER DELETE ON runners BEGIN DELETE FROM changes; END;",
    ] {
        let (_folder, file) = filled().await;
        execute(&file, sql);
        assert!(
            matches!(refusal(&file), StoreError::Damaged { .. }),
            "{sql}"
        );
    }
}

/// A large database is not looked through when it is opened.
#[tokio::test]
async fn damage_in_a_message_is_found_when_it_is_read() {
    let (_folder, file) = in_new_folder();
    let store = SqliteStore::open(&file).unwrap();
    let runner = put_runner(&store).await;
    let id = create_class(&store, class(runner)).await;
    execute(&file, "UPDATE environment_classes SET message = x'ff';");
    let found = store
        .environment_class(id, Form::Protobuf)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(
        found.message.decode(),
        Err(StoreError::Damaged { .. })
    ));
    let page = store
        .environment_classes(Default::default(), ALL)
        .await
        .unwrap();
    assert!(matches!(page.decode(), Err(StoreError::Damaged { .. })));
    let updated = store
        .update_environment_class(change("update"), id, |_| Ok::<_, ()>(()))
        .await;
    assert!(
        matches!(updated, Err(StoreError::Damaged { .. })),
        "{updated:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_a_database_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for path in [
        folder.path().to_path_buf(),
        folder.path().join("file/store.db"),
    ] {
        let error = refusal(&path);
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, file) = filled().await;
    let set_mode = |mode| {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o500);
    let mut paths = vec![
        file,
        folder.path().join("another.db"),
        folder.path().join("new/store.db"),
    ];
    if fs::write(folder.path().join("probe"), "").is_ok() {
        // Permissions do not bind the superuser, but even it has no say in what is in /proc.
        paths = vec!["/proc/store.db".into(), "/proc/new/store.db".into()];
    }
    for path in paths {
        let error = refusal(&path);
        assert!(
            matches!(
                error,
                StoreError::Io { .. } | StoreError::Unavailable { .. }
            ),
            "{error}"
        );
    }
    set_mode(0o700);
}

#[tokio::test]
async fn nothing_is_left_of_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join(FILE_NAME)).unwrap();
    let runner = put_runner(&store).await;
    let mut ids = Vec::new();
    for subject in 0..50 {
        let mut token = token(runner, "github.com", user(subject));
        // Some in one page with others, some on pages of their own.
        token.token = sealed(&MARKER.repeat(1 + subject as usize * 20));
        ids.push(create_token(&store, token).await);
    }
    assert!(contains_marker(folder.path()));
    for id in ids {
        assert!(
            store
                .delete_host_authentication_token(change("delete"), id, None)
                .await
                .unwrap()
        );
    }
    // While the store stays open: some time after the last change.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!contains_marker(folder.path()));
    assert_eq!(
        fs::metadata(folder.path().join("store.db-wal"))
            .unwrap()
            .len(),
        0
    );
}

#[tokio::test]
async fn closing_leaves_nothing_of_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join(FILE_NAME)).unwrap();
    let runner = put_runner(&store).await;
    let mut secret = token(runner, "github.com", user(1));
    secret.token = sealed(&MARKER.repeat(500));
    let id = create_token(&store, secret).await;
    let _ = store
        .remove_runner(change("remove"), runner, true)
        .await
        .unwrap();
    assert_eq!(
        store
            .host_authentication_token(id, Form::Protobuf)
            .await
            .unwrap(),
        None
    );
    store.close().await.unwrap();
    assert!(!contains_marker(folder.path()));
}

const MARKER: &[u8] = b"-a-sealed-secret-";

fn contains_marker(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().any(|file| {
        let content = fs::read(file.unwrap().path()).unwrap();
        content.windows(MARKER.len()).any(|window| window == MARKER)
    })
}

#[tokio::test]
async fn the_record_of_changes_cannot_be_rewritten() {
    let (_folder, file) = filled().await;
    let connection = Connection::open(&file).unwrap();
    let error = connection
        .execute("UPDATE changes SET subject_id = NULL", [])
        .unwrap_err();
    assert!(error.to_string().contains("append-only"), "{error}");
}

fn in_new_folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    (folder, file)
}

/// A closed store with something in it.
async fn filled() -> (TempDir, PathBuf) {
    let (folder, file) = in_new_folder();
    let store = SqliteStore::open(&file).unwrap();
    let runner = put_runner(&store).await;
    for subject in 0..40 {
        create_class(&store, class(runner)).await;
        create_scm(&store, scm(runner, "github.com")).await;
        create_llm(&store, llm(runner, &[])).await;
        create_token(&store, token(runner, "github.com", user(subject))).await;
    }
    store
        .set_admin_key(change("key"), [1; 32].into(), ADMIN)
        .await
        .unwrap();
    store.close().await.unwrap();
    (folder, file)
}

/// Does something to the file behind the store's back.
fn execute(file: &Path, sql: &str) {
    Connection::open(file).unwrap().execute_batch(sql).unwrap();
}

fn refusal(file: &Path) -> StoreError {
    SqliteOptions::new()
        .busy_timeout(Duration::from_millis(200))
        .open(file)
        .unwrap_err()
}
