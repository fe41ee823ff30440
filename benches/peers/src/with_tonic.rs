//! tonic alone, as published: its own transport, its generated service. gRPC alone.

use benches_common::Failure;
use benches_common::tonic_alone::Replies;
use runner_configuration_server::tonic_server::RunnerConfigurationServiceServer;
use tonic::transport::Server;

use benches_common::server::Arguments;

pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let replies = Replies::decode::<Failure>(|name| arguments.reply(name))?;
    Server::builder()
        .add_service(RunnerConfigurationServiceServer::new(replies))
        .serve(([127, 0, 0, 1], arguments.port).into())
        .await?;
    Ok(())
}
