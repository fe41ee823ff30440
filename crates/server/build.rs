//! Glue for the service; the messages are those of the messages crate.

use runner_configuration_codegen::{Descriptors, Error, Services};

/// Parameters of the URL, and the fields that they override: the generated official SDKs page by repeating the body with
/// these in the URL.
const URL_PARAMETERS: [(&str, &str); 2] = [
    ("token", "pagination.token"),
    ("pageSize", "pagination.page_size"),
];

fn main() -> Result<(), Error> {
    let descriptors = Descriptors::from_dependency("runner-configuration-proto")?;
    let services = Services::new(&descriptors)
        .package("gitpod.v1", "::runner_configuration::v1")
        .server_path("crate::rpc");
    URL_PARAMETERS
        .into_iter()
        .fold(services, |services, (parameter, field)| {
            services.url_parameter(parameter, field)
        })
        .server()?;
    #[cfg(feature = "openapi")]
    openapi(&descriptors)?;
    Ok(())
}

#[cfg(feature = "openapi")]
fn openapi(descriptors: &Descriptors) -> Result<(), Error> {
    let document = runner_configuration_codegen::OpenApi::new(descriptors)
        .title(
            "gitpod.v1.RunnerConfigurationService",
            env!("CARGO_PKG_VERSION"),
        )
        .server("/", "The server that this document comes from")
        .server("/api", "The same, below the path that Ona's API has")
        .bearer("An API key of the service.")
        // As in the build script of the messages crate.
        .write_empty_repeated(|message| {
            let list = message.strip_prefix("gitpod.v1.List");
            list.is_some_and(|rest| rest.ends_with("Response"))
        })
        .examples("openapi/examples.json");
    URL_PARAMETERS
        .into_iter()
        .fold(document, |document, (parameter, field)| {
            document.url_parameter(parameter, field)
        })
        .generate("gitpod.v1")
}
