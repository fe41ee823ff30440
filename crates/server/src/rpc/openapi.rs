//! The description of a service for tools that speak HTTP.

use axum::Router;
use axum::routing::get;
use http::header;

/// Serves an OpenAPI document, in JSON, as `/openapi.json`. For [`Server::with_routes`](super::Server::with_routes);
/// `runner-configuration-codegen` writes such documents.
///
/// ```
/// use runner_configuration_server::{OPENAPI, rpc};
///
/// # fn example(service: impl runner_configuration_server::RunnerConfigurationService) {
/// let server = runner_configuration_server::service(service).with_routes(rpc::openapi(OPENAPI));
/// # }
/// ```
pub fn openapi(document: &'static str) -> Router {
    let answer = ([(header::CONTENT_TYPE, "application/json")], document);
    Router::new().route("/openapi.json", get(async || answer))
}
