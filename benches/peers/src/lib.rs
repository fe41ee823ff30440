//! The servers that ours is compared with: one library, for a program with the system's allocator, as their users get
//! them, and one with that of ours.

mod with_axum;
mod with_connect_rust;
mod with_hyper;
mod with_tonic;

use benches_common::Failure;
use benches_common::server::{Arguments, run};

/// Runs what the command line asks for: `NAME PORT REPLIES`.
pub fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((name, arguments)) = arguments.split_first() else {
        return Err("usage: NAME PORT REPLIES".into());
    };
    let arguments = Arguments::parse(arguments)?;
    match *name {
        "connect-rust" => run(with_connect_rust::serve(arguments)),
        "tonic" => run(with_tonic::serve(arguments)),
        "axum" => run(with_axum::serve(arguments)),
        "hyper" => run(with_hyper::serve(arguments)),
        _ => Err(format!("no server {name}").into()),
    }
}
