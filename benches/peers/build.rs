//! connect-rust's own messages and service, from the descriptors of the messages crate.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = std::env::var("DEP_RUNNER_CONFIGURATION_PROTO_FDS")?;
    connectrpc_build::Config::new()
        .descriptor_set(&descriptors)
        .files(&[
            "gitpod/v1/identity.proto",
            "gitpod/v1/model.proto",
            "gitpod/v1/pagination.proto",
            "gitpod/v1/runner_configuration.proto",
        ])
        .include_file("connect_rust.rs")
        .compile()?;
    println!("cargo::rerun-if-changed={descriptors}");
    Ok(())
}
