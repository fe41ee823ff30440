//! What operators look at from outside: metrics and probes, on a listener of their own.

use std::future;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use runner_configuration_server::RunnerConfigurationServiceDispatcher;
use runner_configuration_server::rpc::serve::{ConnectionOptions, bind, serve};
use runner_configuration_server::rpc::{Dispatch, ObservedCall, Observer, Refusal};
use runner_configuration_service::Service;
use runner_configuration_service::store::ObservedStore;
use tokio::net::TcpListener;
use tonic::Code;

use crate::error::Error;
use crate::metrics::{Calls, Metrics, Operations};
use crate::otlp::{CallMetrics, Telemetry};
use crate::place::AnyStore;
use crate::readiness::Readiness;

/// How many connections the listener for metrics and probes has at once: far more than there are collectors and probes.
const MAX_CONNECTIONS: usize = 128;

/// The store of a server.
pub(crate) type ServedStore = ObservedStore<AnyStore, Operations>;

/// What is counted, where anybody asks for it; otherwise nothing.
pub(crate) struct Observability {
    counted: Option<Counted>,
    /// The same, for a collector.
    sent: Option<CallMetrics>,
}

struct Counted {
    calls: Calls,
    operations: Operations,
    /// Not there yet while the server starts.
    store: Arc<OnceLock<Arc<ServedStore>>>,
}

impl Observability {
    /// Answers on `address` from now on, until the program ends. Its connections are bounded as those of calls are.
    pub(crate) async fn start(
        address: Option<SocketAddr>,
        mut connections: ConnectionOptions,
        readiness: &Readiness,
        telemetry: Option<&mut Telemetry>,
        database: &'static str,
    ) -> Result<Self, Error> {
        let methods = RunnerConfigurationServiceDispatcher::<Service<ServedStore>>::METHODS;
        let spans = telemetry.as_ref().map(|telemetry| telemetry.span_counts());
        let sent = telemetry.map(|telemetry| telemetry.start(methods, database));
        let sent = sent.transpose()?;
        let Some(address) = address else {
            return Ok(Self {
                counted: None,
                sent,
            });
        };
        let listener = listen(address, "--metrics-listen")?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "metrics and probes");
        }
        let mut metrics = Metrics::new(methods);
        let counted = Counted {
            calls: metrics.calls.clone(),
            operations: metrics.operations.clone(),
            store: Arc::default(),
        };
        let store = Arc::clone(&counted.store);
        metrics.watch_pool(move || store.get()?.inner().pool_status());
        metrics.watch_readiness(readiness.clone());
        if let Some(spans) = spans {
            metrics.watch_spans(spans);
        }
        let routes = metrics.routes().merge(readiness.routes());
        connections.max_connections = connections.max_connections.min(MAX_CONNECTIONS);
        tokio::spawn(serve(listener, routes, connections, future::pending()));
        Ok(Self {
            counted: Some(counted),
            sent,
        })
    }

    /// The store, whose operations are counted from now on.
    pub(crate) fn observe(&self, store: AnyStore) -> Arc<ServedStore> {
        let operations = self
            .counted
            .as_ref()
            .map(|counted| counted.operations.clone());
        let store = Arc::new(ObservedStore::new(store, operations));
        if let Some(counted) = &self.counted {
            let _ = counted.store.set(Arc::clone(&store));
        }
        store
    }

    /// What is to be told of calls and connections, if anybody is.
    pub(crate) fn observer(&self) -> Option<CallObservers> {
        let counted = self.counted.as_ref().map(|counted| counted.calls.clone());
        let sent = self.sent.clone();
        (counted.is_some() || sent.is_some()).then_some(CallObservers { counted, sent })
    }
}

/// All that are told of calls and connections.
#[derive(Clone, Debug)]
pub(crate) struct CallObservers {
    counted: Option<Calls>,
    sent: Option<CallMetrics>,
}

impl CallObservers {
    fn each(&self, tell: impl Fn(&dyn Observer)) {
        if let Some(counted) = &self.counted {
            tell(counted);
        }
        if let Some(sent) = &self.sent {
            tell(sent);
        }
    }
}

impl Observer for CallObservers {
    fn on_start(&self, call: ObservedCall) {
        self.each(|observer| observer.on_start(call));
    }

    fn on_end(&self, call: ObservedCall, code: Code, duration: Duration) {
        self.each(|observer| observer.on_end(call, code, duration));
    }

    fn on_refused(&self, reason: Refusal) {
        self.each(|observer| observer.on_refused(reason));
    }
}

/// Listens on an address that `setting` gave.
pub(crate) fn listen(address: SocketAddr, setting: &'static str) -> Result<TcpListener, Error> {
    bind(address).map_err(|reason| Error::Listen {
        address,
        reason,
        setting,
    })
}
