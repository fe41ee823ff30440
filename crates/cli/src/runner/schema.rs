//! The schema of a runner file.

use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration_service::schema;
use runner_configuration_service::store::Encoded;
use serde_json::Value;

use crate::document;

/// The schema that a JSON value is, with nothing in it that has no meaning.
pub(super) fn read(value: &Value) -> Result<Encoded<RunnerConfigurationSchema>, String> {
    let schema = document::message(value)?;
    let problems = schema::check(&schema);
    if !problems.is_empty() {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Err(problems.join("; "));
    }
    Ok(Encoded::new(&schema))
}
