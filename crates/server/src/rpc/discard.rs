//! What is left of a request that is answered before its body is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body::Body as _;
use http_body_util::BodyExt as _;

/// How much of a body is read for nothing.
const AT_MOST_BYTES: usize = 16 * 1024 * 1024;
/// How long a body is waited for.
const AT_MOST: Duration = Duration::from_secs(1);

/// How many of a connection's calls have been refused and are only read to their end: for these alone it need not stay open. In
/// the extensions of its requests.
#[derive(Clone, Default)]
pub(super) struct Discarded(Arc<AtomicU32>);

impl Discarded {
    #[cfg(feature = "serve")]
    pub(super) fn calls(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) -> Discarding<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Discarding(&self.0)
    }
}

/// One of them.
struct Discarding<'d>(&'d AtomicU32);

impl Drop for Discarding<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Discards the body of a request of nobody who may call, whose connection may give way to another meanwhile.
pub(super) async fn discard_request(request: Request<Body>) {
    let (parts, body) = request.into_parts();
    let discarded: Option<&Discarded> = parts.extensions.get();
    let _discarding = discarded.map(Discarded::begin);
    discard(body).await;
}

/// Reads the rest of a body, within bounds, and drops it.
///
/// A connection on which a reply overtakes its request is closed or reset, and many clients then report that instead of
/// the reply.
pub(super) async fn discard(mut body: Body) {
    let read = async {
        let mut left = AT_MOST_BYTES;
        while !body.is_end_stream()
            && let Some(Ok(frame)) = body.frame().await
            && let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, bytes::Bytes::len))
        {
            left = rest;
        }
    };
    let _in_time = tokio::time::timeout(AT_MOST, read).await;
}
