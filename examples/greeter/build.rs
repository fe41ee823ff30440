//! proto/ → messages, their JSON and validators, and what serves them.

use runner_configuration_codegen::{Descriptors, Error, Messages, Services};

fn main() -> Result<(), Error> {
    let descriptors = Descriptors::compile(["proto"], ["greeter/v1/greeter.proto"])?;
    Messages::new(&descriptors)
        .package("greeter.v1")
        .generate()?;
    Services::new(&descriptors)
        .package("greeter.v1", "crate::v1")
        .server()
}
