//! Crashes: after each, every change that was acknowledged is there, whole, and no other is there by half.
//!
//! Several callers change the store at once; see [`workload`]. Each knows what it was answered, so after the crash there
//! are two states at most that its part of the store may be in: the last acknowledged one, and that after the change
//! that was under way.
//!
//! - [`kill`]: a process that works on the SQLite store is killed at random moments.
//! - [`power`]: the file layer below it loses, at a random operation, what was not synced: all of it, or random parts.
//! - [`replicas`]: PostgreSQL is killed at random moments, under two processes that go on when it is back.
//! - [`faults`]: the file layer fails, and works again.
//!
//! The environment variable `CRASH_ROUNDS` says how many rounds each test makes; by default they are a few. Of
//! [`replicas`] there are a tenth as many, but never fewer than three.

#![cfg(test)]
#![cfg(unix)]

mod disk;
mod faults;
mod kill;
#[cfg(feature = "postgres")]
#[path = "../postgres/mod.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod postgres;
mod power;
#[path = "../store_suite/random.rs"]
mod random;
#[cfg(feature = "postgres")]
mod replicas;
mod vfs;
mod workload;

/// How many rounds each test makes.
fn rounds() -> u32 {
    std::env::var("CRASH_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap())
}
