//! tonic's own server trait and service, written by tonic's generator.

use proc_macro2::TokenStream;
use prost_build::Module;

use super::Services;
use crate::Error;

/// The modules `*_server` of a package.
pub(super) fn servers(services: &Services<'_>, package: &str) -> Result<TokenStream, Error> {
    let generator = tonic_prost_build::configure()
        .build_client(false)
        .build_server(true)
        .service_generator();
    let mut config = prost_build::Config::new();
    config.service_generator(generator);
    for (proto, rust) in &services.packages {
        let rust = crate::names::text(rust).replace(' ', "");
        config.extern_path(format!(".{proto}"), rust);
    }
    let mut modules = config
        .generate(services.descriptors.files())
        .map_err(|error| Error::io("tonic-prost-build".as_ref(), error))?;
    let module = Module::from_protobuf_package_name(package);
    let text = modules.remove(&module).unwrap_or_default();
    text.parse::<TokenStream>().map_err(|error| Error::Syntax {
        place: format!("tonic's code for {package}"),
        source: syn::Error::new(error.span(), error),
    })
}
