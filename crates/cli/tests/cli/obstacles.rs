//! What keeps the program from starting: one clear sentence, and an exit code that is not 0.

use std::fs;
use std::net::TcpListener;

use crate::support::{Folder, complaint, printed, runnerconf};

#[test]
fn a_port_in_use() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut serve = runnerconf(["serve", "--listen", &address, "--data"]);
    serve.arg(folder.data());
    assert_eq!(
        complaint(serve),
        format!(
            "cannot listen on {address}: another program uses this port; stop it, or choose another port with --listen"
        )
    );
    assert!(!folder.data().exists());
}

#[test]
fn an_address_of_another_machine() {
    let folder = Folder::new();
    let mut serve = runnerconf([
        "serve",
        "--plaintext",
        "--listen",
        "192.0.2.1:8080",
        "--data",
    ]);
    serve.arg(folder.data());
    let complaint = complaint(serve);
    assert!(
        complaint.contains("this machine does not have the address"),
        "{complaint}"
    );
}

#[test]
fn a_data_folder_that_cannot_be_one() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    for data in [file.clone(), file.join("below")] {
        let mut serve = runnerconf(["serve", "--listen", "127.0.0.1:0", "--data"]);
        serve.arg(&data);
        let complaint = complaint(serve);
        let place = format!("cannot use {}", data.display());
        assert!(complaint.contains(&place), "{complaint}");
        assert!(complaint.contains("choose a data folder"), "{complaint}");
    }
}

#[test]
fn a_damaged_database() {
    let folder = Folder::new();
    folder.start().stop();
    let file = folder.data().join("store.db");
    let whole = fs::read(&file).unwrap();
    let mut scratched = whole.clone();
    scratched[4096..].fill(0xaa);
    for damaged in [
        b"this is no database, whatever its name says".repeat(99),
        scratched,
        whole[..5000].to_vec(),
    ] {
        fs::write(&file, &damaged).unwrap();
        for command in [folder.serve(), folder.runner("list")] {
            let complaint = complaint(command);
            assert!(
                complaint.contains("store.db: the store is damaged: "),
                "{complaint}"
            );
            assert!(
                complaint.ends_with("restore it from a backup"),
                "{complaint}"
            );
        }
        // Nobody tried to repair it.
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn a_database_of_a_newer_version() {
    let folder = Folder::new();
    folder.start().stop();
    let file = folder.data().join("store.db");
    let mut bytes = fs::read(&file).unwrap();
    // `user_version`, in the header of a SQLite database.
    bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(&file, &bytes).unwrap();
    for command in [folder.serve(), folder.runner("list")] {
        let complaint = complaint(command);
        assert!(
            complaint.contains("the store has schema version 999"),
            "{complaint}"
        );
        assert!(complaint.contains("use the newer program"), "{complaint}");
    }
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_log_filter_that_is_none() {
    let mut serve = Folder::new().serve();
    serve.env("RUST_LOG", "info,[");
    let complaint = complaint(serve);
    assert!(
        complaint.starts_with("cannot understand the log filter of --log-filter or RUST_LOG"),
        "{complaint}"
    );
}

#[test]
fn a_damaged_key_of_the_demo_runner() {
    let folder = Folder::new();
    fs::create_dir(folder.data()).unwrap();
    fs::write(folder.data().join("demo-runner.key"), "c2hvcnQ=\n").unwrap();
    let mut serve = folder.serve();
    serve.arg("--demo").env("RUST_LOG", "warn,runnerconf=error");
    let complaint = complaint(serve);
    assert!(
        complaint.contains("demo-runner.key: it does not hold 32 bytes in base64"),
        "{complaint}"
    );
    assert_eq!(printed(folder.runner("list")).lines().count(), 1);
}

#[test]
fn arguments_that_make_no_sense() {
    for arguments in [
        &[][..],
        &["serv"],
        &["serve", "--lisen", "127.0.0.1:0"],
        &["serve", "--listen", "localhost"],
        &["serve", "--data", ""],
        &["serve", "--shutdown-timeout", "-1"],
        &["runner"],
        &["runner", "apply"],
        &["runner", "remove"],
        &["runner", "remove", "no-uuid"],
    ] {
        let output = runnerconf(arguments.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}
