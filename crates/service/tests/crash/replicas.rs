//! The database is killed, under two processes that work on it.
//!
//! All processes of a PostgreSQL are killed at once, without warning, and it is started again. The replicas go on by
//! themselves, and are never restarted. A caller that is told that a change was refused finds nothing of it in the
//! store; one that is told that the outcome is unknown looks, and goes on from what it finds.
//!
//! PostgreSQL syncs its log (`fsync` is on), but whatever it has written, synced or not, is in the cache of the operating
//! system and survives the kill. So this shows nothing about those syncs; it shows what the store acknowledges, and how
//! replicas get over it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use runner_configuration_service::store::postgres::{PostgresOptions, PostgresStore};
use runner_configuration_service::store::{Store as _, StoreError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::kill::print;
use crate::postgres::Server;
use crate::random::Random;
use crate::rounds;
use crate::workload::{CALLERS, Caller, State, compare_all, try_change};

/// How many processes work on the database, with [`CALLERS`] each.
const REPLICAS: u64 = 2;

/// Far more than all limits of the store, and a start of the database, take together.
const HANG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn what_was_acknowledged_survives_kills_of_the_database() {
    // The store switches the last one on for itself: without that, what was acknowledged would be lost.
    let settings = ["fsync=on", "full_page_writes=on", "synchronous_commit=off"];
    let Some(server) = Server::start(&settings) else {
        return;
    };
    let url = server.url(&server.create_database());
    let mut random = Random::new(0xfeed);
    let (tell, heard) = channel();
    let seed = random.next();
    let callers = CALLERS as u64;
    let mut log = Log {
        heard,
        callers: Caller::some(seed, 0..REPLICAS * callers),
        unknown: 0,
        stored: 0,
    };
    let replicas: Vec<_> = (0..REPLICAS)
        .map(|replica| (replica * callers)..((replica + 1) * callers))
        .map(|numbers| start(&url, seed, numbers, &tell))
        .collect();
    drop(tell);

    let kills = rounds().div_ceil(10).max(3);
    for _ in 0..kills {
        log.until_every_caller_made_a_change();
        sleep(Duration::from_micros(random.next() % 200_000)).await;
        server.kill();
        sleep(Duration::from_millis(random.pick(&[0, 20, 300]))).await;
        server.resume();
    }
    log.until_every_caller_made_a_change();

    for mut replica in replicas {
        // It stops when nobody holds its standard input any more.
        drop(replica.stdin.take());
        log.listen_until_the_end();
        assert!(replica.wait().unwrap().success());
    }
    let store = open(&url).await;
    let mut callers = log.callers;
    let made: u64 = callers.iter().map(Caller::made).sum();
    compare_all(&store, &mut callers).await.unwrap();
    let found: u64 = callers.iter().map(Caller::made).sum();
    assert_eq!(found, made, "there is what nobody asked for");
    println!(
        "{kills} kills of the database under {REPLICAS} replicas: {made} changes are all there; \
         of {} whose outcome was unknown, {} had been stored",
        log.unknown, log.stored
    );
}

fn start(url: &str, seed: u64, numbers: Range<u64>, tell: &Sender<Event>) -> Child {
    let mut replica = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "replicas::a_replica", "--nocapture"])
        .env(URL, url)
        .env(WORK, format!("{seed} {} {}", numbers.start, numbers.end))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(replica.stdout.take().unwrap()).lines();
    let tell = tell.clone();
    std::thread::spawn(move || {
        for line in lines {
            if let Some(event) = Event::read(&line.unwrap()) {
                tell.send(event).unwrap();
            }
        }
        tell.send(Event::Ended).unwrap();
    });
    replica
}

/// What the replicas were told.
struct Log {
    heard: Receiver<Event>,
    callers: Vec<Caller>,
    unknown: u64,
    stored: u64,
}

impl Log {
    /// Fails if a replica ends, or does not get over what happened.
    fn until_every_caller_made_a_change(&mut self) {
        let before: Vec<_> = self.callers.iter().map(Caller::made).collect();
        while (self.callers.iter().zip(&before)).any(|(caller, before)| caller.made() == *before) {
            assert!(self.listen(), "a replica ended");
        }
    }

    fn listen_until_the_end(&mut self) {
        while self.listen() {}
    }

    /// Takes note of what happens next; returns whether it is anything else than the end of a replica.
    fn listen(&mut self) -> bool {
        let event = self.heard.recv_timeout(HANG);
        match event.expect("the replicas go on") {
            Event::Acknowledged(caller, made) => self.step(caller, made),
            Event::Unknown => self.unknown += 1,
            Event::Stored(caller, made) => {
                self.stored += 1;
                self.step(caller, made);
            }
            Event::Ended => return false,
        }
        true
    }

