//! Runs the program, and talks to it in plain HTTP/1.1.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const DEMO_RUNNER: &str = "d2c94c27-3b76-4a42-b88c-95a85e392c68";

/// Everything that has to happen happens within this time, on a slow machine, too.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with these arguments, and nothing of this process's own settings.
pub(crate) fn runnerconf<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runnerconf"));
    for variable in [
        "GITPOD_API_KEY",
        "GITPOD_BASE_URL",
        "ONA_API_KEY",
        "ONA_BASE_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_SERVICE_NAME",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "PGPASSWORD",
        "RUNNERCONF_ADMIN_KEY",
        "RUNNERCONF_CONFIG",
        "RUNNERCONF_PROFILE",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A folder for one test. The data folder is one that does not exist yet.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A file with this text.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// `runnerconf serve` on the data folder.
    pub(crate) fn serve(&self) -> Command {
        let mut command = runnerconf(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.data());
        command
    }

    /// `runnerconf …` on the data folder.
    pub(crate) fn command(&self, names: &[&str]) -> Command {
        let mut command = runnerconf(names.iter().copied());
        command.arg("--data").arg(self.data());
        command
    }

    /// `runnerconf runner …` on the data folder.
    pub(crate) fn runner(&self, command: &str) -> Command {
        self.command(&["runner", command])
    }

    pub(crate) fn start(&self) -> Server {
        Server::start(self.serve(), self)
    }

    /// The key that a server made here.
    pub(crate) fn admin_key(&self) -> String {
        let text = fs::read_to_string(self.data().join("admin.key")).unwrap();
        text.strip_suffix('\n').unwrap().to_owned()
    }

    /// What all servers wrote here to standard error.
    pub(crate) fn logs(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap()
    }
}

/// A server that runs; killed at the end of the test, if it is still there.
pub(crate) struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// Starts the server, and waits until it says that it listens.
    pub(crate) fn start(mut command: Command, folder: &Folder) -> Self {
        let stderr = File::options()
            .create(true)
            .append(true)
            .open(folder.path("stderr"));
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(stderr.unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port = line
            .strip_prefix("listening on http://127.0.0.1:")
            .or_else(|| line.strip_prefix("listening on https://127.0.0.1:"))
            .and_then(|port| port.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("{line:?}\n{}", folder.logs()));
        Self {
            port: port.parse().unwrap(),
            process,
            stdout,
        }
    }

    /// Of the process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection
    }

    /// Calls an RPC with this key.
    pub(crate) fn call(&self, key: &str, rpc: &str, body: &Value) -> Reply {
        self.post(Some(key), &path(rpc), &body.to_string())
    }

    pub(crate) fn post(&self, key: Option<&str>, path: &str, body: &str) -> Reply {
        self.send(key, path, body, "")
    }

    /// The same, with one more header.
    pub(crate) fn post_with(
        &self,
        key: &str,
        path: &str,
        body: &str,
        (name, value): (&str, &str),
    ) -> Reply {
        self.send(Some(key), path, body, &format!("{name}: {value}\r\n"))
    }

    fn send(&self, key: Option<&str>, path: &str, body: &str, more: &str) -> Reply {
        let mut connection = self.connect();
        let head = head(key, path, body, &format!("Connection: close\r\n{more}"));
        connection
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
        Reply::read(connection)
    }

    /// Sends a signal: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end of the program. Returns how it ended, and what it wrote to standard output after the line that
    /// says where it listens.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            sleep(Duration::from_millis(5));
        };
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status, rest)
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        let (status, rest) = self.wait();
        assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn path(rpc: &str) -> String {
    format!("/gitpod.v1.RunnerConfigurationService/{rpc}")
}

/// The head of a request with this body.
pub(crate) fn head(key: Option<&str>, path: &str, body: &str, more: &str) -> String {
    let key = key.map_or_else(String::new, |key| {
        format!("Authorization: Bearer {key}\r\n")
    });
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{key}{more}\r\n"
    )
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    /// Reads until the server closes the connection.
    pub(crate) fn read(mut connection: TcpStream) -> Self {
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: serde_json::from_str(body).unwrap_or_else(|_| panic!("{text}")),
        }
    }

    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }

    /// The code of the error.
    pub(crate) fn code(&self) -> &str {
        assert_ne!(self.status, 200, "{self:?}");
        self.body["code"].as_str().unwrap()
    }
}

/// What a command printed, which succeeded and complained about nothing.
pub(crate) fn printed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A new key of this user.
pub(crate) fn user_key(folder: &Folder, subject: &str) -> String {
    let mut create = folder.command(&["key", "create", "--role", "user", "--subject", subject]);
    let output = create.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The one sentence with which a command failed.
pub(crate) fn complaint(mut command: Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stdout, b"", "{stderr}");
    let sentence = stderr
        .strip_prefix("error: ")
        .and_then(|rest| rest.strip_suffix('\n'));
    let sentence = sentence.unwrap_or_else(|| panic!("{stderr}"));
    assert!(!sentence.contains('\n'), "{stderr}");
    sentence.to_owned()
}

/// Whether any file of a folder holds this.
pub(crate) fn holds(folder: &Path, what: &str) -> bool {
    folder.read_dir().unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes
            .windows(what.len())
            .any(|window| window == what.as_bytes())
    })
}
