//! A server, and the commands that are for it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Folder, Server, runnerconf};

/// A server with the demo runner, and a person who works with it.
pub(crate) struct Remote {
    pub(crate) folder: Folder,
    pub(crate) server: Server,
    pub(crate) key: String,
}

impl Remote {
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        let mut serve = folder.serve();
        serve.arg("--demo");
        let server = Server::start(serve, &folder);
        let key = folder.admin_key();
        Self {
            folder,
            server,
            key,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// The program with these arguments, for this server and with the admin key.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.without_server(arguments);
        command
            .env("ONA_BASE_URL", self.url())
            .env("ONA_API_KEY", &self.key);
        command
    }

    /// The program of a person who has not said which server.
    pub(crate) fn without_server(&self, arguments: &[&str]) -> Command {
        let mut command = runnerconf(arguments.iter().copied());
        command.env("XDG_CONFIG_HOME", self.folder.path("config"));
        command
    }

    /// What a command shows to people.
    pub(crate) fn table(&self, arguments: &[&str]) -> String {
        let mut command = self.command(arguments);
        done(command.args(["-o", "table"]))
    }

    /// What a command replies to programs.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&done(&mut self.command(arguments))).unwrap()
    }

    /// The id of what a command created.
    pub(crate) fn create(&self, arguments: &[&str]) -> String {
        id(&self.json(arguments))
    }

    /// The same, with something on standard input.
    pub(crate) fn create_with(&self, input: &str, arguments: &[&str]) -> String {
        let output = run_with(&mut self.command(arguments), input);
        assert!(output.status.success(), "{output:?}");
        id(&serde_json::from_slice(&output.stdout).unwrap())
    }

    /// The exit code and the complaint of a command that fails.
    pub(crate) fn failure(&self, arguments: &[&str]) -> (i32, String) {
        failed(&mut self.command(arguments))
    }
}

fn id(reply: &Value) -> String {
    let id = [&reply["id"], &reply["token"]["id"]];
    let id = id.into_iter().find_map(Value::as_str);
    id.unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// What a command printed, which succeeded and complained about nothing.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

/// Runs a command with this on its standard input.
pub(crate) fn run_with(command: &mut Command, input: &str) -> Output {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails before it reads has closed it.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

/// The exit code and the complaint of a command that fails, and prints nothing else.
pub(crate) fn failed(command: &mut Command) -> (i32, String) {
    complaint_of(&command.output().unwrap())
}

pub(crate) fn complaint_of(output: &Output) -> (i32, String) {
    let complaint = String::from_utf8(output.stderr.clone()).unwrap();
    let complaint = complaint
        .strip_prefix("error: ")
        .unwrap_or_else(|| panic!("{output:?}"));
    assert_eq!(output.stdout, b"", "{complaint}");
    let code = output.status.code().unwrap();
    (code, complaint.trim_end().to_owned())
}
