//! A body that ends where its sender is silent for too long.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;

/// Ends a body with `deadline_exceeded` when nothing of it comes for this long. For streams, of which nobody can say how long they
/// are as a whole.
pub(super) fn limit_silence(body: Body, longest: Duration) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Limited {
        body,
        longest,
        end: Box::pin(sleep(longest)),
    })
}

struct Limited {
    body: Body,
    longest: Duration,
    end: Pin<Box<Sleep>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let end = Instant::now() + self.longest;
            self.end.as_mut().reset(end);
            return Poll::Ready(frame);
        }
        self.end.as_mut().poll(context).map(|()| {
            let silent = Status::deadline_exceeded(format!(
                "nothing of the request came for {} s",
                self.longest.as_secs_f64()
            ));
            Some(Err(axum::Error::new(silent)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_long_but_not_be_silent_for_long() {
        let pieces = stream::unfold(1, async |seconds| {
            sleep(Duration::from_secs(seconds)).await;
            Some((Ok::<_, Status>(Bytes::from_static(b"x")), 2 * seconds))
        });
        let body = Body::from_stream(Box::pin(pieces));
        let mut body = limit_silence(body, Duration::from_secs(5));
        for _ in 0..3 {
            body.frame().await.unwrap().unwrap();
        }
        let silent = body.frame().await.unwrap().unwrap_err();
        assert_eq!(
            silent.to_string(),
            Status::deadline_exceeded("nothing of the request came for 5 s").to_string()
        );
    }
}
