//! Secrets: how a command gets them, and where they never show.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::remote::{Remote, run_with};
use crate::resources::LARGE;
use crate::support::DEMO_RUNNER;

const SECRET: &str = "s3cret-marker";

fn assert_hidden(output: &Output) {
    for shown in [&output.stdout, &output.stderr] {
        let shown = String::from_utf8_lossy(shown);
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn no_output_shows_a_secret() {
    let remote = Remote::start();
    let file = remote.folder.file("secret", SECRET);
    let file = file.to_str().unwrap();
    let pair = format!("registryPassword={file}");
    let runner = ["--runner", DEMO_RUNNER];
    let scm = [
        "--scm",
        "github",
        "--host",
        "github.com",
        "--oauth-client-id",
        "app",
    ];
    let scm = [&scm[..], &["--oauth-client-secret-file", file]].concat();
    let token = [
        "--host",
        "github.com",
        "--token-file",
        file,
        "--refresh-token-file",
        file,
    ];
    let llm = ["--model", "sonnet_4_5", "--api-key-file", file];
    let creations = [
        [&LARGE[..], &["--set-file", &pair]].concat(),
        [&["scm-integration", "create"][..], &runner, &scm].concat(),
        [&["host-token", "create"][..], &runner, &token].concat(),
        [&["llm-integration", "create"][..], &runner, &llm].concat(),
    ];
    for create in &creations {
        let kind = create[0];
        let id = remote.create(create);
        // What goes well, and what is refused.
        for arguments in [&create[..], &[kind, "get", &id], &[kind, "list"]] {
            for format in ["table", "json", "yaml"] {
                let arguments = [arguments, &["-o", format]].concat();
                assert_hidden(&remote.command(&arguments).output().unwrap());
            }
        }
        let mut refused = remote.command(create);
        let refused = refused.env("ONA_API_KEY", SECRET).output().unwrap();
        assert_eq!(refused.status.code(), Some(5));
        assert_hidden(&refused);
    }
    let validate = [&["validate", "scm-integration"][..], &runner, &scm].concat();
    assert_hidden(&remote.command(&validate).output().unwrap());
    for wrong in [
        format!("token: {SECRET}: x"),
        format!("token: [{SECRET}]"),
        format!("{{\"token\": {SECRET}"),
    ] {
        let create = ["host-token", "create", "-f", "-"];
        let output = run_with(&mut remote.command(&create), &wrong);
        assert_eq!(output.status.code(), Some(1));
        assert_hidden(&output);
    }
}

/// There is no way to put a secret where `ps` shows it: into an argument.
#[test]
fn no_argument_is_a_secret() {
    let remote = Remote::start();
    for arguments in [
        &["host-token", "create", "--token"][..],
        &["host-token", "create", "--refresh-token"],
        &["host-token", "update", "--token"],
        &["scm-integration", "create", "--oauth-client-secret"],
        &["llm-integration", "create", "--api-key"],
        &["llm-integration", "update", "--header"],
        &["environment-class", "list", "--key"],
    ] {
        let output = remote
            .command(&[arguments, &[SECRET]].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_hidden(&output);
    }
    let pair = format!("registryPassword={SECRET}");
    let output = remote
        .command(&[&LARGE[..], &["--set", &pair]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_hidden(&output);
}

/// A secret from standard input is in neither the arguments nor the environment of the process.
#[cfg(target_os = "linux")]
#[test]
fn ps_shows_no_secret() {
    let remote = Remote::start();
    let create = [
        "host-token",
        "create",
        "--runner",
        DEMO_RUNNER,
        "--host",
        "github.com",
    ];
    let mut process = remote
        .command(&create)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(SECRET.as_bytes()).unwrap();
    // It waits for the end of its input.
    for file in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{file}", process.id());
        let shown = loop {
            let shown = fs::read(&path).unwrap();
            // Empty while the program is being loaded.
            if !shown.is_empty() {
                break String::from_utf8_lossy(&shown).into_owned();
            }
            assert!(process.try_wait().unwrap().is_none());
        };
        assert!(!shown.contains(SECRET), "{shown}");
    }
    drop(stdin);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_hidden(&output);
}

/// On a terminal, which `script` makes, a secret is asked for, and not shown while it is typed.
#[cfg(target_os = "linux")]
#[test]
fn a_person_is_asked_for_a_secret() {
    let remote = Remote::start();
    let command = format!(
        "{} host-token create --runner {DEMO_RUNNER} --host github.com --refresh-token-file -",
        env!("CARGO_BIN_EXE_runnerconf")
    );
    let mut script = Command::new("script");
    script
        .args(["-qec", &command, "/dev/null"])
        .env("ONA_BASE_URL", remote.url())
        .env("ONA_API_KEY", &remote.key)
        .env("XDG_CONFIG_HOME", remote.folder.path("config"));
    let output = run_with(&mut script, &format!("{SECRET}\n{SECRET}\n"));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("Token: ") && shown.contains("Refresh token: "),
        "{shown}"
    );
    assert!(
        shown.contains("created host authentication token "),
        "{shown}"
    );
}
