//! Prints the environment classes of a server.

#![expect(clippy::print_stdout, reason = "it is there to print")]

use runner_configuration::v1::ListEnvironmentClassesRequest;
use runner_configuration_client::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let page = client
        .environment_classes()
        .list(ListEnvironmentClassesRequest::default())
        .await?;
    for class in page.environment_classes {
        println!("{}  {}", class.id, class.display_name);
    }
    Ok(())
}
