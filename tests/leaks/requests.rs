//! A request for each RPC, complete but for the secrets; more than one where the secrets are in different places.

use serde_json::{Value, json};
use uuid::Uuid;

/// The field that the runner's schema marks as secret.
pub(crate) const SECRET_CLASS_FIELD: &str = "registryPassword";

/// A request of the RPC with this name.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) rpc: &'static str,
    /// What becomes of it, if nothing else is wrong.
    pub(crate) outcome: &'static str,
    /// The values of all configuration fields are secrets, though the schema wants other ones.
    pub(crate) everywhere: bool,
    body: Body,
}

/// The body for a runner and an object.
type Body = fn(&str, &str) -> Value;

const fn ok(rpc: &'static str, body: Body) -> Request {
    Request {
        rpc,
        outcome: "ok",
        everywhere: false,
        body,
    }
}

impl Request {
    pub(crate) fn body(&self, runner: &str, object: &str) -> Value {
        (self.body)(runner, object)
    }

    /// The RPC that makes the object that this one is about, if it is about one.
    pub(crate) fn creator(&self) -> Option<Self> {
        let (_, kind) = ["Get", "Update", "Delete"]
            .iter()
            .find_map(|verb| Some((verb, self.rpc.strip_prefix(verb)?)))?;
        let rpc = format!("Create{kind}");
        ALL.into_iter().find(|request| request.rpc == rpc)
    }
}

pub(crate) const ALL: [Request; 24] = [
    ok("CreateEnvironmentClass", class),
    Request {
        outcome: "invalid_argument",
        everywhere: true,
        ..ok("CreateEnvironmentClass", class)
    },
    ok("GetEnvironmentClass", class_id),
    ok("ListEnvironmentClasses", list),
    ok("UpdateEnvironmentClass", class_id),
    ok("CreateHostAuthenticationToken", |runner, _| {
        // One per runner, host and owner.
        let host = format!("{}.example.com", Uuid::new_v4().simple());
        json!({"runnerId": runner, "host": host, "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT"})
    }),
    ok("GetHostAuthenticationToken", id),
    ok("ListHostAuthenticationTokens", list),
    ok("UpdateHostAuthenticationToken", id),
    ok("DeleteHostAuthenticationToken", id),
    ok("CreateSCMIntegration", |runner, _| {
        let mut integration = scm();
        integration["runnerId"] = json!(runner);
        integration
    }),
    ok("GetSCMIntegration", id),
    ok("ListSCMIntegrations", list),
    ok(
        "UpdateSCMIntegration",
        |_, object| json!({"id": object, "oauthClientId": "another-app"}),
    ),
    ok("DeleteSCMIntegration", id),
    ok("CreateLLMIntegration", |runner, _| {
        json!({
            "runnerId": runner, "models": ["SUPPORTED_MODEL_OPUS_4"],
            "endpoint": "https://llm.example.com",
        })
    }),
    ok("GetLLMIntegration", id),
    ok("ListLLMIntegrations", list),
    ok(
        "UpdateLLMIntegration",
        |_, object| json!({"id": object, "requestHeaders": [{"key": "x-one"}, {"key": "x-two"}]}),
    ),
    ok(
        "DeleteLLMIntegration",
        |_, object| json!({"id": object, "force": true}),
    ),
    ok(
        "GetRunnerConfigurationSchema",
        |runner, _| json!({"runnerId": runner}),
    ),
    ok(
        "ValidateRunnerConfiguration",
        |runner, _| json!({"runnerId": runner, "environmentClass": class(runner, "")}),
    ),
    Request {
        everywhere: true,
        ..ok(
            "ValidateRunnerConfiguration",
            |runner, _| json!({"runnerId": runner, "environmentClass": class(runner, "")}),
        )
    },
    ok(
        "ValidateRunnerConfiguration",
        |runner, _| json!({"runnerId": runner, "scmIntegration": scm()}),
    ),
];

fn id(_: &str, object: &str) -> Value {
    json!({"id": object})
}

fn class_id(_: &str, object: &str) -> Value {
    json!({"environmentClassId": object})
}

fn list(_: &str, _: &str) -> Value {
    json!({"pagination": {"pageSize": 100}})
}

fn class(runner: &str, _: &str) -> Value {
    json!({
        "runnerId": runner, "displayName": "One", "description": "a class",
        "configuration": [
            {"key": "cpu", "value": "1"}, {"key": "memory", "value": "512"},
            {"key": SECRET_CLASS_FIELD},
        ],
    })
}

fn scm() -> Value {
    json!({"scmId": "github", "host": "github.com", "pat": true, "oauthClientId": "an-app"})
}
