//! Who may do what: every cell of the table in SECURITY.md, over Connect and gRPC.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod support;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Request, Version, header};
use http_body_util::Full;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MethodDescriptor, SerializeOptions,
};
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::{Store as _, SubjectKey};
use runner_configuration_service::{ADMIN_SUBJECT, Caller, Role, StaticKeys, SystemRandomness};
use serde_json::{Value, json};
use support::wire::{HttpClient, SERVICE, connect_error, http_client, send};
use support::{ADMIN_KEY, RUNNER, TestServer, USER, USER_KEY, runner};
use uuid::Uuid;

const OTHER_RUNNER: &str = "0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c02";
const OTHER_USER: Uuid = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0043);
const RUNNER_KEY: &str = "runner-key-of-the-tests";
const READ_ONLY_KEY: &str = "read-only-key-of-the-tests";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Connect,
    Grpc,
}

/// Whose the object is that a call is about.
#[derive(Clone, Copy)]
struct Whose {
    runner: &'static str,
    owner: Uuid,
}

/// The callers, as the columns name them, and what they reach for.
const COLUMNS: [(&str, &str, Whose); 6] = {
    const MINE: Whose = Whose {
        runner: RUNNER,
        owner: USER,
    };
    [
        ("admin", ADMIN_KEY, MINE),
        ("admin, read-only", READ_ONLY_KEY, MINE),
        ("user, own", USER_KEY, MINE),
        (
            "user, other's",
            USER_KEY,
            Whose {
                runner: RUNNER,
                owner: OTHER_USER,
            },
        ),
        ("runner, own", RUNNER_KEY, MINE),
        (
            "runner, other's",
            RUNNER_KEY,
            Whose {
                runner: OTHER_RUNNER,
                owner: OTHER_USER,
            },
        ),
    ]
};

#[tokio::test]
async fn every_cell_of_the_table_holds_over_connect() {
    every_cell_holds(Protocol::Connect).await;
}

#[tokio::test]
async fn every_cell_of_the_table_holds_over_grpc() {
    every_cell_holds(Protocol::Grpc).await;
}

