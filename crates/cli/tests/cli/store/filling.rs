//! Fills stores, past all servers.

use std::path::Path;

use runner_configuration::v1::{
    EnvironmentClass, FieldValue, HostAuthenticationToken, HostAuthenticationTokenSource,
    Principal, ScmIntegration, Subject,
};
use runner_configuration_service::store::Encoded;
use runner_configuration_service::store::sqlite::SqliteOptions;
use runner_configuration_service::store::tables::{Row, TABLES, Table, Tables, Value};
use uuid::Uuid;

/// How many rows are made and written at once.
const BATCH: u64 = 10_000;

const RUNNERS: u64 = 100;
const SUBJECTS: u64 = 10_000;

pub(crate) fn table(name: &str) -> &'static Table {
    TABLES.into_iter().find(|it| it.name() == name).unwrap()
}

/// Makes a store with half as many environment classes, and half as many tokens, as this; with 100 runners, 10 000
/// subjects, 10 SCM integrations, and a recorded change for each object.
pub(crate) async fn fill(file: &Path, objects: u64) {
    let mut tables = SqliteOptions::new().open_tables(file).unwrap();
    let half = objects / 2;
    write(&mut tables, "runners", RUNNERS.min(half), runner).await;
    write(&mut tables, "scm_integrations", 10, integration).await;
    write(&mut tables, "environment_classes", half, class).await;
    write(&mut tables, "host_authentication_tokens", half, token).await;
    write(&mut tables, "api_keys", 3, key).await;
    write(&mut tables, "changes", objects, change).await;
    tables.raise_counter(objects.cast_signed()).await.unwrap();
}

/// Adds an SCM integration with two faults.
pub(crate) fn add_damaged_integration(file: &Path) {
    let mut tables = SqliteOptions::new().open_tables(file).unwrap();
    let table = table("scm_integrations");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        let mut row = tables.last(table).await.unwrap().unwrap();
        for (name, value) in table.columns().zip(&mut row) {
            match name {
                "id" => *value = Value::Uuid(Uuid::max()),
                "sealed_to" => *value = Value::Bytes(vec![0]),
                _ => {}
            }
        }
        tables.write(table, &[row]).await.unwrap();
    });
}

async fn write(tables: &mut dyn Tables, name: &str, count: u64, value: fn(u64, &str) -> Value) {
    let table = table(name);
    for first in (0..count).step_by(BATCH as usize) {
        let numbers = first..count.min(first + BATCH);
        let rows: Vec<Row> = numbers
            .map(|number| table.columns().map(|it| value(number, it)).collect())
            .collect();
        tables.write(table, &rows).await.unwrap();
    }
}

fn id(kind: u64, number: u64) -> Uuid {
    let random = (u128::from(kind) << 48 | u128::from(number)).to_be_bytes();
    let random = random[6..].try_into().unwrap();
    uuid::Builder::from_unix_timestamp_millis(1_790_000_000_000 + number, random).into_uuid()
}

fn runner_id(number: u64) -> Uuid {
    id(1, number % RUNNERS)
}

fn no_such(column: &str) -> ! {
    panic!("say what {column} holds")
}

fn runner(number: u64, column: &str) -> Value {
    match column {
        "id" => Value::Uuid(runner_id(number)),
        "name" => Value::Text(format!("Runner {number}")),
        "kind" | "provider" => Value::Integer(1),
        "registered" => Value::Bool(false),
        "public_key" => Value::Bytes(vec![5; 32]),
        "schema" => Value::Null,
        _ => no_such(column),
    }
}

fn integration(number: u64, column: &str) -> Value {
    let message = ScmIntegration {
        id: id(2, number).to_string(),
        scm_id: "github".into(),
        host: format!("git-{number}.example"),
        pat: true,
        runner_id: runner_id(number).to_string(),
        ..ScmIntegration::default()
    };
    match column {
        "id" => Value::Uuid(id(2, number)),
        "runner_id" => Value::Uuid(runner_id(number)),
        "host" => Value::Text(message.host),
        "offers_oauth" => Value::Bool(false),
        "offers_pat" => Value::Bool(true),
        "sealed_to" => Value::Null,
        "message" => Value::Bytes(Encoded::new(&message).into_bytes()),
        "json" => Value::Bytes(serde_json::to_vec(&message).unwrap()),
        _ => no_such(column),
    }
}

