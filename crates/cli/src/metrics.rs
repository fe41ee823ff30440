//! Metrics, in the text format of [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/), which Prometheus
//! reads.
//!
//! What is counted in the path of a call is an array of atomic numbers, found by index. Names and labels are put to them
//! when somebody asks.

mod histogram;
mod process;
mod rpc;
mod store;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use runner_configuration_server::rpc::Method;
use runner_configuration_service::store::postgres::PoolStatus;

#[cfg(feature = "otlp")]
pub(crate) use self::histogram::bounds_in_seconds;
pub(crate) use self::rpc::Calls;
pub(crate) use self::store::Operations;
use crate::otlp::SpanCounts;
use crate::readiness::Readiness;

/// Everything that is counted.
pub(crate) struct Metrics {
    pub(crate) calls: Calls,
    pub(crate) operations: Operations,
    registry: Registry,
}

impl Metrics {
    /// Of a service with these RPCs.
    pub(crate) fn new(methods: &'static [Method]) -> Self {
        let calls = Calls::new(methods);
        let operations = Operations::default();
        let mut registry = Registry::default();
        registry.register(
            "runnerconf_build",
            "The program that runs",
            Info::new([("version", crate::VERSION)]),
        );
        for collector in [
            Box::new(calls.clone()) as Box<dyn Collector>,
            Box::new(operations.clone()),
            Box::new(process::Process),
        ] {
            registry.register_collector(collector);
        }
        Self {
            calls,
            operations,
            registry,
        }
    }

    /// Counts the connections of a store, too.
    pub(crate) fn watch_pool(
        &mut self,
        status: impl Fn() -> Option<PoolStatus> + Send + Sync + 'static,
    ) {
        self.registry
            .register_collector(Box::new(store::Pool(status)));
    }

    /// Says whether calls are welcome, too.
    pub(crate) fn watch_readiness(&mut self, readiness: Readiness) {
        self.registry.register_collector(Box::new(readiness));
    }

    /// Says what becomes of spans that are sent elsewhere, too.
    pub(crate) fn watch_spans(&mut self, counts: SpanCounts) {
        self.registry.register_collector(Box::new(counts));
    }

    /// `/metrics`.
    pub(crate) fn routes(self) -> Router {
        let registry = Arc::new(self.registry);
        Router::new().route(
            "/metrics",
            get(move || {
                let text = respond(&registry);
                async { text }
            }),
        )
    }
}

fn respond(registry: &Registry) -> Response {
    let mut text = String::new();
    match text::encode(&mut text, registry) {
        Ok(()) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Collector for Readiness {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "1 while calls are welcome, as /readyz and gRPC's health checks say.";
        gauge(
            &mut encoder,
            "runnerconf_ready",
            help,
            Some(u64::from(self.is_ready())),
        )
    }
}

/// A number without labels; without a value, only what it would mean.
fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: Option<u64>,
) -> fmt::Result {
    let mut gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    match value {
        Some(value) => gauge.encode_gauge(&value),
        None => Ok(()),
    }
}
