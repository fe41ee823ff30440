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
use super::outbox::Outbox;
use super::turns::Spawner;

/// Serves a connection until its caller ends it, or it is told to.
pub(super) async fn serve<I, S>(io: I, service: S, builder: Builder<Spawner>, place: Place)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let outbox = Outbox::new(io, Arc::clone(&place.activity));
    let io = TokioIo::new(Noted::new(outbox.clone(), Arc::clone(&place.activity)));
    let service = Guarded {
        service,
        activity: Arc::clone(&place.activity),
    };
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut is_ending = false;
    let mut has_waited = false;
    let broke = poll_fn(|context| {
        loop {
            // First: there is nearly always something to do for it.
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                // Where it broke, why; as far as the socket takes it.
                let _ = outbox.poll_send(context);
                return Poll::Ready(ended.err());
            }
            match place.activity.end.poll(context) {
                End::AfterItsCalls if !is_ending => {
                    connection.as_mut().graceful_shutdown();
                    is_ending = true;
                    continue;
                }
                End::Open | End::AfterItsCalls => {}
                End::Now => {
                    // It may have been answered, and passed for idle, since its last turn.
                    let _ = outbox.poll_send(context);
                    return Poll::Ready(None);
                }
            }
            if !has_waited && outbox.may_grow() {
                has_waited = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            has_waited = false;
            return match outbox.poll_send(context) {
                Poll::Ready(Err(error)) => Poll::Ready(Some(error.into())),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
            };
        }
    });
    if let Some(error) = broke.await {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Empty};
    use hyper_util::rt::TokioExecutor;
    use tower::service_fn;

    use super::super::open::Open;
    use super::super::turns::{Share, Turns};
    use super::*;

    #[tokio::test]
    async fn an_answer_is_sent_though_the_connection_is_to_end_at_once() {
        let turns = Arc::new(Turns::new(1));
        let place = Arc::new(Open::new(1)).enter(turns.share()).unwrap();
        let activity = Arc::clone(&place.activity);
        let service = service_fn(move |_| {
            activity.end.raise(End::Now);
            async { Ok(Response::new(Body::from("answer"))) }
        });
        let builder = Builder::new(Spawner::new(&turns, &Share::default()));
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(far, service, builder, place));
        let (mut caller, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(near))
                .await
                .unwrap();
        tokio::spawn(connection);
        let request = Request::new(Empty::<bytes::Bytes>::new());
        let reply = caller.send_request(request).await.unwrap();
        let body = reply.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "answer");
    }
}
