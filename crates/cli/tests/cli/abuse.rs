//! Attacks on a server, each beside a caller that behaves well: the right errors, bounded memory, nothing left behind.

mod attacks;
mod bombs;
mod caller;
mod process;
mod wire;

use std::future::Future;

use attacks::Tally;
use caller::Caller;
use process::Process;
use wire::Target;

use crate::http2;
use crate::support::{Folder, Server, user_key};

/// The most that a server may ever take, whatever is done to it.
const MAX_BYTES: u64 = 200 * 1024 * 1024;

/// How often an attack is repeated, at least and at most. What is left behind by each of them adds up. What an allocator keeps
/// for later does not, but it comes and goes: some round has to leave no more than those before it.
const ROUNDS: std::ops::RangeInclusive<usize> = 3..=8;

/// By how much that may differ.
const SLACK_BYTES: u64 = 8 * 1024 * 1024;

/// The store opens some files when it gets busy for the first time; and the caller that behaves well, a connection.
const MORE_FILES: usize = 16;

/// Attacks a server for some rounds, beside a caller that has to be answered all the time.
fn withstand<F: Future<Output = Tally>>(
    attack: impl Fn(Target) -> F,
    settings: &[&str],
    expected: &[(&str, usize)],
) {
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.arg("--demo").args(settings);
    for time in ["--body-timeout", "--call-timeout"] {
        // Where they are not what is looked at, a machine may be as slow as it likes.
        if !settings.contains(&time) {
            serve.args([time, "600"]);
        }
    }
    let server = Server::start(serve, &folder);
    let user = "user:0195f2b1-7c00-7000-8000-000000000001";
    let target = Target {
        port: server.port(),
        key: user_key(&folder, user),
    };
    let good = Target {
        port: server.port(),
        key: folder.admin_key(),
    };
    let process = Process(server.id());
    let caller = Caller::start(good);
    caller.wait_for_answers();

    let open_files = process.open_files() + MORE_FILES;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let expected: Tally = expected
        .iter()
        .map(|(outcome, times)| ((*outcome).to_owned(), *times))
        .collect();
    let mut after = Vec::new();
    loop {
        let outcomes = runtime.block_on(attack(target.clone()));
        assert_eq!(outcomes, expected);
        process.wait_for(open_files);
        after.push(process.settled_bytes());
        if after.len() >= *ROUNDS.start() && (is_level(&after) || after.len() == *ROUNDS.end()) {
            break;
        }
    }
    let answered = caller.stop().len();
    let peak = process.peak_bytes();
    println!("{answered} answered; peak {peak} bytes, {after:?} after each round");
    assert!(peak < MAX_BYTES, "{peak} bytes");
    assert!(is_level(&after), "{after:?} bytes");
    server.stop();
}

/// Whether a server takes no more memory after the last round than it did after another.
fn is_level(after: &[u64]) -> bool {
    let (last, before) = after.split_last().unwrap();
    before.iter().any(|bytes| *last < bytes + SLACK_BYTES)
}

#[test]
fn headers_that_do_not_end() {
    let settings = ["--header-timeout", "1"];
    withstand(attacks::slow_headers, &settings, &[("closed", 500)]);
}

#[test]
fn headers_that_are_as_large_as_they_may_be_and_do_not_end() {
    let settings = ["--header-timeout", "2"];
    withstand(attacks::large_headers, &settings, &[("closed", 5000)]);
}

#[test]
fn bodies_that_do_not_end() {
    let expected = [
        ("504 deadline_exceeded", 100),
        ("grpc 4", 100),
        ("401 unauthenticated", 100),
        ("grpc 16", 100),
        ("grpc 11", 100),
    ];
    withstand(attacks::slow_bodies, &["--body-timeout", "2"], &expected);
}

#[test]
fn connections_that_are_idle() {
    withstand(attacks::idle_connections, &[], &[("opened", attacks::IDLE)]);
}

#[test]
fn streams_that_are_reset_at_once() {
    withstand(attacks::rapid_resets, &[], &[("goaway 11", 50)]);
}

#[test]
fn messages_that_unpack_to_gigabytes() {
    let expected = [("429 resource_exhausted", 20), ("grpc 8", 20)];
    withstand(attacks::compressed_bombs, &[], &expected);
}

#[test]
fn messages_that_unpack_into_a_window_of_a_gigabyte() {
    let expected = [("400 invalid_argument", 8), ("grpc 3", 8)];
    withstand(attacks::large_window_bombs, &[], &expected);
}

#[test]
fn bodies_of_a_gigabyte() {
    let expected = [("429 resource_exhausted", 4), ("grpc 8", 6)];
    withstand(attacks::huge_bodies, &[], &expected);
}

#[test]
fn more_large_messages_than_there_is_room_for() {
    let expected = [("200 or 503 unavailable", 40), ("grpc 0 or 14", 40)];
    withstand(attacks::many_large_bodies, &[], &expected);
}

#[test]
fn messages_that_are_nested_a_million_times() {
    let expected = [("400 invalid_argument", 10), ("429 resource_exhausted", 2)];
    withstand(attacks::deep_messages, &[], &expected);
}

#[test]
fn a_key_that_calls_as_fast_as_it_can() {
    let expected = [("429 resource_exhausted", 64), ("grpc 8", 8)];
    let settings = ["--rate", "120", "--rate-burst", "120"];
    withstand(attacks::hog, &settings, &expected);
}
