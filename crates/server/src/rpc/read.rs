//! The body of a unary call's request.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tonic::Status;

use super::discard::discard;
use super::limits::Buffered;

/// How much of a body is read, and how long.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// Reads a body within bounds, and drops one that is beyond them without keeping it.
pub(super) async fn read(
    mut body: Body,
    headers: &HeaderMap,
    bounds: Bounds,
    room: &mut Buffered<'_>,
) -> Result<Bytes, Status> {
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > bounds.bytes as u64) {
        discard(body).await;
        return Err(too_large(bounds.bytes));
    }
    let collected = {
        let mut collected = pin!(collect(&mut body, declared, bounds.bytes, room));
        // Most bodies are there already, and need no timer.
        match poll_fn(|context| Poll::Ready(collected.as_mut().poll(context))).await {
            Poll::Ready(done) => Ok(done),
            Poll::Pending => tokio::time::timeout(bounds.time, collected).await,
        }
    };
    match collected {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Failure::Refused(status))) => {
            discard(body).await;
            Err(status)
        }
        Ok(Err(Failure::Broken(status))) => Err(status),
        Err(_elapsed) => Err(Status::deadline_exceeded(format!(
            "the request took longer than {} s to arrive",
            bounds.time.as_secs_f64()
        ))),
    }
}

enum Failure {
    /// The rest of the body can be read.
    Refused(Status),
    Broken(Status),
}

/// A body that arrives in one piece is not copied.
async fn collect(
    body: &mut Body,
    declared: Option<u64>,
    limit: usize,
    room: &mut Buffered<'_>,
) -> Result<Bytes, Failure> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Broken(broken(&error)))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.len() + all.len() + data.len() > limit {
            return Err(Failure::Refused(too_large(limit)));
        }
        room.grow(data.len()).map_err(Failure::Refused)?;
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            // No more than has arrived is taken at a caller's word.
            let declared = declared.map_or(0, |length| usize::try_from(length).unwrap_or(limit));
            all.reserve(declared.min(16 * (first.len() + data.len())));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn broken(error: &axum::Error) -> Status {
    // What tonic-web has to say of a body.
    let error: &(dyn std::error::Error + 'static) = error;
    let said = std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref::<Status>());
    match said {
        Some(status) => status.clone(),
        None => Status::internal(format!("the request body can't be read: {error}")),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Status {
    Status::resource_exhausted(format!("the request is larger than {limit} bytes"))
}
