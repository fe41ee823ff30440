//! `runnerconf runner`, beside a server and without one.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Folder, complaint, printed};

const ID: &str = "0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c01";

const RUNNER: &str = "
id: 0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c01
name: Frankfurt
kind: remote
provider: gcp
publicKey: CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=
schema:
  version: v1
  environmentClasses: [{id: cpu, name: CPUs, int: {min: 1, max: 8}}]
";

fn apply(folder: &Folder, file: &Path) -> Command {
    let mut command = folder.runner("apply");
    command.arg("-f").arg(file);
    command
}

#[test]
fn a_running_server_sees_at_once_what_is_changed() {
    let folder = Folder::new();
    let server = folder.start();
    let key = folder.admin_key();
    let schema = || {
        server.call(
            &key,
            "GetRunnerConfigurationSchema",
            &json!({"runnerId": ID}),
        )
    };
    assert_eq!(schema().code(), "not_found");

    let file = folder.file("runner.yaml", RUNNER);
    let title = format!("runner {ID} (Frankfurt)");
    assert_eq!(printed(apply(&folder, &file)), format!("created {title}\n"));
    assert_eq!(schema().ok()["schema"]["version"], "v1");
    assert_eq!(
        printed(apply(&folder, &file)),
        format!("unchanged: {title}\n")
    );

    folder.file("runner.yaml", RUNNER.replace("v1", "v2"));
    assert_eq!(printed(apply(&folder, &file)), format!("updated {title}\n"));
    assert_eq!(schema().ok()["schema"]["version"], "v2");

    let class = json!({"runnerId": ID, "displayName": "Small", "description": "One CPU"});
    let id = server.call(&key, "CreateEnvironmentClass", &class).ok()["id"].clone();
    let mut remove = folder.runner("remove");
    remove.arg(ID);
    assert_eq!(
        complaint(remove),
        format!(
            "runner {ID} still has 1 object (1 environment class); delete them first, or use --force to remove them \
             with it"
        )
    );
    assert_eq!(schema().status, 200);

    let mut remove = folder.runner("remove");
    remove.args(["--force", ID]);
    assert_eq!(
        printed(remove),
        format!("removed runner {ID} and its 1 object (1 environment class)\n")
    );
    assert_eq!(schema().code(), "not_found");
    let class = server.call(
        &key,
        "GetEnvironmentClass",
        &json!({"environmentClassId": id}),
    );
    assert_eq!(class.code(), "not_found");
    server.stop();
}

#[test]
fn the_list_is_a_table() {
    let folder = Folder::new();
    let bare = "{\"id\": \"0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c02\", \"name\": \"A\", \
                \"kind\": \"RUNNER_KIND_LOCAL_CONFIGURATION\", \"provider\": \"RUNNER_PROVIDER_DEV_AGENT\"}";
    // Without a server, and in a folder that is not there yet.
    assert!(printed(apply(&folder, &folder.file("1.yaml", RUNNER))).starts_with("created"));
    assert!(printed(apply(&folder, &folder.file("2.json", bare))).starts_with("created"));
    assert_eq!(
        printed(folder.runner("list")),
        "\
ID                                    NAME       KIND                 PROVIDER   PUBLIC KEY        SCHEMA  STALE SECRETS
0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c01  Frankfurt  remote               gcp        8c0cc17a04942cc4  v1      0
0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c02  A          local_configuration  dev_agent  -                 -       0
"
    );
    let mut remove = folder.runner("remove");
    remove.arg(ID);
    assert_eq!(printed(remove), format!("removed runner {ID}\n"));
    let mut again = folder.runner("remove");
    again.arg(ID);
    assert!(complaint(again).starts_with(&format!("there is no runner {ID}; ")));
    assert_eq!(printed(folder.runner("list")).lines().count(), 2);
}