fn class(number: u64, column: &str) -> Value {
    let field = |key: &str, value: u64| FieldValue {
        key: key.into(),
        value: value.to_string(),
    };
    let message = || EnvironmentClass {
        id: id(3, number).to_string(),
        display_name: format!("Class {number}"),
        description: "8 CPU, 16 GB RAM, for builds".into(),
        configuration: vec![
            field("cpu", number % 64 + 1),
            field("memory", number % 1024),
        ],
        runner_id: runner_id(number).to_string(),
        enabled: !number.is_multiple_of(10),
    };
    match column {
        "id" => Value::Uuid(id(3, number)),
        "runner_id" => Value::Uuid(runner_id(number)),
        "enabled" => Value::Bool(!number.is_multiple_of(10)),
        "sealed_to" => Value::Null,
        "message" => Value::Bytes(Encoded::new(&message()).into_bytes()),
        "json" => Value::Bytes(serde_json::to_vec(&message()).unwrap()),
        _ => no_such(column),
    }
}

fn token(number: u64, column: &str) -> Value {
    let subject = id(5, number % SUBJECTS);
    // Of the first, every tenth names the integration of its runner and host.
    let names = number < SUBJECTS && number % 100 < 10;
    let host = if names {
        format!("git-{}.example", number % 100)
    } else {
        format!("host-{}.example", number / SUBJECTS)
    };
    let message = || HostAuthenticationToken {
        id: id(4, number).to_string(),
        runner_id: runner_id(number).to_string(),
        host: host.clone(),
        source: HostAuthenticationTokenSource::Pat.into(),
        scopes: vec!["repo".into(), "read:user".into()],
        integration_id: if names {
            id(2, number % 100).to_string()
        } else {
            String::new()
        },
        subject: Some(Subject {
            id: subject.to_string(),
            principal: Principal::ServiceAccount.into(),
        }),
        ..HostAuthenticationToken::default()
    };
    match column {
        "id" => Value::Uuid(id(4, number)),
        "runner_id" => Value::Uuid(runner_id(number)),
        "principal" => Value::Integer(Principal::ServiceAccount.into()),
        "subject_id" => Value::Uuid(subject),
        "host" => Value::Text(host),
        "source" => Value::Integer(HostAuthenticationTokenSource::Pat.into()),
        "integration_id" if names => Value::Uuid(id(2, number % 100)),
        "refresh_token" | "refresh_token_key" | "integration_id" => Value::Null,
        "message" => Value::Bytes(Encoded::new(&message()).into_bytes()),
        "json" => Value::Bytes(serde_json::to_vec(&message()).unwrap()),
        "token" => Value::Bytes(number.to_be_bytes().repeat(11)),
        "token_key" => Value::Bytes(vec![7; 32]),
        _ => no_such(column),
    }
}

fn key(number: u64, column: &str) -> Value {
    match column {
        "id" => Value::Uuid(id(6, number)),
        "hash" => Value::Bytes(vec![number as u8; 32]),
        "name" => Value::Text(format!("key {number}")),
        "role" => Value::Integer(1),
        "principal" => Value::Integer(Principal::ServiceAccount.into()),
        "subject_id" => Value::Uuid(id(5, number)),
        "read_only" => Value::Bool(number == 1),
        "created_at" => Value::Long(1_790_000_000_000_000),
        "expires_at" if number == 1 => Value::Long(i64::MAX),
        "revoked_at" if number == 2 => Value::Long(-1),
        "expires_at" | "revoked_at" => Value::Null,
        _ => no_such(column),
    }
}

fn change(number: u64, column: &str) -> Value {
    match column {
        "sequence" => Value::Long(number.cast_signed() + 1),
        "at" => Value::Long(1_790_000_000_000_000 + number.cast_signed()),
        "principal" if number.is_multiple_of(2) => Value::Integer(Principal::User.into()),
        "subject_id" if number.is_multiple_of(2) => Value::Uuid(id(5, number % SUBJECTS)),
        "request_id" if number.is_multiple_of(2) => Value::Text(id(7, number).to_string()),
        "principal" | "subject_id" | "request_id" => Value::Null,
        "action" => Value::Text("CreateEnvironmentClass".into()),
        "object" => Value::Uuid(id(3, number)),
        "kind" => Value::Integer(2),
        "outcome" => Value::Integer(1),
        _ => no_such(column),
    }
}
