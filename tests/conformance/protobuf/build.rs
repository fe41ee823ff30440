//! Generates the suite's messages, from the .proto files of its package, as any project would generate its own.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use runner_configuration_codegen::{Descriptors, Messages};

const TESTED: &str = "protobuf_test_messages.proto3";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=CONFORMANCE_PROTO");
    let folder = env::var("CONFORMANCE_PROTO").map_err(
        |_| "CONFORMANCE_PROTO is not set to the folder of the suite's .proto files: start run.sh",
    )?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let descriptors = Descriptors::compile(
        [folder],
        [
            "conformance/conformance.proto",
            "google/protobuf/test_messages_proto3.proto",
        ],
    )?;
    Messages::new(&descriptors)
        .package("conformance")
        .package(TESTED)
        .generate()?;

    let strict = out_dir.join("strict");
    fs::create_dir_all(&strict)?;
    Messages::new(&descriptors)
        .package(TESTED)
        .refuse_unknown()
        .out_dir(&strict)
        .generate()?;

    if env::var_os("CARGO_FEATURE_FAULT").is_some() {
        switch_a_fix_off(out_dir.join(format!("{TESTED}.json.rs")))?;
    }
    Ok(())
}

/// Reads numbers as pbjson does, to see that the suite notices.
fn switch_a_fix_off(generated: PathBuf) -> Result<(), Box<dyn Error>> {
    let code = fs::read_to_string(&generated)?;
    let faulty = code.replace(
        "::runner_configuration_runtime::json::Number<",
        "::runner_configuration_runtime::__private::pbjson::private::NumberDeserialize<",
    );
    if faulty == code {
        return Err("the generated code does not read numbers as it used to".into());
    }
    Ok(fs::write(generated, faulty)?)
}
