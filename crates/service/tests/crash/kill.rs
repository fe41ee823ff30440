//! The process is killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use runner_configuration_service::store::Store;
use runner_configuration_service::store::sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::random::Random;
use crate::rounds;
use crate::workload::{Caller, check, work};

/// How many kills a store goes through before the next one is made.
const KILLS_OF_A_STORE: u32 = 20;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let mut random = Random::new(0xbeef);
    let mut acknowledged = 0;
    let rounds = rounds();
    for first in (0..rounds).step_by(KILLS_OF_A_STORE as usize) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let seed = random.next();
        let mut callers = Caller::all(seed);
        for round in first..rounds.min(first + KILLS_OF_A_STORE) {
            kill_at_work(&file, seed, &mut callers, &mut random);
            if random.one_in(3) {
                kill_at_start_or_end(&file, &mut random);
            }
            let checked = check(&file, &mut callers).await;
            checked.unwrap_or_else(|what| panic!("round {round}: {what}"));
        }
        acknowledged += callers.iter().map(Caller::made).sum::<u64>();
    }
    println!("{rounds} kills: {acknowledged} changes are all there");
}

/// Lets the callers work, in a process of their own, until it is killed.
fn kill_at_work(file: &Path, seed: u64, callers: &mut [Caller], random: &mut Random) {
    let made: Vec<String> = callers
        .iter()
        .map(|caller| caller.made().to_string())
        .collect();
    let mut process = start(file, &format!("{seed} {}", made.join(" ")));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    // Once in a while during the start; else while changes are made.
    if !random.one_in(5) {
        lines
            .find(|line| line.as_ref().unwrap() == READY)
            .unwrap()
            .unwrap();
    }
    std::thread::sleep(Duration::from_micros(random.next() % 100_000));
    kill(&mut process);
    for line in lines {
        let line = line.unwrap();
        let Some(acknowledged) = line.strip_prefix(ACKNOWLEDGED) else {
            continue;
        };
        let (caller, made) = acknowledged.split_once(' ').unwrap();
        let caller = &mut callers[caller.parse::<usize>().unwrap()];
        caller.step();
        assert_eq!(caller.made().to_string(), made);
    }
}

/// Opens and closes the store, in a process of its own, until it is killed.
fn kill_at_start_or_end(file: &Path, random: &mut Random) {
    let mut process = start(file, "");
    std::thread::sleep(Duration::from_micros(random.next() % 40_000));
    kill(&mut process);
}

fn start(file: &Path, callers: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::the_process_that_is_killed", "--nocapture"])
        .env(FILE, file)
        .env(CALLERS, callers)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Kills the process with a signal that it cannot see coming.
fn kill(process: &mut Child) {
    process.kill().unwrap();
    let status = process.wait().unwrap();
    assert!(!status.success(), "it ended before it was killed");
}

// --- In the process that is killed ---

/// Names the store.
const FILE: &str = "CRASH_TEST_FILE";

/// The seed of the callers and how many changes each of them made; empty if they are to do nothing.
const CALLERS: &str = "CRASH_TEST_CALLERS";

/// The store is open.
const READY: &str = "ready";

/// Stands before the number of a caller and how many changes it made.
const ACKNOWLEDGED: &str = "acknowledged ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let (Some(file), Ok(callers)) = (std::env::var_os(FILE), std::env::var(CALLERS)) else {
        return;
    };
    let mut numbers = callers
        .split_whitespace()
        .map(|number| number.parse::<u64>().unwrap());
    let Some(seed) = numbers.next() else {
        loop {
            SqliteStore::open(&file).unwrap().close().await.unwrap();
        }
    };
    let mut callers = Caller::all(seed);
    for (caller, made) in callers.iter_mut().zip(numbers) {
        (0..made).for_each(|_| drop(caller.step()));
    }
    let store = Arc::new(SqliteStore::open(&file).unwrap());
    // The test harness wrote the beginning of a line.
    print(&format!("\n{READY}\n"));
    let mut tasks = JoinSet::new();
    for (number, caller) in callers.into_iter().enumerate() {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let tell = |made| print(&format!("{ACKNOWLEDGED}{number} {made}\n"));
            work(&*store, caller, u64::MAX, tell).await;
        });
    }
    tasks.join_all().await;
}

/// Hands a line to the operating system, from where it is read whatever becomes of this process.
pub(crate) fn print(line: &str) {
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}
