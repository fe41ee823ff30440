//! The program, run as people run it: its arguments, what it prints, what it leaves behind, and how it ends.

#![cfg(test)]
#![cfg(unix)]

mod admin_key;
mod audit;
mod demo;
mod keys;
mod obstacles;
mod runners;
mod serving;
mod shutdown;
mod support;
mod transport;
