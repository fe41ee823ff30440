//! What `run.py` runs:
//!
//! - `serve PORT`: our server, over prepared replies;
//! - `measure codecs | sqlite FOLDER | postgres | client URL`: measures what standard input asks for;
//! - `prepare FOLDER CLASSES`: requests, and a filled store.

mod micro;
mod ours;
mod prepare;

use std::path::Path;

use benches_common::Failure;
use benches_common::server::{Arguments, run, runtime};

#[path = "../../../crates/cli/src/allocator.rs"]
mod allocator;

/// As the program.
#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

const USAGE: &str = "usage: serve PORT | measure WHAT … | prepare FOLDER CLASSES";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve", arguments @ ..] => run(ours::serve(Arguments::parse(arguments)?)),
        ["measure", what @ ..] => micro::measure(what),
        ["prepare", folder, classes] => {
            runtime()?.block_on(prepare::prepare(Path::new(folder), classes))
        }
        _ => Err(USAGE.into()),
    }
}
