//! The one code generation of the workspace: proto/ → messages, JSON, validators.

use runner_configuration_codegen::{Descriptors, Error, Messages};

fn main() -> Result<(), Error> {
    let descriptors = Descriptors::compile(["proto"], ["gitpod/v1/runner_configuration.proto"])?;
    descriptors.hand_on("descriptors.bin")?;
    descriptors.write_without_comments("file_descriptor_set.bin")?;
    Messages::new(&descriptors)
        .package("gitpod.v1")
        // Official clients in strict mode need a list's key also where the list is empty.
        .write_empty_repeated(is_list_response)
        .generate()
}

fn is_list_response(message: &str) -> bool {
    message
        .strip_prefix("gitpod.v1.List")
        .is_some_and(|rest| rest.ends_with("Response"))
}
