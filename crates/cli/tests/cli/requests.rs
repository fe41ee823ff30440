//! Requests from files and standard input, pages of lists, and the formats of replies.

use serde_json::{Value, json};

use crate::remote::{Remote, complaint_of, done, failed, run_with};
use crate::resources::LARGE;
use crate::support::DEMO_RUNNER;

const CLASS: &str = "
runnerId: d2c94c27-3b76-4a42-b88c-95a85e392c68
displayName: Large
description: 8 CPUs
configuration:
  - {key: cpu, value: \"8\"}
  - {key: memory, value: \"16384\"}
";

#[test]
fn requests_come_from_files_and_arguments() {
    let remote = Remote::start();
    let json = json!({
        "runner_id": DEMO_RUNNER, "displayName": "Large", "description": "8 CPUs",
        "configuration": [{"key": "cpu", "value": "8"}, {"key": "memory", "value": "16384"}],
    });
    let files = [
        remote.folder.file("class.yaml", CLASS),
        remote.folder.file("class.json", json.to_string()),
    ];
    for file in &files {
        let file = file.to_str().unwrap();
        let more = ["--name", "Small", "--set", "cpu=1"];
        for more in [&[][..], &more] {
            let create = ["environment-class", "create", "-f", file];
            let id = remote.create(&[&create[..], more].concat());
            let reply = remote.json(&["environment-class", "get", &id]);
            let class = &reply["environmentClass"];
            let cpu = &class["configuration"][0]["value"];
            if more.is_empty() {
                assert_eq!((&class["displayName"], cpu), (&json!("Large"), &json!("8")));
            } else {
                assert_eq!((&class["displayName"], cpu), (&json!("Small"), &json!("1")));
            }
            assert_eq!(class["configuration"][1]["value"], "16384");
        }
    }
    let id = remote.create_with(CLASS, &["environment-class", "create", "-f", "-"]);
    let change = format!("environmentClassId: {id}\nenabled: false\n");
    let update = ["environment-class", "update", &id, "-f", "-", "-o", "table"];
    let output = run_with(&mut remote.command(&update), &change);
    assert_eq!(
        output.stdout,
        format!("updated environment class {id}\n").as_bytes()
    );
    done(&mut remote.command(&[
        "validate",
        "environment-class",
        "-f",
        files[0].to_str().unwrap(),
    ]));
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_anything_is_sent() {
    let remote = Remote::start();
    let other = format!("environmentClassId: {DEMO_RUNNER}\nenabled: true");
    for (text, start) in [
        (
            "displyName: Large",
            "standard input is not a valid request: unknown keys: displyName",
        ),
        (
            "displayName: [",
            "standard input is not a valid request: it is not valid YAML: ",
        ),
        ("", "standard input is not a valid request: it is empty"),
        (
            "enabled: 1",
            "standard input is not a valid request: enabled: ",
        ),
        (
            &other,
            "the file has the id d2c94c27-3b76-4a42-b88c-95a85e392c68, and the command line ",
        ),
    ] {
        let id = "01995f2b-7c00-7000-8000-000000000001";
        let update = ["environment-class", "update", id, "-f", "-"];
        let (code, complaint) = complaint_of(&run_with(&mut remote.command(&update), text));
        assert_eq!(code, 1, "{complaint}");
        assert!(complaint.starts_with(start), "{complaint}");
        assert!(!complaint.contains('\n'), "{complaint}");
    }
    let missing = remote.folder.path("missing.yaml");
    let missing = missing.to_str().unwrap();
    let (code, complaint) = remote.failure(&["environment-class", "create", "-f", missing]);
    assert_eq!(
        (code, complaint.contains(missing)),
        (1, true),
        "{complaint}"
    );

    let twice = ["host-token", "create", "-f", "-", "--token-file", "-"];
    let (code, complaint) = complaint_of(&run_with(&mut remote.command(&twice), "{}"));
    assert_eq!(code, 1);
    assert!(
        complaint.starts_with("standard input can be read only once"),
        "{complaint}"
    );
}

#[test]
fn lists_have_pages() {
    let remote = Remote::start();
    for number in 0..27 {
        let class = json!({
            "runnerId": DEMO_RUNNER, "displayName": format!("Class {number}"), "description": "8 CPUs",
            "configuration": [{"key": "cpu", "value": "8"}, {"key": "memory", "value": "16384"}],
        });
        remote
            .server
            .call(&remote.key, "CreateEnvironmentClass", &class)
            .ok();
    }
    let list = ["environment-class", "list"];
    let with = |more: &[&str]| remote.json(&[&list[..], more].concat());
    let names = |reply: &Value| -> Vec<String> {
        let classes = reply["environmentClasses"].as_array().unwrap();
        classes
            .iter()
            .map(|class| class["displayName"].to_string())
            .collect()
    };
    let (all, first) = (with(&["--all"]), with(&[]));
    assert_eq!((names(&all).len(), names(&first).len()), (27, 25));
    assert_eq!(all["pagination"], json!({}));

    let mut paged = Vec::new();
    let mut reply = with(&["--limit", "10"]);
    loop {
        paged.extend(names(&reply));
        let Some(token) = reply["pagination"]["nextToken"].as_str() else {
            break;
        };
        let token = token.to_owned();
        reply = with(&["--limit", "10", "--page-token", &token]);
    }
    assert_eq!(paged, names(&all));

    // A person is told that there are more, and not within the table.
    let output = remote
        .command(&[&list[..], &["-o", "table"]].concat())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().count(),
        1 + 25
    );
    let note = String::from_utf8(output.stderr).unwrap();
    let token = note
        .trim_end()
        .strip_prefix("there are more: use --all, or --page-token ");
    assert_eq!(token, first["pagination"]["nextToken"].as_str());
    assert_eq!(
        remote
            .table(&[&list[..], &["--all"]].concat())
            .lines()
            .count(),
        1 + 27
    );

    for wrong in [
        &["--limit", "0"][..],
        &["--limit", "101"],
        &["--all", "--limit", "1"],
        &["--all", "--page-token", "x"],
    ] {
        assert_eq!(
            failed(&mut remote.command(&[&list[..], wrong].concat())).0,
            2,
            "{wrong:?}"
        );
    }
    let (code, complaint) = remote.failure(&[&list[..], &["--page-token", "x"]].concat());
    assert_eq!(code, 3, "{complaint}");
}

#[test]
fn every_format_has_the_whole_reply() {
    let remote = Remote::start();
    let id = remote.create(&LARGE);
    let reply = remote.server.call(
        &remote.key,
        "GetEnvironmentClass",
        &json!({"environmentClassId": id}),
    );
    let reply = reply.ok();
    let get = ["environment-class", "get", &id];
    // Standard output is no terminal.
    assert_eq!(remote.json(&get), reply);
    assert_eq!(remote.json(&[&get[..], &["-o", "json"]].concat()), reply);
    let yaml = done(&mut remote.command(&[&get[..], &["-o", "yaml"]].concat()));
    assert_eq!(
        yaml.lines().collect::<Vec<_>>(),
        [
            "environmentClass:",
            &format!("  id: {id}"),
            "  displayName: Large",
            "  description: 8 CPUs",
            "  configuration:",
            "  - key: cpu",
            "    value: \"8\"",
            "  - key: memory",
            "    value: \"16384\"",
            &format!("  runnerId: {DEMO_RUNNER}"),
            "  enabled: true",
        ]
    );
    // An empty list is one, too.
    let list = remote.json(&["scm-integration", "list"]);
    assert_eq!(list, json!({"pagination": {}, "integrations": []}));
    let yaml = done(&mut remote.command(&["scm-integration", "list", "-o", "yaml"]));
    assert_eq!(yaml, "pagination: {}\nintegrations: []\n");
}
