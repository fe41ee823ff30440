//! Services that tonic serves by itself, streams included: in gRPC only.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use tonic::server::NamedService;
use tower::Service;

use super::Protocol;
use super::discard::discard;
use super::error;
use super::protocol::{self, Unsupported};

/// The largest message in bytes that these services read. They need no authentication, and ask for little: names of services and
/// of files.
pub(super) const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// The RPCs of a generated tonic service; other protocols are refused in their own form.
pub(super) fn tonic_routes<S>(service: S) -> Router
where
    S: Service<
            Request,
            Response = http::Response<tonic::body::Body>,
            Error = Infallible,
            Future: Send + 'static,
        > + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
{
    Router::new()
        .route_service(&format!("/{}/{{method}}", S::NAME), service)
        .layer(middleware::from_fn(only_grpc))
}

async fn only_grpc(request: Request, next: Next) -> Response {
    const ACCEPTED: &str = "application/grpc, application/grpc+proto";
    let refused = match protocol::detect(&request, false) {
        Ok(Protocol::Grpc) => return next.run(request).await,
        Ok(_) | Err(Unsupported::ContentType(_)) => Unsupported::ContentType(ACCEPTED),
        Err(method) => method,
    };
    let response = error::unsupported(refused, request.headers());
    discard(request.into_body()).await;
    response
}
