//! Proxies of the environment, in a process of its own: variables are for a whole process.

use std::process::{Command, Output};

use crate::proxy::Proxy;
use runner_configuration_client::Client;

/// Run by the other test: calls as the environment says, and fails where the call does.
#[tokio::test]
#[ignore = "runs in the process that the other test starts"]
async fn call() {
    let client = Client::from_env().unwrap();
    client.environment_classes().get("x").await.unwrap();
}

fn call_in_another_process(variables: Vec<(&'static str, String)>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.args(["environment::call", "--exact", "--ignored"]);
    command.envs(variables).env("ONA_API_KEY", "key");
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_are_taken_from_the_environment() {
    for (no_proxy, is_proxied) in [("", true), ("127.0.0.1", false)] {
        let (proxy, server) = (Proxy::start(), Proxy::start());
        let variables = vec![
            ("ONA_BASE_URL", server.base_url()),
            // Upper case is not taken where it could come from a request's header.
            ("http_proxy", proxy.base_url()),
            ("no_proxy", no_proxy.to_owned()),
        ];
        let output = tokio::task::spawn_blocking(|| call_in_another_process(variables));
        let output = output.await.unwrap();
        assert!(output.status.success(), "{output:?}");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(report.contains("1 passed"), "{report}");
        let expected = if is_proxied { (1, 0) } else { (0, 1) };
        assert_eq!((proxy.met(), server.met()), expected);
    }
}
