//! A PostgreSQL server for tests: in a temporary folder, reachable through a Unix socket there, and gone with the
//! process that started it, however that ends. Shared with the tests of other crates, which use some of it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The server that all tests of a program share, unless they do something to it.
fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&[])).as_ref()
}

/// A server that runs.
pub(crate) struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: String,
    options: String,
    /// Stops the server as soon as nobody holds its standard input any more.
    guardian: Child,
}

impl Server {
    /// A new server with these settings besides; `None`, after saying so, where PostgreSQL is not installed.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        let programs = installed()?;
        let folder = new_folder();
        let mut initdb = as_server(&programs, "initdb");
        initdb.args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8"]);
        run(initdb
            .args(["--locale=C", "-D"])
            .arg(folder.path().join("data")));
        Some(Self::start_in(programs, folder, settings))
    }

    /// A standby of this server that is to go on where it ends.
    pub(crate) fn standby(&self) -> Self {
        let folder = new_folder();
        let mut copy = as_server(&self.programs, "pg_basebackup");
        copy.args(["--no-sync", "-R", "-c", "fast", "-U", "postgres"])
            .args(["-p", &self.port, "-h"])
            .arg(self.folder.path())
            .arg("-D")
            .arg(folder.path().join("data"));
        run(&mut copy);
        Self::start_in(self.programs.clone(), folder, &[])
    }

    /// Makes a standby a server of its own.
    pub(crate) fn promote(&self) {
        self.control(&["promote"]);
    }

    fn start_in(programs: PathBuf, folder: TempDir, settings: &[&str]) -> Self {
        let data = folder.path().join("data");
        let socket = folder.path().display();
        let port = settings
            .iter()
            .find_map(|setting| setting.strip_prefix("port="));
        let port = port.unwrap_or("5432").to_owned();
        let mut options = format!("-k {socket} -c port={port} -c max_connections=1000");
        let defaults = ["listen_addresses=", "fsync=off", "full_page_writes=off"];
        for setting in defaults.iter().chain(settings) {
            options += &format!(" -c {setting}");
        }
        let stop = format!(
            "cat >/dev/null; cd /; {} stop -m immediate -D '{}' >/dev/null 2>&1; rm -rf '{socket}'",
            words(&as_server(&programs, "pg_ctl")),
            data.display(),
        );
        let guardian = Command::new("sh")
            .args(["-c", &stop])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            programs,
            folder,
            port,
            options,
            guardian,
        };
        server.resume();
        server
    }

    /// Stops it: `immediate` as a crash does, `fast` in order.
    pub(crate) fn stop(&self, mode: &str) {
        self.control(&["stop", "-m", mode]);
    }

    /// Kills all of its processes, with a signal that none of them can see coming.
    pub(crate) fn kill(&self) {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = fs::read_to_string(&file).unwrap();
        let postmaster = text.lines().next().unwrap();
        // It starts no more processes, and nobody else can get the number of one that ended.
        run(Command::new("kill").args(["-STOP", postmaster]));
        let mut pids = vec![postmaster.to_owned()];
        pids.extend(processes("ppid", |parent| parent == postmaster));
        run(Command::new("kill").arg("-KILL").args(&pids));
        while processes("stat", |state| !state.starts_with('Z'))
            .iter()
            .any(|pid| pids.contains(pid))
        {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // The next start takes a process that is dead, and that nobody has asked after yet, for a running server.
        let socket = format!(".s.PGSQL.{}.lock", self.port);
        fs::remove_file(file).unwrap();
        fs::remove_file(self.folder.path().join(socket)).unwrap();
    }

    /// Starts it again.
    pub(crate) fn resume(&self) {
        self.control(&["-l", "/dev/null", "-o", &self.options, "start"]);
    }

    /// Runs SQL in a database, past all stores; returns what it prints.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-U", "postgres", "-d", database, "-c", sql])
            .args(["-p", &self.port])
            .arg("-h")
            .arg(self.folder.path());
        String::from_utf8(run(&mut psql).stdout).unwrap()
    }

    /// A new, empty database on it.
    pub(crate) fn create_database(&self) -> String {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let name = format!("store_{}", CREATED.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// How the store reaches a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&port={}&user=postgres",
            self.folder.path().display(),
            self.port
        )
    }

    /// One of PostgreSQL's programs, such as `pg_dump`.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// How the store reaches a database on it or, if it takes no changes, on another one.
    pub(crate) fn url_with(&self, other: &Self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&host={}&user=postgres",
            self.folder.path().display(),
            other.folder.path().display(),
        )
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file that only the server can read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&path));
        }
        path
    }

    fn control(&self, arguments: &[&str]) {
        let mut pg_ctl = as_server(&self.programs, "pg_ctl");
        pg_ctl
            .args(["-w", "-D"])
            .arg(self.folder.path().join("data"));
        // The server keeps what it inherits: a pipe would never end.
        let pg_ctl = pg_ctl.args(arguments).stdout(Stdio::null());
        let status = pg_ctl.stderr(Stdio::null()).stdin(Stdio::null()).status();
        assert!(status.unwrap().success(), "{pg_ctl:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

/// A database of the shared server; dropped with the value.
pub(crate) struct Database {
    pub(crate) server: &'static Server,
    pub(crate) name: String,
}

impl Database {
    /// `None` where PostgreSQL is not installed.
    pub(crate) fn create() -> Option<Self> {
        let server = shared()?;
        let name = server.create_database();
        Some(Self { server, name })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        self.server.sql("postgres", &drop);
    }
}

/// A folder for a server, which everybody may reach its socket in.
fn new_folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder.path()));
    }
    folder
}

/// The folder of PostgreSQL's programs. Where there is none the tests that need it are skipped, except in continuous
/// integration.
fn installed() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let programs = ["initdb", "pg_ctl", "psql"];
    let found = folders
        .into_iter()
        .find(|folder| programs.iter().all(|program| folder.join(program).exists()));
    if found.is_none() {
        let what =
            "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)";
        assert!(std::env::var_os("CI").is_none(), "{what}");
        // Past the test harness, which would keep it to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {what}");
    }
    found
}

/// The ids of the processes whose column of `ps` is as it should be.
fn processes(column: &str, is_right: impl Fn(&str) -> bool) -> Vec<String> {
    let listed = run(Command::new("ps").args(["-A", "-o", &format!("pid=,{column}=")]));
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .filter(|(_, value)| is_right(value.trim()))
        .map(|(pid, _)| pid.to_owned())
        .collect()
}

/// A program of the server, which refuses to run as root.
fn as_server(programs: &Path, program: &str) -> Command {
    let program = programs.join(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    let id = run(Command::new("id").arg("-u"));
    id.stdout.trim_ascii() == b"0"
}

fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_str().unwrap()];
    words.extend(command.get_args().map(|word| word.to_str().unwrap()));
    words.join(" ")
}

fn run(command: &mut Command) -> Output {
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}
