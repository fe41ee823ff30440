//! Logs: on standard error, as much of them as `RUST_LOG` says.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// Starts logging, for the whole program.
pub(crate) fn start() -> Result<(), Error> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env()
        .map_err(|error| Error::LogFilter(error.to_string()))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    Ok(())
}
