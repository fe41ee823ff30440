//! A method per RPC; the messages are those of the messages crate.

use runner_configuration_codegen::{Descriptors, Error, Services};

fn main() -> Result<(), Error> {
    let descriptors = Descriptors::from_dependency("runner-configuration-proto")?;
    Services::new(&descriptors)
        .package("gitpod.v1", "::runner_configuration::v1")
        .client_path("crate::rpc")
        .client_examples("runner_configuration_client")
        .client()
}
