//! `runnerconf audit`: who changed what.

use serde_json::{Value, json};

use crate::support::{DEMO_RUNNER, Folder, Server, complaint, path, printed};

fn records(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let mut list = folder.command(&["audit", "list"]);
    list.args(arguments);
    let printed = printed(list);
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_change_is_a_line_with_who_what_and_in_which_request() {
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.arg("--demo");
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    let secret = "audit-leak-marker";
    let integration = json!({
        "runnerId": DEMO_RUNNER, "models": ["SUPPORTED_MODEL_OPUS_4"], "apiKey": secret,
        "endpoint": "https://llm.example.com",
    });
    let id = server.call(&key, "CreateLLMIntegration", &integration).ok()["id"].clone();
    let request = json!({"id": id, "force": true}).to_string();
    let head = ("x-request-id", "request-7");
    server
        .post_with(&key, &path("DeleteLLMIntegration"), &request, head)
        .ok();

    let all = records(&folder, &[]);
    let [.., created, deleted] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(
        (
            &created["action"],
            &created["kind"],
            &created["outcome"],
            &created["object"]
        ),
        (
            &json!("CreateLLMIntegration"),
            &json!("llm-integration"),
            &json!("created"),
            &id
        )
    );
    assert_eq!(
        deleted["by"],
        "service-account:01995f2b-7c00-7000-8000-000000000001"
    );
    assert_eq!(
        (&deleted["outcome"], &deleted["requestId"]),
        (&json!("deleted"), &json!("request-7"))
    );
    assert_eq!(all[0]["by"], "operator");
    assert!(!printed(folder.command(&["audit", "list"])).contains(secret));

    let after = created["sequence"].to_string();
    assert_eq!(
        &records(&folder, &["--after", &after])[..],
        std::slice::from_ref(deleted)
    );
    assert_eq!(records(&folder, &["--limit", "1"]), all[..1]);
}

#[test]
fn only_what_is_old_enough_is_forgotten() {
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.args(["--demo", "--audit-retention", "1h"]);
    Server::start(serve, &folder).stop();
    let before = records(&folder, &[]);
    assert!(!before.is_empty());
    let mut forget = folder.command(&["audit", "forget"]);
    forget.args(["--older-than", "1h"]);
    assert_eq!(printed(forget), "forgot 0 changes\n");
    assert_eq!(records(&folder, &[]), before);
}

#[test]
fn without_a_store_there_is_nothing_to_show() {
    let folder = Folder::new();
    let complaint = complaint(folder.command(&["audit", "list"]));
    assert!(complaint.contains("there is no store in"), "{complaint}");
}
