//! Page tokens: each is refused or leads on, and every way through a list has an end.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use runner_configuration_fuzz::server::{RUNNER, Server};
use serde_json::{Value, json};

/// Its lists do not change, so it serves all inputs.
static SERVER: LazyLock<Server> = LazyLock::new(served);

/// The lists, and the objects in each.
const LISTS: [&str; 4] = [
    "ListEnvironmentClasses",
    "ListHostAuthenticationTokens",
    "ListSCMIntegrations",
    "ListLLMIntegrations",
];
const OBJECTS: usize = 5;

// The first byte chooses the list, the second the size of a page; the rest is the token.
fuzz_target!(|input: &[u8]| {
    let [list, size, token @ ..] = input else {
        return;
    };
    let list = LISTS[usize::from(*list) % LISTS.len()];
    let size = i8::from_ne_bytes([*size]);
    let mut token = String::from_utf8_lossy(token).into_owned();
    for _ in 0..=OBJECTS {
        let page = json!({"pagination": {"pageSize": size, "token": token}});
        let answer = SERVER.call(list, &page);
        let reply = answer.json();
        if answer.status != 200 {
            assert_eq!(reply["code"], "invalid_argument", "{reply}");
            return;
        }
        match reply["pagination"]["nextToken"].as_str() {
            Some(next) if !next.is_empty() => token = next.to_owned(),
            _ => return,
        }
    }
    panic!("{list} has no end");
});

fn served() -> Server {
    let server = Server::new();
    let runner = RUNNER.to_string();
    let create = |rpc: &str, request: &Value| assert_eq!(server.call(rpc, request).status, 200);
    for number in 0..OBJECTS {
        let host = format!("{number}.example.com");
        create(
            "CreateEnvironmentClass",
            &json!({"runnerId": runner, "displayName": "Class", "description": "A class",
                "configuration": [{"key": "cpu", "value": "8"}, {"key": "memory", "value": "16384"}]}),
        );
        create(
            "CreateHostAuthenticationToken",
            &json!({"runnerId": runner, "host": host, "token": "a token",
                "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT", "expiresAt": "2030-01-01T00:00:00Z"}),
        );
        create(
            "CreateSCMIntegration",
            &json!({"runnerId": runner, "scmId": "github", "host": host, "pat": true}),
        );
        create(
            "CreateLLMIntegration",
            &json!({"runnerId": runner, "models": ["SUPPORTED_MODEL_SONNET_4_5"],
                "endpoint": "https://llm.example.com", "apiKey": "a key"}),
        );
    }
    server
}
