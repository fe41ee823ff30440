//! Whether calls are welcome: `/healthz`, `/readyz` and gRPC's health checks, which all tell the same.
//!
//! The store is looked at in the background, and whoever asks is told what was seen last: so asking costs nothing, and needs
//! no key.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use runner_configuration_server::rpc::Health;
use runner_configuration_service::store::Store;
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// How often the store is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long it has for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What is known of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    /// The store can't be used.
    NoStore,
    Draining,
}

impl State {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Starting => "not ready: the server is starting",
            Self::Ready => "ready",
            // The log has the reason, which is not for everybody.
            Self::NoStore => "not ready: the store does not answer",
            Self::Draining => "not ready: the server is shutting down",
        }
    }
}

/// Whether calls are welcome. Clones are the same.
#[derive(Clone)]
pub(crate) struct Readiness {
    state: Arc<watch::Sender<State>>,
    health: Health,
    /// Held while both are changed, so that they tell the same in the end.
    change: Arc<Mutex<()>>,
}

impl Readiness {
    /// Not yet. `health` is told what is found out.
    pub(crate) fn new(health: Health) -> Self {
        let (state, _) = watch::channel(State::Starting);
        Self {
            state: Arc::new(state),
            health,
            change: Arc::default(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.state.borrow() == State::Ready
    }

    /// Looks at the store once, and then again and again, until the server is shutting down.
    pub(crate) async fn follow(&self, store: Arc<impl Store>) {
        self.look(&*store).await;
        let readiness = self.clone();
        tokio::spawn(async move {
            while *readiness.state.borrow() != State::Draining {
                sleep(INTERVAL).await;
                readiness.look(&*store).await;
            }
        });
    }

    /// Calls are welcome no more.
    pub(crate) async fn drain(&self) {
        let _change = self.change.lock().await;
        self.state.send_replace(State::Draining);
        self.health.set_serving(false).await;
    }

    async fn look(&self, store: &impl Store) {
        // There is no runner with this id: any answer is one.
        let found = match timeout(TIMEOUT, store.runner(Uuid::nil())).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
        };
        let state = match &found {
            Ok(()) => State::Ready,
            Err(_) => State::NoStore,
        };
        let _change = self.change.lock().await;
        let changed = self.state.send_if_modified(|current| {
            let changes = *current != State::Draining && *current != state;
            if changes {
                *current = state;
            }
            changes
        });
        if !changed {
            return;
        }
        match found {
            Ok(()) => tracing::info!("ready"),
            Err(reason) => tracing::error!(reason, "not ready: the store does not answer"),
        }
        self.health.set_serving(state == State::Ready).await;
    }

    /// `/healthz` (the process lives) and `/readyz` (calls are welcome).
    pub(crate) fn routes(&self) -> Router {
        let readiness = self.clone();
        let ready = move || {
            let state = *readiness.state.borrow();
            let status = match state {
                State::Ready => StatusCode::OK,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            async move { text(status, state.sentence()) }
        };
        Router::new()
            .route("/healthz", get(|| async { text(StatusCode::OK, "alive") }))
            .route("/readyz", get(ready))
    }
}

fn text(status: StatusCode, sentence: &str) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{sentence}\n")).into_response()
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readiness")
            .field(&*self.state.borrow())
            .finish()
    }
}