    fn step(&mut self, caller: usize, made: u64) {
        let caller = &mut self.callers[caller];
        caller.step();
        assert_eq!(caller.made(), made);
    }
}

/// What a replica says of a caller.
enum Event {
    /// It was told that its change is stored, which was this one.
    Acknowledged(usize, u64),
    /// It was told that the outcome of its change is not known.
    Unknown,
    /// It found that the change is stored, which was this one.
    Stored(usize, u64),
    Ended,
}

const ACKNOWLEDGED: &str = "acknowledged";
const UNKNOWN: &str = "unknown";
const STORED: &str = "stored";

impl Event {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').collect();
        Some(match words[..] {
            [ACKNOWLEDGED, caller, made] => {
                Self::Acknowledged(caller.parse().unwrap(), made.parse().unwrap())
            }
            [STORED, caller, made] => Self::Stored(caller.parse().unwrap(), made.parse().unwrap()),
            [UNKNOWN] => Self::Unknown,
            // The test harness's.
            _ => return None,
        })
    }
}

// --- In a replica ---

/// Names the database.
const URL: &str = "CRASH_TEST_URL";

/// The seed of all callers, and the numbers of those that work here: the first, and that after the last.
const WORK: &str = "CRASH_TEST_WORK";

/// After so many changes a caller looks whether they are all there.
const LOOK_AFTER: u64 = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica() {
    let (Ok(url), Ok(work)) = (std::env::var(URL), std::env::var(WORK)) else {
        return;
    };
    let work: Vec<u64> = work
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let numbers = work[1]..work[2];
    let store = Arc::new(open(&url).await);
    // The test harness wrote the beginning of a line.
    print("\n");
    let is_over = Arc::new(AtomicBool::new(false));
    std::thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            is_over.store(true, Ordering::Relaxed);
        }
    });
    let mut tasks = JoinSet::new();
    for (number, caller) in numbers.clone().zip(Caller::some(work[0], numbers)) {
        let replica = Replica {
            store: Arc::clone(&store),
            number,
            caller,
            recorded: 0,
            last: 0,
        };
        tasks.spawn(replica.work(Arc::clone(&is_over)));
    }
    // Fails as soon as one of them does, without waiting for the others.
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    store.close().await.unwrap();
}

/// A caller in a replica.
struct Replica {
    store: Arc<PostgresStore>,
    number: u64,
    caller: Caller,
    /// How many of its changes are on record, up to `last`.
    recorded: u64,
    last: u64,
}

impl Replica {
    async fn work(mut self, is_over: Arc<AtomicBool>) {
        while !is_over.load(Ordering::Relaxed) {
            let change = timeout(HANG, try_change(&*self.store, &self.caller));
            match change.await.expect("nothing hangs") {
                Ok(after) => {
                    self.caller = after;
                    self.say(ACKNOWLEDGED);
                    if self.caller.made().is_multiple_of(LOOK_AFTER) {
                        assert!(!self.look().await, "it went on by itself");
                    }
                }
                Err(StoreError::OutcomeUnknown { .. }) => {
                    print(&format!("{UNKNOWN}\n"));
                    if self.look().await {
                        self.say(STORED);
                    }
                }
                Err(error) => {
                    assert!(error.is_transient(), "{error}");
                    assert!(!self.look().await, "it was not refused: {error}");
                }
            }
        }
    }

    fn say(&self, what: &str) {
        let (number, made) = (self.number, self.caller.made());
        print(&format!("{what} {number} {made}\n"));
    }

    /// Compares the store with what it was told, as soon as there is a store to look at. Returns whether the next change
    /// is there, too.
    async fn look(&mut self) -> bool {
        let found = timeout(HANG, async {
            loop {
                match self.try_look().await {
                    Ok(found) => break found,
                    Err(error) => assert!(error.is_transient(), "{error}"),
                }
                sleep(Duration::from_millis(10)).await;
            }
        });
        let found = found.await.expect("the store comes back");
        let made = self.caller.made();
        let compared = self.caller.compare(&found);
        compared.unwrap_or_else(|what| panic!("caller {}: {what}", self.number));
        self.caller.made() > made
    }

    async fn try_look(&mut self) -> Result<State, StoreError> {
        // Its own records are in their order, whatever those of others are.
        for change in self.store.changes(self.last, usize::MAX).await? {
            if self.caller.made_itself(&change) {
                self.recorded += 1;
                self.last = change.sequence;
            }
        }
        self.caller.look(&*self.store, self.recorded).await
    }
}

async fn open(url: &str) -> PostgresStore {
    let options = PostgresOptions::from_url(url).unwrap();
    options.open().await.unwrap()
}
