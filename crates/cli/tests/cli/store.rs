//! `runnerconf store …`.

mod copying;
mod docs;
mod filling;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;

use crate::database::Database;
use crate::support::{DEMO_RUNNER, Folder, Server, complaint, printed, runnerconf};

fn copy(from: &str, to: &str) -> Command {
    runnerconf(["store", "copy", "--from", from, "--to", to])
}

/// A served store with a demo runner and an integration.
fn served(folder: &Folder) -> Server {
    let mut serve = folder.serve();
    serve.arg("--demo");
    let server = Server::start(serve, folder);
    let integration = json!({
        "runnerId": DEMO_RUNNER, "scmId": "github", "host": "github.com",
        "oauthClientId": "my-app", "oauthPlaintextClientSecret": "a-secret-that-marks",
    });
    let key = folder.admin_key();
    server.call(&key, "CreateSCMIntegration", &integration).ok();
    server
}

fn integrations(server: &Server, folder: &Folder) -> serde_json::Value {
    let key = folder.admin_key();
    server.call(&key, "ListSCMIntegrations", &json!({})).ok()
}

#[test]
fn a_store_moves_to_postgres_and_back() {
    let Some(database) = Database::create() else {
        return;
    };
    let folder = Folder::new();
    let server = served(&folder);
    let before = integrations(&server, &folder);
    server.stop();

    let file = format!("sqlite://{}", folder.data().join("store.db").display());
    let back = format!("sqlite://{}", folder.path("back.db").display());
    let said = printed(copy(&file, &database.url()));
    assert!(said.starts_with("copied to postgres://"), "{said}");
    assert!(
        said.contains(", and compared: 1 runners, 1 SCM integrations, "),
        "{said}"
    );
    printed(copy(&database.url(), &back));

    for url in [&database.url(), &back] {
        let mut serve = folder.serve();
        serve.args(["--database", url]);
        let server = Server::start(serve, &folder);
        assert_eq!(integrations(&server, &folder), before, "{url}");
        server.stop();
        let check = runnerconf(["store", "check", "--database", url]);
        assert!(printed(check).starts_with("no fault in "));
    }

    // Whoever is not sure whether it was done asks again.
    assert_eq!(printed(copy(&file, &database.url())), said);
    let mut runner = runnerconf(["runner", "remove", DEMO_RUNNER, "--force"]);
    runner.args(["--database", &database.url()]);
    printed(runner);
    let refused = complaint(copy(&file, &database.url()));
    assert!(
        refused.contains("the destination is not empty"),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_copied_is_answered_with_what_to_do() {
    let folder = Folder::new();
    folder.start().stop();
    let file = format!("sqlite://{}", folder.data().join("store.db").display());
    let missing = format!("sqlite://{}", folder.path("missing.db").display());
    let with_password = "postgres://u:a-password-that-marks@localhost/d";
    for (from, to, says) in [
        (&*missing, &*file, "correct --from"),
        (&file, &file, "--from and --to name the same store"),
        ("mysql://x", &file, "--from does not name a store"),
        (&file, "x.db", "--to does not name a store"),
        (with_password, &file, "the URL of --from holds a password"),
        (
            &file,
            with_password,
            "give --to-password-file or PGPASSWORD",
        ),
        (&file, "postgres://u@localhost:1/x", "check that it runs"),
    ] {
        let complaint = complaint(copy(from, to));
        assert!(complaint.contains(says), "{from} {to}: {complaint}");
        assert!(!complaint.contains("that-marks"), "{complaint}");
    }
    let mut with_file = copy(&file, "postgres://u@localhost:1/x");
    with_file.args(["--to-password-file", "/no/such/file"]);
    assert!(complaint(with_file).contains("correct --to-password-file"));
    assert!(!folder.path("missing.db").exists());
}

#[test]
fn a_check_lists_faults_and_fails() {
    let folder = Folder::new();
    served(&folder).stop();
    let check = || folder.command(&["store", "check"]);
    assert!(printed(check()).starts_with("no fault in "));
    filling::add_damaged_integration(&folder.data().join("store.db"));
    let output = check().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 2, "{stdout}");
    for what in ["its id is not", "its sealed_to is not a hash"] {
        assert!(
            stdout
                .lines()
                .any(|line| { line.starts_with("SCM integration ") && line.contains(what) }),
            "{stdout}"
        );
    }
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        stderr,
        "error: the store has 2 faults: restore it from a backup\n"
    );
    let nothing = runnerconf(["store", "check", "--database", "sqlite:///no/such/file"]);
    assert!(complaint(nothing).contains("correct --data or --database"));
}

#[test]
fn a_backup_appears_whole_for_its_owner_only_and_replaces_nothing() {
    let folder = Folder::new();
    let server = served(&folder);
    let before = integrations(&server, &folder);
    let to = folder.path("backup.db");
    let backup = |to: &std::path::Path| {
        let mut command = folder.command(&["store", "backup"]);
        command.arg("--to").arg(to);
        command
    };
    assert_eq!(
        printed(backup(&to)),
        format!("backed up to {}\n", to.display())
    );
    let mode = fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(complaint(backup(&to)).contains("which stays as it is"));
    assert!(complaint(backup(&folder.path("no/folder"))).contains("cannot write the backup"));
    server.stop();
    // Nothing else was left behind.
    let mut names: Vec<_> = fs::read_dir(folder.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["backup.db", "data", "stderr"]);

    let mut serve = folder.serve();
    serve.args(["--database", &format!("sqlite://{}", to.display())]);
    let restored = Server::start(serve, &folder);
    assert_eq!(integrations(&restored, &folder), before);
    restored.stop();

    let elsewhere = ["--database", "postgres://u@localhost:1/x"];
    let mut of_database = runnerconf(["store", "backup", "--to", "x"]);
    of_database.args(elsewhere);
    assert!(complaint(of_database).contains("use pg_dump"));
}
