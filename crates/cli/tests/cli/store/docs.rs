//! The commands in `docs/backup.md`, as they are there.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{integrations, served};
use crate::database::Database;
use crate::support::{Folder, Server};

const PAGE: &str = include_str!("../../../../../docs/backup.md");

/// The blocks of commands, and whether the server has to be stopped for them.
fn blocks() -> Vec<(bool, &'static str)> {
    let mut blocks = Vec::new();
    let mut rest = PAGE;
    while let Some((_, block)) = rest.split_once("```sh") {
        let (first, block) = block.split_once('\n').unwrap();
        let (commands, after) = block.split_once("```").unwrap();
        blocks.push((first == " stopped", commands));
        rest = after;
    }
    blocks
}

#[test]
fn the_documented_commands_back_up_restore_and_copy() {
    let Some(database) = Database::create() else {
        return;
    };
    let (restored, copy) = (Database::create().unwrap(), Database::create().unwrap());
    let folder = Folder::new();
    served(&folder).stop();
    // The servers on PostgreSQL have the same.
    let file = format!("sqlite://{}", folder.data().join("store.db").display());
    super::printed(super::copy(&file, &database.url()));

    let programs = Path::new(env!("CARGO_BIN_EXE_runnerconf"))
        .parent()
        .unwrap();
    let tools = database.server.program("pg_dump");
    let tools = Path::new(tools.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{path}", programs.display(), tools.display());
    let on_database = || {
        let mut serve = folder.serve();
        serve.args(["--database", &database.url()]);
        Server::start(serve, &folder)
    };
    for (is_stopped, commands) in blocks() {
        let is_of_database = commands.contains("$DATABASE");
        let server = (!is_stopped).then(|| match is_of_database {
            true => on_database(),
            false => folder.start(),
        });
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(folder.path(""))
            .env("PATH", &path)
            .env("DATABASE", database.url())
            .env("RESTORED", restored.url())
            .env("COPY", copy.url())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{commands}: {output:?}");
        if let Some(server) = server {
            // What comes after a backup is not in it.
            let id = integrations(&server, &folder)["integrations"][0]["id"].clone();
            let deleted = json!({ "id": id });
            server
                .call(&folder.admin_key(), "DeleteSCMIntegration", &deleted)
                .ok();
            server.stop();
        }
    }
    let data = format!("sqlite://{}", folder.data().join("store.db").display());
    for url in [data, restored.url(), copy.url()] {
        let mut serve = folder.serve();
        serve.args(["--database", &url]);
        let server = Server::start(serve, &folder);
        assert_eq!(
            integrations(&server, &folder)["integrations"]
                .as_array()
                .unwrap()
                .len(),
            1,
            "{url}"
        );
        server.stop();
    }
}
