//! That a server leaves nothing on the disk.
//!
//! It works in a process that may not write a single byte to any file (`ulimit -f 0`: the system kills it for trying), and
//! whose folders are empty before and after.

#![cfg(test)]
#![cfg(unix)]

use std::process::{Command, ExitStatus};

use runner_configuration::v1::{CreateHostAuthenticationTokenRequest, CreateLlmIntegrationRequest};
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_testing::TestServer;

/// Set in the process that may not write.
const CONFINED: &str = "TESTING_CONFINED";

#[tokio::test]
async fn a_server_writes_nothing_to_the_disk() {
    if std::env::var_os(CONFINED).is_some() {
        return use_a_server().await;
    }
    let (ended, files) = run_confined("a_server_writes_nothing_to_the_disk");
    assert!(ended.success(), "{ended}");
    assert_eq!(files, 0);
}

/// That the test above would notice.
#[tokio::test]
async fn a_store_on_the_disk_would_be_noticed() {
    if std::env::var_os(CONFINED).is_some() {
        let _ = SqliteStore::open("store.db");
        return;
    }
    let (ended, files) = run_confined("a_store_on_the_disk_would_be_noticed");
    assert!(!ended.success() && files > 0, "{ended}, {files} files");
}

async fn use_a_server() {
    let server = TestServer::start().await.unwrap();
    let client = server.client();
    // More than SQLite keeps in its page cache.
    for index in 0..24 {
        let request = CreateHostAuthenticationTokenRequest {
            runner_id: server.runner().id().into(),
            host: format!("host-{index}.example.com"),
            token: "t".repeat(100_000),
            ..Default::default()
        };
        client
            .host_authentication_tokens()
            .create(request)
            .await
            .unwrap();
    }
    let request = CreateLlmIntegrationRequest {
        runner_id: server.runner().id().into(),
        models: vec![1],
        ..Default::default()
    };
    client.llm_integrations().create(request).await.unwrap();
    server.shutdown().await;
}

/// Runs one test of this file in a process that may not write. Returns how it ended, and how many files are in its folder.
fn run_confined(test: &str) -> (ExitStatus, usize) {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("sh")
        .args(["-c", "ulimit -c 0; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CONFINED, "1")
        .envs(["HOME", "TMPDIR", "XDG_DATA_HOME"].map(|name| (name, folder.path())))
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    (status, folder.path().read_dir().unwrap().count())
}