async fn every_cell_holds(protocol: Protocol) {
    let world = World::new(protocol).await;
    let table = table();
    let rpcs: BTreeSet<_> = table.iter().map(|row| row[0].as_str()).collect();
    let declared: BTreeSet<_> = world.methods.iter().map(MethodDescriptor::name).collect();
    assert_eq!(rpcs, declared, "the table has a row for each RPC");
    let mut wrong = Vec::new();
    for row in &table {
        for (cell, (caller, key, whose)) in row[1..].iter().zip(COLUMNS) {
            let found = world.decision(&row[0], key, whose).await;
            if found != *cell {
                wrong.push(format!("{} by {caller}: {found} instead of {cell}", row[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The rows of the table, checked against [`COLUMNS`].
fn table() -> Vec<Vec<String>> {
    let text = include_str!("../SECURITY.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| RPC |"));
    let rows: Vec<Vec<String>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect();
    let names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(rows[0][1..], names[..]);
    assert!(rows.iter().all(|row| row.len() == COLUMNS.len() + 1));
    rows[2..].to_vec()
}

struct World {
    server: TestServer,
    protocol: Protocol,
    http: HttpClient,
    methods: Vec<MethodDescriptor>,
}

impl World {
    async fn new(protocol: Protocol) -> Self {
        let runner_caller = Caller::new(SubjectKey::runner(RUNNER.parse().unwrap()), Role::Runner);
        let read_only = Caller::new(ADMIN_SUBJECT, Role::Admin).read_only();
        let keys = StaticKeys::new()
            .with(RUNNER_KEY, runner_caller)
            .with(READ_ONLY_KEY, read_only);
        let server = TestServer::start_with(keys).await;
        let key = KeyPair::generate(&SystemRandomness).unwrap();
        let other = runner(OTHER_RUNNER.parse().unwrap(), &key);
        let _created = server
            .store
            .put_runner(support::change(), other)
            .await
            .unwrap();
        let pool = DescriptorPool::decode(runner_configuration::FILE_DESCRIPTOR_SET).unwrap();
        let service = pool.get_service_by_name(SERVICE).unwrap();
        let version = match protocol {
            Protocol::Connect => Version::HTTP_11,
            Protocol::Grpc => Version::HTTP_2,
        };
        Self {
            server,
            protocol,
            http: http_client(version),
            methods: service.methods().collect(),
        }
    }

    /// What the table calls what a caller gets.
    async fn decision(&self, rpc: &str, key: &str, whose: Whose) -> &'static str {
        let object = if rpc.starts_with("Create")
            || rpc.ends_with("Configuration")
            || rpc.ends_with("Schema")
        {
            String::new()
        } else {
            self.create(rpc, whose).await
        };
        match self.call(key, rpc, request(rpc, whose, &object)).await {
            Ok(reply) if rpc.starts_with("List") && !reply.to_string().contains(&object) => {
                "left out"
            }
            Ok(_) => "yes",
            Err(code) if code == "permission_denied" => "denied",
            Err(code) if code == "not_found" => "hidden",
            Err(code) => panic!("{rpc}: {code}"),
        }
    }

    /// An object of the kind that an RPC is about, made by an admin.
    async fn create(&self, rpc: &str, whose: Whose) -> String {
        let create = [
            "EnvironmentClass",
            "HostAuthenticationToken",
            "SCMIntegration",
            "LLMIntegration",
        ]
        .into_iter()
        .find(|kind| rpc.contains(kind))
        .map(|kind| format!("Create{kind}"))
        .unwrap();
        let reply = self
            .call(ADMIN_KEY, &create, request(&create, whose, ""))
            .await
            .unwrap();
        let id = reply
            .get("id")
            .or_else(|| reply["token"].get("id"))
            .unwrap();
        id.as_str().unwrap().to_owned()
    }

    /// The reply in JSON, or the code of the error.
    async fn call(&self, key: &str, rpc: &str, request: Value) -> Result<Value, String> {
        let method = self
            .methods
            .iter()
            .find(|method| method.name() == rpc)
            .unwrap();
        let url = self.server.url(&format!("/{SERVICE}/{rpc}"));
        let (content_type, body) = match self.protocol {
            Protocol::Connect => ("application/json", request.to_string().into_bytes()),
            Protocol::Grpc => {
                let options = DeserializeOptions::new();
                let message =
                    DynamicMessage::deserialize_with_options(method.input(), request, &options)
                        .unwrap();
                let message = message.encode_to_vec();
                let length = u32::try_from(message.len()).unwrap().to_be_bytes();
                ("application/grpc", [&[0], &length[..], &message].concat())
            }
        };
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .body(Full::from(body))
            .unwrap();
        let response = send(&self.http, request).await;
        match self.protocol {
            Protocol::Connect if response.status() == 200 => {
                Ok(serde_json::from_slice(response.body()).unwrap())
            }
            Protocol::Connect => Err(connect_error(&response).code),
            Protocol::Grpc => match response.headers().get("grpc-status") {
                None => Ok(json_of(method, response.into_body())),
                Some(status) => Err(match status.to_str().unwrap() {
                    "5" => "not_found".into(),
                    "7" => "permission_denied".into(),
                    other => format!("gRPC status {other}"),
                }),
            },
        }
    }
}

/// A gRPC frame's message as JSON.
fn json_of(method: &MethodDescriptor, frame: Bytes) -> Value {
    let message = DynamicMessage::decode(method.output(), frame.slice(5..)).unwrap();
    let options = SerializeOptions::new();
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .unwrap()
}

/// A request that succeeds where it is allowed.
fn request(rpc: &str, Whose { runner, owner }: Whose, object: &str) -> Value {
    let class = json!({
        "runnerId": runner, "displayName": "One", "description": "a class",
        "configuration": [{"key": "cpu", "value": "1"}, {"key": "memory", "value": "512"}],
    });
    match rpc {
        "CreateEnvironmentClass" => class,
        "GetEnvironmentClass" | "UpdateEnvironmentClass" => json!({"environmentClassId": object}),
        "CreateHostAuthenticationToken" => json!({
            "runnerId": runner, "token": "a token", "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT",
            // One per runner, host and owner.
            "host": format!("{}.example.com", Uuid::new_v4().simple()),
            "subject": {"id": owner.to_string(), "principal": "PRINCIPAL_USER"},
        }),
        "CreateSCMIntegration" => {
            json!({"runnerId": runner, "scmId": "github", "host": "github.com", "pat": true})
        }
        "CreateLLMIntegration" => json!({
            "runnerId": runner, "models": ["SUPPORTED_MODEL_OPUS_4"], "endpoint": "https://llm.example.com",
            "apiKey": "a key",
        }),
        "UpdateSCMIntegration" => json!({"id": object, "pat": true}),
        "UpdateLLMIntegration" => json!({"id": object, "maxTokens": "1"}),
        "DeleteLLMIntegration" => json!({"id": object, "force": true}),
        "GetRunnerConfigurationSchema" => json!({"runnerId": runner}),
        "ValidateRunnerConfiguration" => json!({"runnerId": runner, "environmentClass": class}),
        // The newest come last, on a page of their own where there are many.
        list if list.starts_with("List") => json!({"pagination": {"pageSize": 100}}),
        _ => json!({"id": object}),
    }
}
