//! What operators look at from outside: metrics and probes, on a listener of their own.

use std::future;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use runner_configuration_server::RunnerConfigurationServiceDispatcher;
use runner_configuration_server::rpc::serve::{ConnectionOptions, serve};
use runner_configuration_server::rpc::{Dispatch, Observer};
use runner_configuration_service::Service;
use runner_configuration_service::store::ObservedStore;
use tokio::net::TcpListener;

use crate::error::Error;
use crate::metrics::{Calls, Metrics, Operations};
use crate::place::AnyStore;
use crate::readiness::Readiness;

/// How many connections the listener for metrics and probes has at once: far more than there are collectors and probes.
const MAX_CONNECTIONS: usize = 128;

/// The store of a server.
pub(crate) type ServedStore = ObservedStore<AnyStore, Operations>;

/// What is counted, where anybody asks for it; otherwise nothing.
pub(crate) struct Observability(Option<Counted>);

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
    ) -> Result<Self, Error> {
        let Some(address) = address else {
            return Ok(Self(None));
        };
        let listener = bind(address, "--metrics-listen").await?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "metrics and probes");
        }
        let methods = RunnerConfigurationServiceDispatcher::<Service<ServedStore>>::METHODS;
        let mut metrics = Metrics::new(methods);
        let counted = Counted {
            calls: metrics.calls.clone(),
            operations: metrics.operations.clone(),
            store: Arc::default(),
        };
        let store = Arc::clone(&counted.store);
        metrics.watch_pool(move || store.get()?.inner().pool_status());
        metrics.watch_readiness(readiness.clone());
        let routes = metrics.routes().merge(readiness.routes());
        connections.max_connections = connections.max_connections.min(MAX_CONNECTIONS);
        tokio::spawn(serve(listener, routes, connections, future::pending()));
        Ok(Self(Some(counted)))
    }

    /// The store, whose operations are counted from now on.
    pub(crate) fn observe(&self, store: AnyStore) -> Arc<ServedStore> {
        let operations = self.0.as_ref().map(|counted| counted.operations.clone());
        let store = Arc::new(ObservedStore::new(store, operations));
        if let Some(counted) = &self.0 {
            let _ = counted.store.set(Arc::clone(&store));
        }
        store
    }

    /// What is to be told of calls.
    pub(crate) fn calls(&self) -> Option<Calls> {
        self.0.as_ref().map(|counted| counted.calls.clone())
    }

    /// What is to be told of connections.
    pub(crate) fn observer(&self) -> Option<Arc<dyn Observer>> {
        Some(Arc::new(self.calls()?))
    }
}

/// Listens on an address that `setting` gave.
pub(crate) async fn bind(address: SocketAddr, setting: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|reason| Error::Listen {
            address,
            reason,
            setting,
        })
}
