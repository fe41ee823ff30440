//! How commands for a server fail: the exit code, and one sentence that says why.

use std::net::TcpListener;

use serde_json::json;

use crate::remote::{Remote, failed};
use crate::resources::LARGE;
use crate::support::{DEMO_RUNNER, printed};

const NOBODY: &str = "01995f2b-7c00-7000-8000-0000000000ff";

#[test]
fn each_kind_of_failure_has_an_exit_code() {
    let remote = Remote::start();
    let token = json!({"runnerId": DEMO_RUNNER, "host": "github.com", "token": "t"});
    remote
        .server
        .call(&remote.key, "CreateHostAuthenticationToken", &token)
        .ok();
    let file = remote.folder.file("token", "t");
    let file = file.to_str().unwrap();
    let keyless = "d2c94c27-3b76-4a42-b88c-95a85e392c99";
    let runner = format!("{{id: {keyless}, name: New, kind: remote, provider: gcp}}");
    let runner = remote.folder.file("runner.yaml", runner);
    let mut apply = remote.folder.runner("apply");
    apply.arg("-f").arg(runner);
    printed(apply);
    for (arguments, code, complaint) in [
        (
            &["environment-class", "get", "nonsense"][..],
            3,
            "invalid_argument: environment_class_id: must be a valid UUID".to_owned(),
        ),
        (
            &["environment-class", "get", NOBODY],
            4,
            format!("not_found: environment class {NOBODY} does not exist"),
        ),
        (
            &["environment-class", "list", "--url", &remote.url(), "--key-file", file],
            5,
            "unauthenticated: no valid API key: send the header \"Authorization: Bearer <key>\" with a key of this service; the \
             key is from --key-file"
                .to_owned(),
        ),
        (
            &["host-token", "create", "--runner", DEMO_RUNNER, "--host", "github.com", "--token-file", file],
            6,
            "already_exists: ".to_owned(),
        ),
        (
            &["schema", "get", keyless],
            8,
            "failed_precondition: ".to_owned(),
        ),
        (
            &["environment-class", "list", "--url", "nonsense"],
            1,
            "invalid_argument: the base URL is no absolute URL (relative URL without a base); the URL is from --url, the \
             key from ONA_API_KEY"
                .to_owned(),
        ),
    ] {
        let found = remote.failure(arguments);
        assert_eq!(found.0, code, "{arguments:?}: {}", found.1);
        assert!(found.1.starts_with(&complaint), "{}", found.1);
        assert!(!found.1.contains('\n'), "{}", found.1);
    }
}

#[test]
fn a_key_that_may_not_do_it_is_told_so() {
    let remote = Remote::start();
    let mut create = remote.folder.command(&["key", "create"]);
    create.args(["--role", "user", "--subject"]);
    create.arg(format!("user:{NOBODY}"));
    let key = create.output().unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let mut command = remote.command(&LARGE);
    let (code, complaint) = failed(command.env("ONA_API_KEY", key.trim_end()));
    assert_eq!(code, 5);
    assert!(complaint.starts_with("permission_denied: "), "{complaint}");
}

#[test]
fn each_wrong_field_is_named() {
    let remote = Remote::start();
    let (code, complaint) = remote.failure(&[
        "environment-class",
        "create",
        "--runner",
        "r",
        "--name",
        "L",
        "--description",
        "D",
    ]);
    assert_eq!(code, 3);
    assert_eq!(
        complaint.lines().collect::<Vec<_>>(),
        [
            "invalid_argument: the request has 3 faults",
            "  runner_id: must be a valid UUID",
            "  display_name: must be at least 3 characters",
            "  description: must be at least 3 characters",
        ]
    );
    let wrong = [&LARGE[..10], &["--set", "memory=-1", "--set", "gpu=1"]].concat();
    let (code, complaint) = remote.failure(&wrong);
    assert_eq!(code, 3);
    assert_eq!(
        complaint.lines().collect::<Vec<_>>(),
        [
            "invalid_argument: the request has 2 faults",
            "  configuration[1].value: memory must be a whole number from 1 to 2147483647",
            "  configuration[2].key: gpu is not a field of the runner's schema: remove it",
        ]
    );
}

#[test]
fn a_server_that_does_not_answer_may_do_so_later() {
    let remote = Remote::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let list = |url: &str| {
        let list = ["environment-class", "list", "--timeout", "1", "--url", url];
        remote.failure(&list)
    };
    let (code, complaint) = list(&silent);
    assert_eq!(code, 7);
    assert!(complaint.starts_with("deadline_exceeded: "), "{complaint}");
    drop(listener);
    let (code, complaint) = list(&silent);
    assert_eq!(code, 7);
    assert!(
        complaint.starts_with(&format!("unavailable: cannot connect to {silent}"))
            && complaint.contains("Connection refused")
            && complaint.ends_with("; the URL is from --url"),
        "{complaint}"
    );
}

#[test]
fn arguments_that_make_no_sense() {
    let remote = Remote::start();
    for arguments in [
        &["environment-class"][..],
        &["environment-class", "create"],
        &["environment-class", "create", "--runner", DEMO_RUNNER],
        &["environment-class", "delete", DEMO_RUNNER],
        &["environment-class", "list", "-o", "xml"],
        &["environment-class", "list", "--enabled", "--disabled"],
        &["environment-class", "list", "--runner-kind", "big"],
        &[
            "environment-class",
            "list",
            "--url",
            "http://a",
            "--profile",
            "b",
        ],
        &["environment-class", "list", "--timeout", "0"],
        &[
            "environment-class",
            "update",
            DEMO_RUNNER,
            "--enable",
            "--disable",
        ],
        &[
            "scm-integration",
            "update",
            DEMO_RUNNER,
            "--no-oauth",
            "--oauth-client-id",
            "x",
        ],
        &[
            "host-token",
            "create",
            "--runner",
            DEMO_RUNNER,
            "--host",
            "h",
            "--expires-at",
            "soon",
        ],
        &[
            "host-token",
            "create",
            "--runner",
            DEMO_RUNNER,
            "--host",
            "h",
            "--owner",
            "me",
        ],
        &[
            "llm-integration",
            "create",
            "--runner",
            DEMO_RUNNER,
            "--model",
            "gpt-0",
        ],
        &["schema", "get"],
        &["validate"],
        &["completions"],
    ] {
        let output = remote.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}
