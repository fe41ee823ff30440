//! A key that is revoked under load, with two servers on one data folder.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Folder, Server, printed};

const CALLERS: usize = 8;
/// How long is called before and after, in one round.
const LOAD: Duration = Duration::from_millis(500);

struct Call {
    began: Instant,
    ended: Instant,
    status: u16,
}

/// `LOAD_ROUNDS=100` for longer.
fn rounds() -> usize {
    std::env::var("LOAD_ROUNDS").map_or(2, |rounds| rounds.parse().unwrap())
}

#[test]
fn no_call_is_accepted_after_a_revocation_and_none_is_refused_before() {
    let folder = Folder::new();
    let start = || {
        let mut serve = folder.serve();
        // The callers call as fast as they can.
        serve.args(["--rate", "0"]);
        Server::start(serve, &folder)
    };
    let servers = [start(), start()];
    let mut total = 0;
    for _ in 0..rounds() {
        let create = folder
            .command(&["key", "create", "--role", "admin"])
            .output()
            .unwrap();
        let key = String::from_utf8(create.stdout).unwrap();
        let note = String::from_utf8(create.stderr).unwrap();
        let id = note
            .strip_prefix("made key ")
            .unwrap()
            .split(' ')
            .next()
            .unwrap();

        let (stop, calls) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let (revoking, revoked) = scope(|scope| {
            for caller in 0..CALLERS {
                let server = &servers[caller % servers.len()];
                let (stop, calls, key) = (&stop, &calls, key.trim());
                scope.spawn(move || {
                    let own = call_until(stop, server, key);
                    calls.lock().unwrap().extend(own);
                });
            }
            sleep(LOAD);
            let revoking = Instant::now();
            printed(folder.command(&["key", "revoke", id]));
            let revoked = Instant::now();
            sleep(LOAD);
            stop.store(true, Ordering::SeqCst);
            (revoking, revoked)
        });
        let (mut before, mut after) = (0, 0);
        for call in calls.into_inner().unwrap() {
            match call.status {
                // The promise is a second; it holds from the next call on.
                200 => assert!(call.began < revoked, "accepted after the revocation"),
                401 => assert!(call.ended > revoking, "refused before the revocation"),
                status => panic!("HTTP {status}"),
            }
            before += usize::from(call.ended < revoking);
            after += usize::from(call.began >= revoked);
            total += 1;
        }
        assert!(
            before >= CALLERS && after >= CALLERS,
            "{before} before, {after} after"
        );
    }
    println!("{total} calls over {} revocations", rounds());
}

fn call_until(stop: &AtomicBool, server: &Server, key: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let status = server.call(key, "ListLLMIntegrations", &json!({})).status;
        let ended = Instant::now();
        calls.push(Call {
            began,
            ended,
            status,
        });
    }
    calls
}
