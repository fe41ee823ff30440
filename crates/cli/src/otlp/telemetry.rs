use std::thread;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    MetricExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter as _};
use runner_configuration_server::rpc::Method;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::collector::{CollectorClient, TIMEOUT};
use super::conventions::{CALL, OPERATION};
use super::parent::ParentLayer;
use super::spans::{self, Sending};
use super::{CallMetrics, OtlpArguments, SpanCounts};
use crate::error::Error;

/// The name of what makes the spans and metrics.
const SCOPE: &str = "runnerconf";

/// How long the end of the program waits for the collector.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What is told to a collector.
pub(crate) struct Telemetry {
    arguments: OtlpArguments,
    resource: Resource,
    tracers: SdkTracerProvider,
    /// Until sending starts.
    spans: Option<mpsc::Receiver<SpanData>>,
    counts: SpanCounts,
    running: Option<Running>,
}

struct Running {
    meters: SdkMeterProvider,
    sending: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Telemetry {
    /// Nothing, unless there is a collector. Spans are gathered from now on; nothing is sent yet.
    pub(crate) fn new(arguments: &OtlpArguments) -> Result<Option<Self>, Error> {
        if !arguments.is_given() {
            return Ok(None);
        }
        let resource = Resource::builder()
            .with_service_name(arguments.service_name())
            .with_attribute(KeyValue::new("service.version", crate::VERSION))
            .with_attribute(KeyValue::new(
                "service.instance.id",
                uuid::Uuid::now_v7().to_string(),
            ))
            .build();
        let counts = SpanCounts::default();
        let (queue, spans) = spans::queue(counts.clone());
        let tracers = SdkTracerProvider::builder()
            .with_sampler(arguments.sampler())
            .with_resource(resource.clone())
            .with_span_processor(queue)
            .build();
        Ok(Some(Self {
            arguments: arguments.clone(),
            resource,
            tracers,
            spans: Some(spans),
            counts,
            running: None,
        }))
    }

    /// Makes spans of what the log is told, whatever the log itself keeps.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracers.tracer(SCOPE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_sent))
    }

    /// Sends from now on, to the end of the program. The store is in this kind of database.
    pub(crate) fn start(
        &mut self,
        methods: &[Method],
        database: &'static str,
    ) -> Result<CallMetrics, Error> {
        let client = CollectorClient::new(self.arguments.is_https())?;
        let headers = self.arguments.headers()?;
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(self.arguments.url("traces"))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(TIMEOUT)
            .with_headers(headers.clone())
            .build()
            .map_err(|error| Error::Otlp(error.into()))?;
        exporter.set_resource(&self.resource);
        let metrics = MetricExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(self.arguments.url("metrics"))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(TIMEOUT)
            .with_headers(headers)
            .build()
            .map_err(|error| Error::Otlp(error.into()))?;
        let reader = PeriodicReader::builder(metrics)
            .with_interval(self.arguments.metrics_interval())
            .build();
        let meters = SdkMeterProvider::builder()
            .with_resource(self.resource.clone())
            .with_reader(reader)
            .build();
        let calls = CallMetrics::new(&meters.meter(SCOPE), methods);
        let (stop, stopping) = watch::channel(false);
        if let Some(spans) = self.spans.take() {
            let sending = Sending {
                spans,
                exporter,
                database,
                counts: self.counts.clone(),
                patience: 2 * TIMEOUT,
                stopping,
            };
            self.running = Some(Running {
                meters,
                sending: tokio::spawn(sending.run()),
                stop,
            });
        }
        Ok(calls)
    }

    /// What becomes of spans.
    pub(crate) fn span_counts(&self) -> SpanCounts {
        self.counts.clone()
    }

    /// For the server of calls.
    pub(crate) const fn parent_layer(&self) -> ParentLayer {
        ParentLayer
    }

    /// Sends what is left, as far as the collector takes it in time.
    pub(crate) async fn stop(self) {
        let Some(running) = self.running else {
            return;
        };
        running.stop.send_replace(true);
        let (done, metrics) = oneshot::channel();
        // It waits for the collector, and not as a task does; the end of the program does not wait for it.
        thread::spawn(move || {
            let _ = running.meters.shutdown();
            let _ = done.send(());
        });
        let last = async { (running.sending.await, metrics.await) };
        if timeout(LAST_WORDS, last).await.is_err() {
            tracing::warn!(
                "the OpenTelemetry collector did not take the last spans and metrics in time"
            );
        }
    }
}

/// Spans of calls and of what the store does for them.
fn is_sent(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().starts_with("runner_configuration_");
    metadata.is_span() && is_ours && [CALL, OPERATION].contains(&metadata.name())
}
