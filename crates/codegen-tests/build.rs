//! Generates from .proto files whose only purpose is to have one of everything.

use runner_configuration_codegen::{Descriptors, Error, Messages};

fn main() -> Result<(), Error> {
    let descriptors =
        Descriptors::compile(["proto"], ["kinds/v1/kinds.proto", "rules/v1/rules.proto"])?;
    descriptors.write_without_comments("file_descriptor_set.bin")?;
    Messages::new(&descriptors)
        .package("kinds.v1")
        .package("rules.v1")
        .write_empty_repeated(|message| message == "kinds.v1.AlwaysWritten")
        .generate()?;

    let gitpod = Descriptors::from_dependency("runner-configuration-proto")?;
    let descriptors =
        Descriptors::compile_importing([&gitpod], ["proto"], ["fleet/v1/fleet.proto"])?;
    Messages::new(&descriptors)
        .package("fleet.v1")
        .extern_path(".gitpod.v1", "::runner_configuration::v1")
        .generate()
}
