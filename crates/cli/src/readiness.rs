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
use runner_configuration_service::store::{Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// How often the store is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long it has for an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many looks in a row have to fail before a server that was ready is so no more: a single one may be a hiccup, and
/// taking a server away for it would move its load to others that have the same store.
const FAILURES: u32 = 2;

/// What is known of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    /// Calls are welcome, but some may have to be made again: somebody else holds the store.
    Busy,
    /// The store can't be used.
    NoStore,
    Draining,
}

/// What a look at the store showed.
#[derive(Debug)]
enum Look {
    Answer,
    Busy,
    /// Why there was no answer.
    Failure(String),
}

impl State {
    const fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::Busy)
    }

    /// What it is after this look, which is the last of so many failures in a row.
    const fn after(self, look: &Look, failures: u32) -> Self {
        match (self, look) {
            (Self::Draining, _) => Self::Draining,
            (_, Look::Answer) => Self::Ready,
            (_, Look::Busy) => Self::Busy,
            (Self::Ready | Self::Busy, Look::Failure(_)) if failures < FAILURES => self,
            (_, Look::Failure(_)) => Self::NoStore,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Starting => "not ready: the server is starting",
            Self::Ready => "ready",
            Self::Busy => "ready, but the store is busy",
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
        self.state.borrow().is_ready()
    }

    /// Looks at the store once, and then again and again, until the server is shutting down.
    pub(crate) async fn follow(&self, store: Arc<impl Store>) {
        let mut failures = 0;
        self.note(look(&*store).await, &mut failures).await;
        let readiness = self.clone();
        tokio::spawn(async move {
            while *readiness.state.borrow() != State::Draining {
                sleep(INTERVAL).await;
                readiness.note(look(&*store).await, &mut failures).await;
            }
        });
    }

    /// Calls are welcome no more.
    pub(crate) async fn drain(&self) {
        let _change = self.change.lock().await;
        self.state.send_replace(State::Draining);
        self.health.set_serving(false).await;
    }

    /// Takes note of a look, after so many failures in a row.
    async fn note(&self, look: Look, failures: &mut u32) {
        *failures = match look {
            Look::Failure(_) => failures.saturating_add(1),
            _ => 0,
        };
        let _change = self.change.lock().await;
        let before = *self.state.borrow();
        let state = before.after(&look, *failures);
        if let Look::Failure(reason) = &look
            && state.is_ready()
        {
            tracing::warn!(reason, "the store did not answer; it is looked at again");
        }
        if state == before {
            return;
        }
        self.state.send_replace(state);
        match look {
            Look::Answer => tracing::info!("ready"),
            Look::Busy => tracing::warn!("ready, but the store is busy"),
            Look::Failure(reason) => {
                tracing::error!(reason, "not ready: the store does not answer");
            }
        }
        self.health.set_serving(state.is_ready()).await;
    }

    /// `/healthz` (the process lives) and `/readyz` (calls are welcome).
    pub(crate) fn routes(&self) -> Router {
        let readiness = self.clone();
        let ready = move || {
            let state = *readiness.state.borrow();
            let status = match state.is_ready() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            async move { text(status, state.sentence()) }
        };
        Router::new()
            .route("/healthz", get(|| async { text(StatusCode::OK, "alive") }))
            .route("/readyz", get(ready))
    }
}

async fn look(store: &impl Store) -> Look {
    // There is no runner with this id: any answer is one.
    match timeout(TIMEOUT, store.runner(Uuid::nil())).await {
        Ok(Ok(_)) => Look::Answer,
        Ok(Err(StoreError::Busy)) => Look::Busy,
        Ok(Err(error)) => Look::Failure(error.to_string()),
        Err(_) => Look::Failure(format!("no answer within {} s", TIMEOUT.as_secs())),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Look {
        Look::Failure("the cable is cut".into())
    }

    async fn after(looks: impl IntoIterator<Item = Look>) -> State {
        let readiness = Readiness::new(Health::new([]).await);
        let mut failures = 0;
        for look in looks {
            readiness.note(look, &mut failures).await;
        }
        *readiness.state.borrow()
    }

    #[tokio::test]
    async fn one_failure_is_borne_and_two_in_a_row_are_not() {
        use Look::{Answer, Busy};
        for (looks, expected) in [
            (vec![], State::Starting),
            (vec![Answer], State::Ready),
            (vec![Answer, failure()], State::Ready),
            (vec![Answer, failure(), Answer, failure()], State::Ready),
            (vec![Answer, failure(), failure()], State::NoStore),
            (vec![Answer, failure(), failure(), Answer], State::Ready),
            // Nobody was told that calls are welcome, so nothing is taken back.
            (vec![failure()], State::NoStore),
            (vec![Answer, Busy, Busy, Busy], State::Busy),
            (vec![Answer, Busy, failure()], State::Busy),
            (vec![Busy, failure(), failure()], State::NoStore),
            (vec![Answer, failure(), Busy, failure()], State::Busy),
        ] {
            let described = format!("{looks:?}");
            assert_eq!(after(looks).await, expected, "{described}");
        }
    }

    #[tokio::test]
    async fn a_server_that_drains_stays_so_whatever_the_store_answers() {
        let readiness = Readiness::new(Health::new([]).await);
        readiness.drain().await;
        for look in [Look::Answer, Look::Busy, failure()] {
            readiness.note(look, &mut 0).await;
            assert!(!readiness.is_ready());
            assert_eq!(*readiness.state.borrow(), State::Draining);
        }
    }

    #[test]
    fn a_busy_store_is_no_reason_to_turn_calls_away() {
        assert!(State::Busy.is_ready());
        assert!(!State::NoStore.is_ready());
    }
}
