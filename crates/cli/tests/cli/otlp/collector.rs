//! A collector that keeps what it receives.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

#[derive(Clone, Copy, Debug)]
pub(super) enum Behaviour {
    Takes,
    Refuses,
    Hangs,
}

/// Ends with the test.
pub(super) struct Collector {
    address: SocketAddr,
    requests: Requests,
    runtime: Runtime,
}

/// What was received.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    pub(super) headers: Vec<HeaderMap>,
    pub(super) traces: Vec<ExportTraceServiceRequest>,
    pub(super) metrics: Vec<ExportMetricsServiceRequest>,
}

#[derive(Clone)]
struct Requests {
    behaviour: Behaviour,
    received: Arc<Mutex<Received>>,
}

impl Collector {
    pub(super) fn start(behaviour: Behaviour) -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), behaviour)
    }

    pub(super) fn start_on(address: SocketAddr, behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let requests = Requests {
            behaviour,
            received: Arc::default(),
        };
        let routes = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(requests.clone());
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self {
            address,
            requests,
            runtime,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn received(&self) -> Received {
        self.requests.received.lock().unwrap().clone()
    }

    /// How many requests arrived.
    pub(super) fn requests(&self) -> usize {
        self.received().headers.len()
    }

    /// Breaks all connections, and takes no more. Returns where it was.
    pub(super) fn stop(self) -> SocketAddr {
        self.runtime.shutdown_background();
        self.address
    }
}

impl Received {
    pub(super) fn spans(&self) -> Vec<Span> {
        let resources = self
            .traces
            .iter()
            .flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// What the last metrics say, which count from the start.
    pub(super) fn last_metrics(&self) -> Vec<Metric> {
        let resources = &self.metrics.last().unwrap().resource_metrics;
        let scopes = resources.iter().flat_map(|one| &one.scope_metrics);
        scopes.flat_map(|scope| scope.metrics.clone()).collect()
    }

    pub(super) fn resources(&self) -> Vec<Resource> {
        let of_spans = self
            .traces
            .iter()
            .flat_map(|request| &request.resource_spans);
        let of_spans = of_spans.map(|one| one.resource.clone().unwrap());
        let of_metrics = self
            .metrics
            .iter()
            .flat_map(|request| &request.resource_metrics);
        let of_metrics = of_metrics.map(|one| one.resource.clone().unwrap());
        of_spans.chain(of_metrics).collect()
    }
}

async fn traces(State(requests): State<Requests>, headers: HeaderMap, body: Bytes) -> Response {
    let request = Message::decode(body).unwrap();
    requests
        .take(headers, |received| received.traces.push(request))
        .await
}

async fn metrics(State(requests): State<Requests>, headers: HeaderMap, body: Bytes) -> Response {
    let request = Message::decode(body).unwrap();
    requests
        .take(headers, |received| received.metrics.push(request))
        .await
}

impl Requests {
    /// Answers as a collector that takes all, with an empty message, or as it is to behave.
    async fn take(&self, headers: HeaderMap, keep: impl FnOnce(&mut Received)) -> Response {
        {
            let mut received = self.received.lock().unwrap();
            received.headers.push(headers);
            keep(&mut received);
        }
        match self.behaviour {
            Behaviour::Takes => [(header::CONTENT_TYPE, "application/x-protobuf")].into_response(),
            Behaviour::Refuses => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Behaviour::Hangs => pending().await,
        }
    }
}
