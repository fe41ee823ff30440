//! Messages and glue from the suite's .proto files, which `run.sh` takes from its pinned package.

use std::path::PathBuf;

use runner_configuration_codegen::{Descriptors, Error, Messages, Services};

const PROTOS: &str = "CONFORMANCE_PROTO";
const PACKAGE: &str = "connectrpc.conformance.v1";

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-env-changed={PROTOS}");
    let folder = std::env::var_os(PROTOS).ok_or_else(|| Error::Environment(PROTOS.to_owned()))?;
    let descriptors = Descriptors::compile(
        [PathBuf::from(folder)],
        [
            "connectrpc/conformance/v1/service.proto",
            "connectrpc/conformance/v1/server_compat.proto",
            "connectrpc/conformance/v1/client_compat.proto",
        ],
    )?;
    Messages::new(&descriptors).package(PACKAGE).generate()?;
    let services = Services::new(&descriptors)
        .package(PACKAGE, "crate::v1")
        .skip_streaming();
    services.server()?;
    services.client()
}
