//! Traces and metrics for an OpenTelemetry collector, over OTLP.
//!
//! Nothing here may hold up a call: what calls leave behind goes into queues that are bounded, and what finds no place is
//! dropped and counted. Everything else is done elsewhere than where calls are answered.

#[cfg(not(feature = "otlp"))]
mod absent;
mod arguments;
#[cfg(feature = "otlp")]
mod calls;
#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod conventions;
#[cfg(feature = "otlp")]
mod parent;
mod span_counts;
#[cfg(feature = "otlp")]
mod spans;
#[cfg(feature = "otlp")]
mod telemetry;

#[cfg(not(feature = "otlp"))]
pub(crate) use self::absent::{CallMetrics, Telemetry};
pub(crate) use self::arguments::OtlpArguments;
#[cfg(feature = "otlp")]
pub(crate) use self::calls::CallMetrics;
pub(crate) use self::span_counts::SpanCounts;
#[cfg(feature = "otlp")]
pub(crate) use self::telemetry::Telemetry;
