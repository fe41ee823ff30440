//! The admin key: where it comes from, which one counts, and where it never shows.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::{Folder, Server, holds};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn is_accepted(server: &Server, key: &str) -> bool {
    let reply = server.call(key, "ListEnvironmentClasses", &json!({}));
    match reply.status {
        200 => true,
        401 => false,
        other => panic!("{other}: {reply:?}"),
    }
}

fn start_with_key(folder: &Folder, key: &str) -> Server {
    let mut serve = folder.serve();
    serve.env("RUNNERCONF_ADMIN_KEY", key);
    Server::start(serve, folder)
}

#[test]
fn the_first_start_makes_a_key_that_later_starts_use() {
    let folder = Folder::new();
    folder.start().stop();
    let key = folder.admin_key();
    let random = key.strip_prefix("runnerconf_").unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(random).unwrap().len(), 32);
    assert_eq!(mode(&folder.data()), 0o700);
    assert_eq!(mode(&folder.data().join("admin.key")), 0o600);

    let server = folder.start();
    assert_eq!(folder.admin_key(), key);
    assert!(is_accepted(&server, &key));

    let other = Folder::new();
    other.start().stop();
    assert_ne!(other.admin_key(), key);
}

#[test]
fn the_variable_is_the_one_key_while_it_is_set() {
    let folder = Folder::new();
    let server = start_with_key(&folder, "key-of-the-variable");
    assert!(is_accepted(&server, "key-of-the-variable"));
    assert!(!folder.data().join("admin.key").exists());
    server.stop();

    let server = folder.start();
    let key = folder.admin_key();
    assert!(is_accepted(&server, &key));
    assert!(!is_accepted(&server, "key-of-the-variable"));
    server.stop();

    let server = start_with_key(&folder, "another-key");
    assert!(is_accepted(&server, "another-key"));
    assert!(!is_accepted(&server, &key));
    assert!(!is_accepted(&server, "key-of-the-variable"));
}

#[test]
fn keys_show_neither_in_logs_nor_in_the_store() {
    let folder = Folder::new();
    let start = || {
        let mut serve = folder.serve();
        serve.arg("--demo").env("RUST_LOG", "trace");
        serve
    };
    let server = Server::start(start(), &folder);
    let key = folder.admin_key();
    assert!(is_accepted(&server, &key));
    server.stop();
    let mut serve = start();
    serve.env("RUNNERCONF_ADMIN_KEY", "key-of-the-variable");
    let server = Server::start(serve, &folder);
    assert!(is_accepted(&server, "key-of-the-variable"));

    let file = folder.data().join("admin.key");
    let demo_file = folder.data().join("demo-runner.key");
    let demo_key = fs::read_to_string(&demo_file).unwrap();
    let logs = folder.logs();
    assert!(
        logs.contains("TRACE") && logs.contains(file.to_str().unwrap()),
        "{logs}"
    );
    // What is in the folder beside the files of the keys.
    fs::remove_file(file).unwrap();
    fs::remove_file(demo_file).unwrap();
    for secret in [&key, "key-of-the-variable", demo_key.trim()] {
        assert!(!logs.contains(secret), "a key is in the logs");
        assert!(!holds(&folder.data(), secret), "a key is in the store");
    }
}

#[test]
fn a_variable_that_no_client_could_send_is_refused() {
    let folder = Folder::new();
    let not_utf_8 = OsStr::from_bytes(b"key\xff");
    for key in ["", " ", "a key", "schl\u{fc}ssel", "key\n"]
        .map(OsStr::new)
        .iter()
        .chain([&not_utf_8])
    {
        let mut serve = folder.serve();
        serve.env("RUNNERCONF_ADMIN_KEY", key);
        let complaint = crate::support::complaint(serve);
        assert!(
            complaint.starts_with("the key in RUNNERCONF_ADMIN_KEY "),
            "{complaint}"
        );
        assert!(!complaint.contains("schl"), "{complaint}");
    }
}

#[test]
fn a_file_that_holds_no_key_is_refused_and_kept() {
    let folder = Folder::new();
    fs::create_dir(folder.data()).unwrap();
    let file = folder.data().join("admin.key");
    for text in ["", "\n", "two words\n"] {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let complaint = crate::support::complaint(folder.serve());
        assert!(complaint.contains("admin.key: it "), "{complaint}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_file_that_others_can_read_is_warned_about() {
    let folder = Folder::new();
    folder.start().stop();
    assert!(!folder.logs().contains("WARN"), "{}", folder.logs());
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(folder.data().join("admin.key"), open).unwrap();
    folder.start().stop();
    assert!(folder.logs().contains("chmod 600"), "{}", folder.logs());
}
