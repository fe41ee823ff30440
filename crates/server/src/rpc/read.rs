//! The body of a unary call's request.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tonic::Status;

use super::discard::discard;

/// Reads a body of up to `limit` bytes, and drops a larger one without keeping it.
pub(super) async fn read(
    mut body: Body,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Bytes, Status> {
    if declared_length(headers).is_some_and(|length| length > limit as u64) {
        discard(body).await;
        return Err(too_large(limit));
    }
    let error = match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => return Ok(collected.to_bytes()),
        Err(error) => error,
    };
    if error.is::<LengthLimitError>() {
        discard(body).await;
        return Err(too_large(limit));
    }
    // What tonic-web has to say of a body.
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<Status>());
    match error.downcast_ref::<Status>().or(source) {
        Some(status) => Err(status.clone()),
        None => Err(Status::internal(format!(
            "the request body can't be read: {error}"
        ))),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Status {
    Status::resource_exhausted(format!("the request is larger than {limit} bytes"))
}
