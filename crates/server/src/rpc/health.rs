//! gRPC health checking.

use std::sync::Arc;

use axum::Router;
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::{self, BoxStream};
use tonic::{Code, Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_check_response::ServingStatus::ServiceUnknown;
use tonic_health::pb::health_server::{Health as HealthRpcs, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

use super::tonic_routes::{MAX_MESSAGE_BYTES, tonic_routes};

/// [gRPC health checking][protocol] (`grpc.health.v1.Health`): tells probes and load balancers whether calls are
/// welcome.
///
/// It answers for the services that it was made with and for the server as a whole, which is the service of the empty
/// name; for others, `Check` answers `not_found`, and `Watch` says that the service is unknown. At first nothing is
/// served. Clones are the same.
///
/// [protocol]: https://grpc.io/docs/guides/health-checking/
///
/// ```
/// use runner_configuration_server::rpc::Health;
/// use runner_configuration_server::tonic_server::SERVICE_NAME;
///
/// # async fn example(service: impl runner_configuration_server::RunnerConfigurationService) {
/// let health = Health::new([SERVICE_NAME]).await;
/// let server = runner_configuration_server::service(service).with_routes(health.routes());
/// // Once the server listens:
/// health.set_serving(true).await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    reporter: HealthReporter,
    /// With the server as a whole.
    services: Arc<[&'static str]>,
}

impl Health {
    /// The compiled .proto file of the health service, for server reflection.
    pub const DESCRIPTORS: &[u8] = tonic_health::pb::FILE_DESCRIPTOR_SET;

    /// The health of these services, by their full names such as `acme.v1.Greeter`.
    pub async fn new(services: impl IntoIterator<Item = &'static str>) -> Self {
        let health = Self {
            reporter: HealthReporter::new(),
            services: services.into_iter().chain([""]).collect(),
        };
        health.set_serving(false).await;
        health
    }

    /// `Check` and `Watch`, for [`Server::with_routes`](super::Server::with_routes).
    pub fn routes(&self) -> Router {
        let service = HealthService::from_health_reporter(self.reporter.clone());
        let service = HealthServer::new(Rpcs(service));
        tonic_routes(service.max_decoding_message_size(MAX_MESSAGE_BYTES))
    }

    /// Says whether calls are welcome: from when the server listens until it is about to stop.
    pub async fn set_serving(&self, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in self.services.iter() {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// Ends all `Watch` streams, which would otherwise last as long as their connections and hold up a graceful
    /// shutdown. Their callers have been told before that nothing is served any more.
    pub async fn close(&self) {
        self.set_serving(false).await;
        for service in self.services.iter() {
            self.reporter.clone().clear_service_status(service).await;
        }
    }
}

/// tonic-health's RPCs, save that it ends the `Watch` of a service that it does not know, which the protocol forbids.
#[derive(Debug)]
struct Rpcs(HealthService);

#[tonic::async_trait]
impl HealthRpcs for Rpcs {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.0.check(request).await
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        match self.0.watch(request).await {
            Err(status) if status.code() == Code::NotFound => {}
            known => return known.map(|response| response.map(StreamExt::boxed)),
        }
        let unknown = HealthCheckResponse {
            status: ServiceUnknown.into(),
        };
        // Services are given once and for all, so nothing follows until the server as a whole is closed.
        let server = Request::new(HealthCheckRequest::default());
        let end = self.0.watch(server).await?.into_inner();
        let end = end.filter(|_| ready(false));
        Ok(Response::new(
            stream::once(ready(Ok(unknown))).chain(end).boxed(),
        ))
    }
}
