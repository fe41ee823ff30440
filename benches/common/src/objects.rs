//! What is stored: 100 runners, and classes, each determined by its number. And what is asked of it.

use runner_configuration::v1::runner_configuration_schema::{Field, IntField, StringField, field};
use runner_configuration::v1::validate_runner_configuration_request::Config;
use runner_configuration::v1::{
    CreateEnvironmentClassRequest, EnvironmentClass, FieldValue, GetEnvironmentClassRequest,
    ListEnvironmentClassesRequest, PaginationRequest, RunnerConfigurationSchema, RunnerKind,
    RunnerProvider, ValidateRunnerConfigurationRequest, list_environment_classes_request,
};
use runner_configuration_service::store::{Encoded, EnvironmentClassRecord, Runner};
use uuid::{Builder, Uuid};

pub const RUNNERS: usize = 100;

/// The time of the first id: in the past, so that what is created while measuring comes last.
const BEGIN: u64 = 1_750_000_000_000;

/// Ids are in the order of the numbers, one a millisecond.
fn id(kind: u8, number: usize) -> Uuid {
    // A multiplication that looks like chance.
    let scattered = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = [kind; 10];
    random[..8].copy_from_slice(&scattered.to_be_bytes());
    Builder::from_unix_timestamp_millis(BEGIN + number as u64, &random).into_uuid()
}

pub fn runner_id(number: usize) -> Uuid {
    id(1, number % RUNNERS)
}

pub fn class_id(number: usize) -> Uuid {
    id(2, number)
}

pub fn runner(number: usize) -> Runner {
    Runner {
        id: runner_id(number),
        name: format!("Runner {number}"),
        kind: RunnerKind::Remote,
        provider: RunnerProvider::AwsEc2,
        public_key: None,
        schema: Some(Encoded::new(&schema())),
    }
}

/// Three fields, one of them with a pattern.
fn schema() -> RunnerConfigurationSchema {
    let field = |id: &str, name: &str, required, r#type| Field {
        id: id.into(),
        name: name.into(),
        description: format!("{name} of an environment"),
        required,
        r#type: Some(r#type),
        ..Default::default()
    };
    let whole = |min, max| {
        field::Type::Int(IntField {
            min,
            max,
            ..Default::default()
        })
    };
    let region = StringField {
        pattern: "[a-z]{2}(-[a-z]+)+-[0-9]".into(),
        ..Default::default()
    };
    RunnerConfigurationSchema {
        version: "1".into(),
        environment_classes: vec![
            field("cpu", "CPUs", true, whole(1, 128)),
            field("memory", "Memory", true, whole(1, 1_048_576)),
            field("region", "Region", false, field::Type::String(region)),
        ],
        ..Default::default()
    }
}

fn configuration() -> Vec<FieldValue> {
    [
        ("cpu", "8"),
        ("memory", "16384"),
        ("region", "eu-central-1"),
    ]
    .map(|(key, value)| FieldValue {
        key: key.into(),
        value: value.into(),
    })
    .into()
}

/// A class as `CreateEnvironmentClass` would have made it; each tenth is disabled.
pub fn class(number: usize) -> EnvironmentClassRecord {
    let (id, runner_id) = (class_id(number), runner_id(number));
    EnvironmentClassRecord {
        id,
        runner_id,
        message: EnvironmentClass {
            id: id.to_string(),
            runner_id: runner_id.to_string(),
            display_name: format!("Large Instance {number}"),
            description: "8 CPU, 16 GB RAM, for builds and tests".into(),
            configuration: configuration(),
            enabled: !number.is_multiple_of(10),
        },
        sealed_to: None,
    }
}

/// What Get asks for.
pub const ASKED: usize = 57;

pub fn get() -> GetEnvironmentClassRequest {
    GetEnvironmentClassRequest {
        environment_class_id: class_id(ASKED).to_string(),
    }
}

/// A page of this size; with `runner`, of that runner's classes.
pub fn list(size: i32, runner: Option<usize>) -> ListEnvironmentClassesRequest {
    let filter = runner.map(|runner| list_environment_classes_request::Filter {
        runner_ids: vec![runner_id(runner).to_string()],
        ..Default::default()
    });
    ListEnvironmentClassesRequest {
        pagination: Some(PaginationRequest {
            page_size: size,
            ..Default::default()
        }),
        filter,
    }
}

pub fn create() -> CreateEnvironmentClassRequest {
    CreateEnvironmentClassRequest {
        runner_id: runner_id(7).to_string(),
        display_name: "Large Instance".into(),
        description: "8 CPU, 16 GB RAM, for builds and tests".into(),
        configuration: configuration(),
    }
}

pub fn validate() -> ValidateRunnerConfigurationRequest {
    ValidateRunnerConfigurationRequest {
        runner_id: runner_id(7).to_string(),
        config: Some(Config::EnvironmentClass(EnvironmentClass {
            display_name: "Large Instance".into(),
            description: "8 CPU, 16 GB RAM, for builds and tests".into(),
            configuration: configuration(),
            ..Default::default()
        })),
    }
}
