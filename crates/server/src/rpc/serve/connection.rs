//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::Service;

use super::ConnectionOptions;
use super::activity::{Noted, Verdict, Watch};
use super::guarded::Guarded;
use super::open::Place;

pub(super) struct Connection {
    pub(super) builder: Arc<Builder<TokioExecutor>>,
    pub(super) options: Arc<ConnectionOptions>,
    pub(super) place: Place,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Connection {
    pub(super) async fn serve<I, S>(self, io: I, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
    {
        let Self {
            builder,
            options,
            place,
            mut stopped,
        } = self;
        let activity = Arc::clone(&place.activity);
        let io = TokioIo::new(Noted::new(io, Arc::clone(&activity)));
        let service = Guarded {
            service,
            activity: Arc::clone(&activity),
        };
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut watch = Watch::new(
            Arc::clone(&activity),
            options.ticks(options.header_timeout),
            options.ticks(options.idle_timeout),
        );
        let mut ticks = tokio::time::interval(options.tick());
        ticks.reset();
        let mut is_stopping = false;
        loop {
            tokio::select! {
                // The connection first: there is nearly always something to do for it.
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke");
                    }
                    return;
                }
                _ = ticks.tick() => match watch.look() {
                    Verdict::Keep => {}
                    // Once more, and it has had the time to end by itself.
                    Verdict::Idle if !is_stopping => {
                        tracing::debug!("a connection was idle for too long");
                        connection.as_mut().graceful_shutdown();
                        is_stopping = true;
                    }
                    Verdict::Idle => return,
                    Verdict::Slow => {
                        tracing::debug!("the headers of a request took too long");
                        return;
                    }
                },
                _ = stopped.changed(), if !is_stopping => {
                    connection.as_mut().graceful_shutdown();
                    is_stopping = true;
                }
                () = activity.evicted.notified() => {
                    tracing::debug!("an idle connection gave way to a new one");
                    return;
                }
            }
        }
    }
}
