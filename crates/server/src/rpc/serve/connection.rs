//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::body::Body;
use http::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;

use super::activity::Noted;
use super::end::End;
use super::guarded::Guarded;
use super::open::Place;
use super::turns::Spawner;

/// Serves a connection until its caller ends it, or it is told to.
pub(super) async fn serve<I, S>(io: I, service: S, builder: Builder<Spawner>, place: Place)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let io = TokioIo::new(Noted::new(io, Arc::clone(&place.activity)));
    let service = Guarded {
        service,
        activity: Arc::clone(&place.activity),
    };
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut is_ending = false;
    let broke = poll_fn(|context| {
        loop {
            // First: there is nearly always something to do for it.
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(ended.err());
            }
            match place.activity.end.poll(context) {
                End::AfterItsCalls if !is_ending => {
                    connection.as_mut().graceful_shutdown();
                    is_ending = true;
                }
                End::Open | End::AfterItsCalls => return Poll::Pending,
                End::Now => return Poll::Ready(None),
            }
        }
    });
    if let Some(error) = broke.await {
        tracing::debug!(%error, "a connection broke");
    }
}
