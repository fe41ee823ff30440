//! Prints the environment classes of a server.

use runner_configuration::v1::ListEnvironmentClassesRequest;
use runner_configuration_client::{Client, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let page = client.environment_classes().list(ListEnvironmentClassesRequest::default()).await?;
    for class in page.environment_classes {
        println!("{}  {}", class.id, class.display_name);
    }
    Ok(())
}
