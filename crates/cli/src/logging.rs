//! Logs: on standard error.

mod fields;

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use self::fields::{JsonFields, TextFields};
use crate::error::Error;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: an object on each line.
    Json,
}

/// What is logged, by a text such as `warn,rpc=debug`.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, Error> {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(text)
        .map_err(|error| Error::LogFilter(error.to_string()))
}

/// Starts logging, for the whole program.
pub(crate) fn start(filter: EnvFilter, format: Format) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        Format::Text => subscriber.fmt_fields(TextFields).init(),
        // The span with the fields of a call is enough; it is the only one.
        Format::Json => subscriber
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .fmt_fields(JsonFields)
            .init(),
    }
}
