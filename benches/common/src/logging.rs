//! The log as `runnerconf serve` has it: the spans of calls are on.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use self::fields::TextFields;
use crate::Failure;

#[path = "../../../crates/cli/src/logging/fields.rs"]
#[allow(dead_code, reason = "the program can log in JSON, too")]
mod fields;

/// Starts logging as `RUST_LOG` says, for the whole program; else from `info` on.
pub fn start() -> Result<(), Failure> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env()?)
        .with_writer(io::stderr)
        .fmt_fields(TextFields)
        .init();
    Ok(())
}
