//! The stack as `runnerconf serve` ships it, over a store that returns what was prepared. The admin key is the one in
//! RUNNERCONF_ADMIN_KEY.

use std::sync::Arc;

use axum::serve::ListenerExt as _;
use benches_common::prepared::Prepared;
use benches_common::server::Arguments;
use benches_common::{Failure, logging};
use runner_configuration::FILE_DESCRIPTOR_SET;
use runner_configuration_server::OPENAPI;
use runner_configuration_server::rpc::serve::ConnectionOptions;
use runner_configuration_server::rpc::{self, Health, Options, Rate, openapi, reflection};
use runner_configuration_server::tonic_server::SERVICE_NAME;
use runner_configuration_service::{ApiKeys, Bearer, Service};
use tower::ServiceBuilder;
use tower::layer::util::Identity;

pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    logging::start()?;
    let key = std::env::var("RUNNERCONF_ADMIN_KEY")?;
    let store = Arc::new(Prepared::new(&key).await?);
    let health = Health::new([SERVICE_NAME]).await;
    let reflection = reflection(&[FILE_DESCRIPTOR_SET, Health::DESCRIPTORS])?;
    let mut options = Options::default();
    // Calls are counted, but the one caller may make as many as it can.
    options.rate = Some(Rate {
        per_second: 1e9,
        burst: u32::MAX,
    });
    let service = runner_configuration_server::service(Service::new(Arc::clone(&store)))
        .options(options)
        .authenticate(Bearer::new(ApiKeys::new(store), None))
        .with_routes(reflection)
        .with_routes(health.routes())
        .with_routes(openapi(OPENAPI));
    // Where serve has CORS, which is off.
    let service = ServiceBuilder::new()
        .option_layer(None::<Identity>)
        .service(service);
    let listener = arguments.listen().await?.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let connections = ConnectionOptions::default();
    rpc::serve::serve(listener, service, connections, std::future::pending()).await;
    Ok(())
}
