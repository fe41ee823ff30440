//! tonic's own server trait and service, written by tonic's generator.

use proc_macro2::TokenStream;

use super::Services;
use crate::Error;
use crate::descriptors::out_dir;

/// The modules `*_server` of a package.
pub(super) fn servers(services: &Services<'_>, package: &str) -> Result<TokenStream, Error> {
    // In a folder of its own: prost names the file after the package, as the messages' file.
    let folder = out_dir()?.join("tonic");
    std::fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    let generator = tonic_prost_build::configure()
        .build_client(false)
        .build_server(true)
        .service_generator();
    let mut config = prost_build::Config::new();
    config.out_dir(&folder).service_generator(generator);
    for (proto, rust) in &services.packages {
        let rust = crate::names::text(rust).replace(' ', "");
        config.extern_path(format!(".{proto}"), rust);
    }
    config
        .compile_fds(services.descriptors.files())
        .map_err(|error| Error::io(&folder, error))?;
    let path = folder.join(format!("{package}.rs"));
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
    text.parse::<TokenStream>().map_err(|error| Error::Syntax {
        place: path.display().to_string(),
        source: syn::Error::new(error.span(), error),
    })
}
