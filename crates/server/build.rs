//! Glue for the service; the messages are those of the messages crate.

use runner_configuration_codegen::{Descriptors, Error, Services};

fn main() -> Result<(), Error> {
    let descriptors = Descriptors::from_dependency("runner-configuration-proto")?;
    Services::new(&descriptors)
        .package("gitpod.v1", "::runner_configuration::v1")
        .server_path("crate::rpc")
        // The generated official SDKs page by repeating the body with these in the URL.
        .url_parameter("token", "pagination.token")
        .url_parameter("pageSize", "pagination.page_size")
        .server()
}
