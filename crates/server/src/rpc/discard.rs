//! What is left of a request that is answered before its body is read.

use std::time::Duration;

use axum::body::Body;
use http_body::Body as _;
use http_body_util::BodyExt as _;

/// How much of a body is read for nothing.
const AT_MOST_BYTES: usize = 16 * 1024 * 1024;
/// How long a body is waited for.
const AT_MOST: Duration = Duration::from_secs(1);

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
