//! `runnerconf serve`: where it listens, and what it answers there.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::support::{DEMO_RUNNER, Folder, Server, path, runnerconf};

#[test]
fn it_says_where_it_listens_in_one_line_and_answers_there() {
    let folder = Folder::new();
    let server = folder.start();
    let key = folder.admin_key();
    let list = path("ListEnvironmentClasses");

    let reply = server.post(Some(&key), &list, "{}").ok();
    assert_eq!(reply["environmentClasses"], json!([]));
    let below_api = server.post(Some(&key), &format!("/api{list}"), "{}");
    assert_eq!(below_api.ok(), reply);

    for wrong in [None, Some("wrong"), Some(&key[1..])] {
        let reply = server.post(wrong, &list, "{}");
        assert_eq!((reply.status, reply.code()), (401, "unauthenticated"));
    }
    // It asserts that nothing else was printed.
    server.stop();
}

#[test]
fn http_2_is_spoken_on_the_same_port() {
    let folder = Folder::new();
    let server = folder.start();
    let mut connection = server.connect();
    // The preface and an empty SETTINGS frame, as a client with prior knowledge starts.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    connection
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .unwrap();
    connection.write_all(&settings).unwrap();
    let mut frame = [0; 9];
    connection.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "{frame:?} is no SETTINGS frame");
}

#[test]
fn what_was_stored_is_there_after_a_restart() {
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.arg("--demo");
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    let class = json!({
        "runnerId": DEMO_RUNNER, "displayName": "Large", "description": "8 CPUs, 16 GiB",
        "configuration": [{"key": "cpu", "value": "8"}, {"key": "memory", "value": "16384"}],
    });
    let id = server.call(&key, "CreateEnvironmentClass", &class).ok()["id"].clone();
    server.stop();

    let server = folder.start();
    let found = server
        .call(
            &key,
            "GetEnvironmentClass",
            &json!({"environmentClassId": id}),
        )
        .ok();
    assert_eq!(found["environmentClass"]["displayName"], "Large");
    assert_eq!(
        found["environmentClass"]["configuration"],
        class["configuration"]
    );
}

#[test]
fn the_data_folder_is_the_users_unless_another_is_named() {
    let folder = Folder::new();
    let mut serve = runnerconf(["serve", "--listen", "127.0.0.1:0"]);
    serve
        .env("HOME", folder.path("home"))
        .env_remove("XDG_DATA_HOME");
    Server::start(serve, &folder).stop();
    let data = folder.path("home").join(".local/share/runnerconf");
    assert!(data.join("store.db").is_file() && data.join("admin.key").is_file());
}

#[test]
fn logs_say_as_much_as_rust_log_asks_for() {
    let folder = Folder::new();
    folder.start().stop();
    assert!(folder.logs().contains("INFO"), "{}", folder.logs());

    let quiet = Folder::new();
    let mut serve = quiet.serve();
    serve.env("RUST_LOG", "error");
    Server::start(serve, &quiet).stop();
    assert_eq!(quiet.logs(), "");
}

#[test]
fn help_and_version_are_answered() {
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["serve", "--help"],
        &["runner", "apply", "--help"],
    ] {
        let output = runnerconf(arguments.iter().copied()).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
    let output = runnerconf(["--version"]).output().unwrap();
    let version = concat!("runnerconf ", env!("RUNNERCONF_VERSION"), "\n");
    assert_eq!(output.stdout, version.as_bytes());
}

#[test]
fn the_version_names_the_commit_that_it_was_built_from() {
    let version = env!("RUNNERCONF_VERSION");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        let output = git.arg("-C").arg(root).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    if !std::path::Path::new(root).join(".git").exists() {
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        return;
    }
    let tag = git(&["describe", "--tags", "--exact-match", "--match", "v[0-9]*"]);
    let commit = version.rsplit_once('g').map(|(_, commit)| commit);
    let names_commit = commit.is_some_and(|commit| git(&["rev-parse", "HEAD"]).starts_with(commit));
    assert!(tag == format!("v{version}") || names_commit, "{version}");
}

#[test]
fn its_description_for_tools_is_there_without_a_key() {
    let folder = Folder::new();
    let server = folder.start();
    let mut connection = server.connect();
    connection
        .write_all(b"GET /openapi.json HTTP/1.0\r\n\r\n")
        .unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"),
        "{head}"
    );
    assert!(
        body == runner_configuration_server::OPENAPI,
        "it is another text"
    );
}
