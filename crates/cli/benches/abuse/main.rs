//! What abuse costs a caller that behaves well: how long its calls take without an attack and beside one, in turns, and how much
//! memory the server takes. Writes a section of `benches/RESULTS.md`, unless only some attacks are named. For Linux with two cores
//! or more, as root, with `taskset`, `chrt` and `h2load`.
//!
//! The server has the first core, and the caller goes before it there (`SCHED_FIFO`): what it waits for is the server. The attackers
//! have the second core. What the kernel does for them would delay a caller that shared it with them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program that measures, and ends where it can't"
)]

#[path = "../../tests/cli/abuse/attacks.rs"]
mod attacks;
#[path = "../../tests/cli/abuse/bombs.rs"]
mod bombs;
#[path = "../../tests/cli/abuse/caller.rs"]
mod caller;
#[path = "../../tests/cli/http2.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod http2;
#[path = "../../tests/cli/abuse/process.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod process;
mod report;
#[path = "../../tests/cli/support.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod support;
#[path = "../../tests/cli/abuse/wire.rs"]
mod wire;

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use caller::Caller;
use process::Process;
use report::{Line, Times};
use support::{Folder, Server, runnerconf};
use wire::{LIST, Target};

/// How often it is measured without the attack and beside it.
const ROUNDS: usize = 6;
/// For how long, each time.
const PHASE: Duration = Duration::from_secs(2);

/// The attacks by their names, with settings of the server: short times, so that an attack does not spend its own on waiting.
const ATTACKS: &[(&str, &[&str])] = &[
    ("slow headers", &["--header-timeout", "1"]),
    ("large headers", &["--header-timeout", "1"]),
    ("slow bodies", &["--body-timeout", "1"]),
    ("10 000 idle connections", &[]),
    ("rapid resets", &[]),
    ("bombs", &[]),
    ("bombs with large windows", &[]),
    ("bodies of 1 GiB", &[]),
    ("bodies of 4 MB, 80 at once", &[]),
    ("deep messages", &[]),
    ("one key, 72 connections", &[]),
    ("h2load with one key, 10 s", &[]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, command, name, port, key] = &*arguments
        && command == "attack"
    {
        let target = Target {
            port: port.parse().unwrap(),
            key: key.clone(),
        };
        attack(name, &target);
    }
    let wanted: Vec<&String> = arguments[1..]
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(*part));
    go_first(&std::process::id().to_string());
    let lines: Vec<Line> = ATTACKS
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, settings)| {
            let line = measure(name, settings);
            println!("{line}");
            line
        })
        .collect();
    if wanted.is_empty() {
        report::write(&lines);
    }
}

/// Has this process run on the first core, before all others.
fn go_first(process: &str) {
    for (tool, arguments) in [
        ("taskset", ["-cp", "0", process].as_slice()),
        ("chrt", &["--fifo", "-p", "1", process]),
    ] {
        let done = Command::new(tool)
            .args(arguments)
            .stdout(Stdio::null())
            .status();
        let done = done.unwrap_or_else(|error| panic!("{tool} is needed: {error}"));
        assert!(done.success(), "{tool}: only root may do that");
    }
}

/// A command that runs as others do, on a core.
fn on_core(core: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core, "chrt", "--other", "0"]);
    command
}

fn measure(name: &'static str, settings: &[&str]) -> Line {
    let folder = Folder::new();
    let mut serve = on_core("0");
    serve.arg(runnerconf([]).get_program());
    serve.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"]);
    serve.arg(folder.data()).args(settings);
    let server = Server::start(serve, &folder);
    let good = Target {
        port: server.port(),
        key: folder.admin_key(),
    };
    let user = "user:0195f2b1-7c00-7000-8000-000000000001";
    let key = support::user_key(&folder, user);
    calls(&good, PHASE);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let without = calls(&good, PHASE);
        let (mut attacker, phase) = start(name, good.port, &key);
        // Until it has begun.
        sleep(Duration::from_millis(500));
        let with = calls(&good, phase);
        attacker.kill().unwrap();
        attacker.wait().unwrap();
        times.push(Times { without, with });
        sleep(Duration::from_millis(1500));
    }
    let peak = Process(server.id()).peak_bytes();
    server.stop();
    Line { name, times, peak }
}

/// How long the calls of the caller that behaves well take.
fn calls(target: &Target, phase: Duration) -> Vec<Duration> {
    let caller = Caller::start(target.clone());
    sleep(phase);
    caller.stop()
}

/// Starts an attack; and for how long it is to be looked at.
fn start(name: &str, port: u16, key: &str) -> (Child, Duration) {
    let mut command = on_core("1");
    let phase = if name.starts_with("h2load") {
        let body = std::env::temp_dir().join("abuse-body.json");
        std::fs::write(&body, "{}").unwrap();
        command.args(["h2load", "-D", "60", "-c", "64", "-m", "10", "-d"]);
        command.arg(body);
        command.args(["-H", "content-type: application/json", "-H"]);
        command.arg(format!("authorization: Bearer {key}"));
        command.arg(format!("http://127.0.0.1:{port}{LIST}"));
        Duration::from_secs(10)
    } else {
        command.arg(std::env::current_exe().unwrap());
        command.args(["attack", name, &port.to_string(), key]);
        PHASE
    };
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    (started.expect("chrt and h2load are needed"), phase)
}

/// Attacks until it is killed.
fn attack(name: &str, target: &Target) -> ! {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        loop {
            let target = target.clone();
            match name {
                "slow headers" => attacks::slow_headers(target).await,
                "large headers" => attacks::large_headers(target).await,
                "slow bodies" => attacks::slow_bodies(target).await,
                "10 000 idle connections" => attacks::idle_connections(target).await,
                "rapid resets" => attacks::rapid_resets(target).await,
                "bombs" => attacks::compressed_bombs(target).await,
                "bombs with large windows" => attacks::large_window_bombs(target).await,
                "bodies of 4 MB, 80 at once" => attacks::many_large_bodies(target).await,
                "one key, 72 connections" => attacks::hog(target).await,
                "bodies of 1 GiB" => attacks::huge_bodies(target).await,
                "deep messages" => attacks::deep_messages(target).await,
                other => panic!("there is no attack {other}"),
            };
        }
    })
}
