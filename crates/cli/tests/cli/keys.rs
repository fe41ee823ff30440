//! `runnerconf key`, beside a running server.

use std::process::Command;

use serde_json::json;

use crate::support::{DEMO_RUNNER, Folder, Server, complaint, holds, printed};

const USER: &str = "user:0195f2b1-7c00-7000-8000-000000000001";

fn key(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = folder.command(&["key", arguments[0]]);
    command.args(&arguments[1..]);
    command
}

/// The key that was made, and its id.
fn create(folder: &Folder, arguments: &[&str]) -> (String, String) {
    let arguments = [&["create"], arguments].concat();
    let output = key(folder, &arguments).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let id = stderr.strip_prefix("made key ").unwrap().split(' ').next();
    let key = String::from_utf8(output.stdout).unwrap();
    assert!(!stderr.contains(key.trim()), "{stderr}");
    (key.trim().to_owned(), id.unwrap().to_owned())
}

fn demo(folder: &Folder) -> Server {
    let mut serve = folder.serve();
    serve.arg("--demo");
    Server::start(serve, folder)
}

fn token(host: &str) -> serde_json::Value {
    json!({
        "runnerId": DEMO_RUNNER, "host": host, "token": "t",
        "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT",
    })
}

#[test]
fn a_key_works_as_soon_as_it_is_made_and_no_longer_when_it_is_revoked() {
    let folder = Folder::new();
    let server = demo(&folder);
    let (user, id) = create(&folder, &["--role", "user", "--subject", USER]);
    let own = server.call(&user, "CreateHostAuthenticationToken", &token("a.example"));
    assert_eq!(own.ok()["token"]["subject"]["principal"], "PRINCIPAL_USER");

    let revoked = printed(key(&folder, &["revoke", &id]));
    assert_eq!(revoked, format!("revoked key {id}\n"));
    let refused = server.call(&user, "ListHostAuthenticationTokens", &json!({}));
    assert_eq!(refused.code(), "unauthenticated");
    let again = printed(key(&folder, &["revoke", &id]));
    assert_eq!(again, format!("key {id} was revoked already\n"));
    server.stop();
    assert!(!holds(&folder.data(), &user), "the key was stored");
}

#[test]
fn roles_and_read_only_keys_may_do_what_they_say() {
    let folder = Folder::new();
    let server = demo(&folder);
    let admin = folder.admin_key();
    let integration = json!({
        "runnerId": DEMO_RUNNER, "scmId": "github", "host": "github.com", "pat": true,
    });
    let (user, _) = create(&folder, &["--role", "user", "--subject", USER]);
    let runner_subject = format!("runner:{DEMO_RUNNER}");
    let (runner, _) = create(&folder, &["--role", "runner", "--subject", &runner_subject]);
    let (second_admin, _) = create(&folder, &["--role", "admin"]);
    let (read_only, _) = create(&folder, &["--role", "admin", "--read-only"]);
    for (key, may) in [
        (&user, false),
        (&runner, false),
        (&read_only, false),
        (&second_admin, true),
    ] {
        let reply = server.call(key, "CreateSCMIntegration", &integration);
        let expected = if may { 200 } else { 403 };
        assert_eq!(reply.status, expected, "{reply:?}");
        let list = server.call(key, "ListSCMIntegrations", &json!({}));
        assert_eq!(list.status, 200, "{list:?}");
    }
    server
        .call(&admin, "CreateHostAuthenticationToken", &token("b.example"))
        .ok();
    let tokens = |key: &str| {
        let list = server
            .call(key, "ListHostAuthenticationTokens", &json!({}))
            .ok();
        list["tokens"].as_array().unwrap().len()
    };
    assert_eq!(
        (tokens(&user), tokens(&runner), tokens(&read_only)),
        (0, 1, 1)
    );
}

#[test]
fn the_list_shows_what_is_known_of_each_key() {
    let folder = Folder::new();
    let _server = demo(&folder);
    let (key_of_user, id) = create(
        &folder,
        &[
            "--role",
            "user",
            "--subject",
            USER,
            "--name",
            "CI",
            "--read-only",
            "--expires",
            "2030-01-01T00:00:00Z",
        ],
    );
    let (_, other) = create(&folder, &["--role", "admin"]);
    printed(key(&folder, &["revoke", &other]));
    let list = printed(key(&folder, &["list"]));
    let line = |id: &str| {
        let line = list.lines().find(|line| line.starts_with(id)).unwrap();
        line.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    let [_, name, role, subject, _, expires, state] = line(&id)[..] else {
        panic!("{list}");
    };
    assert_eq!(
        (name, role, subject, expires, state),
        (
            "CI",
            "user (read-only)",
            USER,
            "2030-01-01T00:00:00Z",
            "active"
        )
    );
    assert_eq!(line(&other).last(), Some(&"revoked"));
    assert_eq!(line("00000000-0000-0000-0000-000000000000")[1], "admin key");
    assert!(!list.contains(&key_of_user));
}

#[test]
fn wrong_arguments_are_answered_with_what_to_do() {
    let folder = Folder::new();
    let _server = demo(&folder);
    let unknown = "0195f2b1-7c00-7000-8000-000000000009";
    for (arguments, says) in [
        (&["revoke", unknown][..], "there is no key"),
        (
            &["revoke", "00000000-0000-0000-0000-000000000000"],
            "is not revoked but replaced",
        ),
        (
            &["create", "--role", "runner", "--subject", USER],
            "--subject runner:ID",
        ),
        (
            &[
                "create",
                "--role",
                "runner",
                "--subject",
                &format!("runner:{unknown}"),
            ],
            "there is no runner",
        ),
        (
            &[
                "create",
                "--role",
                "admin",
                "--expires",
                "2020-01-01T00:00:00Z",
            ],
            "give a later --expires",
        ),
    ] {
        let complaint = complaint(key(&folder, arguments));
        assert!(complaint.contains(says), "{arguments:?}: {complaint}");
    }
    for arguments in [
        &["create"][..],
        &["create", "--role", "user"],
        &["create", "--role", "root"],
        &["create", "--role", "admin", "--expires", "soon"],
        &["create", "--role", "admin", "--subject", "me"],
        &["revoke", "x"],
    ] {
        let output = key(&folder, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