#[test]
fn a_runner_file_may_come_from_standard_input_with_several_documents() {
    let folder = Folder::new();
    let mut child = apply(&folder, Path::new("-"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let two = format!("{RUNNER}---{}", RUNNER.replace("1c01", "1c02"));
    child
        .stdin
        .take()
        .unwrap()
        .write_all(two.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
    assert_eq!(printed(folder.runner("list")).lines().count(), 3);
}

#[test]
fn of_a_file_with_a_mistake_nothing_is_applied() {
    let folder = Folder::new();
    folder.start().stop();
    let good = RUNNER.replace("1c01", "1c02");
    for (text, what) in [
        (
            "name: [",
            "is not a valid runner file: it is not valid YAML: ",
        ),
        ("", "is not a valid runner file: it is empty"),
        (
            "{\"id\": \"0b8c\"",
            "is not a valid runner file: it is not valid JSON: ",
        ),
        (&RUNNER.replace("name:", "nmae:"), "unknown field `nmae`"),
        (
            &RUNNER.replace("min: 1", "minimum: 1"),
            "unknown keys: environmentClasses[0].int.minimum",
        ),
        (
            &RUNNER.replace("gcp", "gpc"),
            "provider: \"gpc\" is no provider; use one of aws_ec2,",
        ),
        (
            &RUNNER.replace(": CQkJ", ": "),
            "publicKey: an X25519 public key has 32 bytes, this one has 29",
        ),
        (
            &format!("{good}---{}", RUNNER.replace("max: 8", "max: -8")),
            "document 2, schema: ",
        ),
    ] {
        let complaint = complaint(apply(&folder, &folder.file("runner.yaml", text)));
        assert!(
            complaint.contains("runner.yaml is not a valid runner file: "),
            "{complaint}"
        );
        assert!(complaint.contains(what), "{complaint}");
    }
    let complaint = complaint(apply(&folder, &folder.path("none.yaml")));
    assert!(complaint.starts_with("cannot read ") && complaint.contains("none.yaml: No such file"));
    assert_eq!(printed(folder.runner("list")).lines().count(), 1);
}

#[test]
fn a_mistyped_folder_does_not_become_a_store() {
    let folder = Folder::new();
    let mut remove = folder.runner("remove");
    remove.arg(ID);
    for command in [folder.runner("list"), remove] {
        let complaint = complaint(command);
        assert!(
            complaint.starts_with("there is no store in "),
            "{complaint}"
        );
        assert!(!folder.data().exists());
    }
    fs::create_dir(folder.data()).unwrap();
    complaint(folder.runner("list"));
    assert_eq!(folder.data().read_dir().unwrap().count(), 0);
}

#[test]
fn a_new_key_shows_what_has_to_be_entered_again() {
    let folder = Folder::new();
    let server = folder.start();
    let key = folder.admin_key();
    let file = folder.file("runner.yaml", RUNNER);
    printed(apply(&folder, &file));
    let secrets = || {
        let mut command = folder.runner("secrets");
        command.arg(ID);
        printed(command)
    };
    let token = json!({
        "runnerId": ID, "host": "github.com", "token": "t",
        "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT",
    });
    let created = server
        .call(&key, "CreateHostAuthenticationToken", &token)
        .ok();
    let id = created["token"]["id"].as_str().unwrap();
    let none = format!("every secret is sealed to the present key of runner {ID}\n");
    assert_eq!(secrets(), none);

    folder.file("runner.yaml", RUNNER.replace("CQkJCQkJ", "CAkJCQkJ"));
    let output = apply(&folder, &file).output().unwrap();
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        note.starts_with("1 of its secrets were sealed to another key"),
        "{note}"
    );
    let listed = secrets();
    let line = listed.lines().nth(1).unwrap();
    assert!(
        line.starts_with("host-token") && line.contains(id) && line.contains("  token  "),
        "{listed}"
    );
    assert!(
        printed(folder.runner("list"))
            .lines()
            .nth(1)
            .unwrap()
            .ends_with("  1")
    );

    let again = json!({"id": id, "token": "t"});
    server
        .call(&key, "UpdateHostAuthenticationToken", &again)
        .ok();
    assert_eq!(secrets(), none);
}
