//! A server in the test's process, with the reference service on a store in a temporary folder.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test file is a crate of its own and uses a part of this module"
)]

pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use runner_configuration::v1::{RunnerConfigurationSchema, RunnerKind, RunnerProvider};
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{Change, Encoded, Runner, Store as _, SubjectKey};
use runner_configuration_service::{
    ADMIN_SUBJECT, Caller, Role, Service, StaticKeys, SystemRandomness,
};
use uuid::Uuid;

/// The API key of an administrator.
pub const ADMIN_KEY: &str = "admin-key-of-the-tests";
/// The API key of an ordinary user, [`USER`].
pub const USER_KEY: &str = "user-key-of-the-tests";
/// The subject of [`USER_KEY`].
pub const USER: Uuid = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0042);
/// The runner of the API's documentation; it has a key pair and a schema.
pub const RUNNER: &str = "d2c94c27-3b76-4a42-b88c-95a85e392c68";

/// A running server.
pub struct TestServer {
    pub address: SocketAddr,
    pub store: Arc<SqliteStore>,
    /// Opens what is sealed to [`RUNNER`].
    pub runner_key: KeyPair,
    /// Holds the store.
    pub folder: tempfile::TempDir,
}

impl TestServer {
    /// Starts a server with one runner on a free port.
    pub async fn start() -> Self {
        Self::start_with(StaticKeys::new()).await
    }

    /// Starts a server that accepts these keys besides.
    pub async fn start_with(keys: StaticKeys) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("store.db")).unwrap());
        let runner_key = KeyPair::generate(&SystemRandomness).unwrap();
        let runner = runner(RUNNER.parse().unwrap(), &runner_key);
        let _created = store.put_runner(change(), runner).await.unwrap();
        let keys = keys
            .with(ADMIN_KEY, Caller::new(ADMIN_SUBJECT, Role::Admin))
            .with(USER_KEY, Caller::new(SubjectKey::user(USER), Role::User));
        let service = runner_configuration_server::service(Service::new(Arc::clone(&store)));
        let router = service.authenticate(keys).into_router();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            store,
            runner_key,
            folder,
        }
    }

    /// The base URL below `/`, or below `/api`.
    pub fn url(&self, prefix: &str) -> String {
        format!("http://{}{prefix}", self.address)
    }
}

/// A runner with a schema and this key.
pub fn runner(id: Uuid, key: &KeyPair) -> Runner {
    Runner {
        id,
        name: "Test runner".to_owned(),
        kind: RunnerKind::Remote,
        provider: RunnerProvider::AwsEc2,
        public_key: Some(*key.public_key().as_bytes()),
        schema: Some(Encoded::new(&schema())),
    }
}

/// Made by the tests themselves.
pub fn change() -> Change {
    Change::by(ADMIN_SUBJECT, "test", SystemTime::now())
}

/// A schema with a field of every type, and three kinds of source hosts.
pub fn schema() -> RunnerConfigurationSchema {
    serde_json::from_value(serde_json::json!({
        "version": "1",
        "environmentClasses": [
            {"id": "cpu", "name": "CPUs", "required": true, "int": {"min": 1, "max": 128, "default": 4}},
            {"id": "memory", "name": "Memory in MiB", "required": true, "int": {"min": 512}},
            {"id": "region", "name": "Region", "string": {"pattern": "[a-z]{2}-[a-z]+-[0-9]"}},
            {"id": "spot", "name": "Spot instance", "bool": {}},
            {"id": "machineType", "name": "Machine type", "enum": {"possibleValues": [{"title": "m6i.large"}, {"title": "m6i.2xlarge"}]}},
            {"id": "registryPassword", "name": "Registry password", "secret": true, "string": {}},
            {"id": "note", "name": "Note", "display": {"default": "Read me"}}
        ],
        "scm": [
            {"scmId": "github", "name": "GitHub", "defaultHosts": ["github.com"], "oauth": {"callbackUrl": "https://app.example.com/callback"}, "pat": {"description": "A token"}},
            {"scmId": "gitlab", "name": "GitLab", "defaultHosts": ["gitlab.com"], "oauth": {"callbackUrl": "https://app.example.com/callback"}, "pat": {"description": "A token"}},
            {"scmId": "azuredevops_server", "name": "Azure DevOps Server", "pat": {"description": "A token"}}
        ]
    }))
    .unwrap()
}
