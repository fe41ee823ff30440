//! Schemas of runners, and classes that are validated against them: each schema is refused when the runner registers, or
//! everything can be validated against it.

#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::{Corpus, fuzz_target};
use runner_configuration::json;
use runner_configuration::v1::{EnvironmentClass, RunnerConfigurationSchema};
use runner_configuration_fuzz::server::{RUNNER, Server};
use runner_configuration_service::schema::check;
use serde_json::json;

thread_local! {
    static SERVER: LazyCell<Server> = const { LazyCell::new(Server::new) };
}

// The first line is the schema, the second the class, both in JSON.
fuzz_target!(|input: &[u8]| -> Corpus {
    let mut lines = input.split(|byte| *byte == b'\n');
    let (schema, class) = (lines.next(), lines.next());
    let Ok(schema) = json::from_slice::<RunnerConfigurationSchema>(schema.unwrap_or_default())
    else {
        return Corpus::Reject;
    };
    if !check(&schema).is_empty() {
        return Corpus::Keep;
    }
    let Ok(class) = json::from_slice::<EnvironmentClass>(class.unwrap_or_default()) else {
        return Corpus::Keep;
    };
    let request = json!({"runnerId": RUNNER.to_string(), "environmentClass": class});
    SERVER.with(|server| {
        server.register(&schema);
        let answer = server.call("ValidateRunnerConfiguration", &request);
        let reply = answer.json();
        assert_eq!(answer.status, 200, "{reply}");
        let errors = reply["environmentClass"]["configurationErrors"].as_array();
        for error in errors.into_iter().flatten() {
            let text = error["error"].as_str().unwrap_or_default();
            assert!(!text.starts_with("can't be checked"), "{reply}");
        }
    });
    Corpus::Keep
});
