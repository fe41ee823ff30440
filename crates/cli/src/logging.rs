//! Logs: on standard error.

mod fields;

use std::io;

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, ParseError, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use self::fields::{JsonFields, TextFields};
use crate::error::Error;
use crate::otlp::Telemetry;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: an object on each line.
    Json,
}

/// What is logged, by a text such as `warn,runner_configuration_server=debug`.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, Error> {
    let invalid = |error: ParseError| Error::LogFilter(error.to_string());
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(text)
        .map_err(invalid)?;
    // Those spans are for traces: a line of the log has that of its call.
    let directive = "runner_configuration_service::store::observed=off";
    Ok(filter.add_directive(directive.parse().map_err(invalid)?))
}

/// Starts logging, for the whole program, and tells `telemetry` the same.
pub(crate) fn start(filter: EnvFilter, format: Format, telemetry: Option<&Telemetry>) {
    // The span with the fields of a call is enough; it is the only one.
    let Some(telemetry) = telemetry else {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr);
        return match format {
            Format::Text => subscriber.fmt_fields(TextFields).init(),
            Format::Json => subscriber
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .fmt_fields(JsonFields)
                .init(),
        };
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        Format::Text => lines.fmt_fields(TextFields).boxed(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .fmt_fields(JsonFields)
            .boxed(),
    };
    // Each has a filter of its own: what the log leaves out is sent all the same. The spans of calls are there anyway, so
    // that the log has them, too: with the trace that they belong to.
    tracing_subscriber::registry()
        .with(lines.with_filter(filter.or(filter_fn(is_call))))
        .with(telemetry.layer())
        .init();
}

/// The server's spans.
fn is_call(metadata: &Metadata<'_>) -> bool {
    let is_the_servers = metadata.target().starts_with("runner_configuration_server");
    metadata.is_span() && is_the_servers && metadata.name() == "rpc"
}
