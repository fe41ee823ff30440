//! A service over a SQLite store in a folder of its own, with runners of every sort and callers of both roles.

mod refusal;
pub(crate) mod requests;
pub(crate) mod schemas;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runner_configuration::v1::*;
use runner_configuration::validate::Validate;
use runner_configuration_server::Reply;
use runner_configuration_server::rpc::invalid_argument;
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteStore};
use runner_configuration_service::store::{Change, Encoded, Runner, Store, SubjectKey};
use runner_configuration_service::{ADMIN_SUBJECT, Caller, Clock, Role, Service, SystemRandomness};
use tempfile::TempDir;
use tonic::{Request, Status};
use uuid::Uuid;

pub(crate) use refusal::Refusal;

/// The id of all documentation examples.
pub(crate) const RUNNER: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_95a85e392c68);
/// A second remote runner with a key and a schema.
pub(crate) const OTHER_RUNNER: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_000000000002);
/// A runner with a schema, but without a key.
pub(crate) const KEYLESS_RUNNER: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_000000000003);
/// A runner that never registered a schema.
pub(crate) const NEW_RUNNER: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_000000000004);
/// A managed runner.
pub(crate) const MANAGED_RUNNER: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_000000000005);
/// An id that nothing has.
pub(crate) const NOTHING: Uuid = Uuid::from_u128(0xd2c94c27_3b76_4a42_b88c_00000000ffff);

pub(crate) const ADMIN: Caller = Caller::new(ADMIN_SUBJECT, Role::Admin);
pub(crate) const USER: Caller = Caller::new(SubjectKey::user(Uuid::from_u128(0xa)), Role::User);
pub(crate) const OTHER_USER: Caller =
    Caller::new(SubjectKey::user(Uuid::from_u128(0xb)), Role::User);

pub(crate) struct World {
    pub(crate) service: Service<SqliteStore>,
    pub(crate) store: Arc<SqliteStore>,
    /// The key pair of every runner that has one.
    pub(crate) keys: KeyPair,
    folder: TempDir,
}

/// A clock that stands still.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_772_323_200)
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join(FILE_NAME)).unwrap());
        let service = Service::with(Arc::clone(&store), Noon, SystemRandomness);
        let keys = KeyPair::from_private_key(&[7; 32]);
        let world = Self {
            service,
            store,
            keys,
            folder,
        };
        for runner in world.runners() {
            world.put_runner(runner).await;
        }
        world
    }

    fn runners(&self) -> [Runner; 5] {
        let runner = self.runner();
        [
            Runner {
                id: OTHER_RUNNER,
                provider: RunnerProvider::Gcp,
                ..runner.clone()
            },
            Runner {
                id: KEYLESS_RUNNER,
                public_key: None,
                ..runner.clone()
            },
            Runner {
                id: NEW_RUNNER,
                schema: None,
                ..runner.clone()
            },
            Runner {
                id: MANAGED_RUNNER,
                provider: RunnerProvider::Managed,
                ..runner.clone()
            },
            runner,
        ]
    }

    /// The runner that most tests use.
    pub(crate) fn runner(&self) -> Runner {
        Runner {
            id: RUNNER,
            name: "test".to_owned(),
            kind: RunnerKind::Remote,
            provider: RunnerProvider::AwsEc2,
            public_key: Some(*self.keys.public_key().as_bytes()),
            schema: Some(Encoded::new(&schemas::schema())),
        }
    }

    pub(crate) async fn put_runner(&self, runner: Runner) {
        let change = Change::by_operator("runner apply", Noon.now());
        let _ = self.store.put_runner(change, runner).await.unwrap();
    }

    /// Another process on the same store: a store handle and a service of its own.
    pub(crate) fn replica(&self) -> Service<SqliteStore> {
        let store = SqliteStore::open(self.folder.path().join(FILE_NAME)).unwrap();
        Service::with(Arc::new(store), Noon, SystemRandomness)
    }

    /// Opens a sealed box with the runners' key.
    pub(crate) fn open(&self, sealed: &[u8]) -> String {
        String::from_utf8(self.keys.open(sealed).unwrap().to_vec()).unwrap()
    }
}

/// A call as it reaches the service: the layers before it have validated the message by the contract's rules.
pub(crate) fn arrive<M: Validate>(caller: Caller, message: M) -> Result<Request<M>, Status> {
    message
        .validate()
        .map_err(|violations| invalid_argument(&violations))?;
    let mut request = Request::new(message);
    request.extensions_mut().insert(caller);
    Ok(request)
}

pub(crate) fn message<M: prost::Message + Default + serde::de::DeserializeOwned>(
    reply: Reply<M>,
) -> M {
    reply.into_message().unwrap()
}

/// `call!(service, CALLER, rpc, message)`: calls an RPC and awaits its answer, `Result<Response, Status>`.
macro_rules! call {
    ($service:expr, $caller:expr, $rpc:ident, $message:expr) => {
        match $crate::support::arrive($caller, $message) {
            Ok(request) => {
                use runner_configuration_server::RunnerConfigurationService as _;
                $service.$rpc(request).await.map($crate::support::message)
            }
            Err(status) => Err(status),
        }
    };
}
pub(crate) use call;

/// What is stored, read as an admin.
impl World {
    pub(crate) async fn class(&self, id: &str) -> EnvironmentClass {
        let request = GetEnvironmentClassRequest {
            environment_class_id: id.to_owned(),
        };
        let reply = call!(self.service, ADMIN, get_environment_class, request).unwrap();
        reply.environment_class.unwrap()
    }

    pub(crate) async fn token(&self, id: &str) -> Result<HostAuthenticationToken, Status> {
        let request = GetHostAuthenticationTokenRequest { id: id.to_owned() };
        let reply = call!(self.service, ADMIN, get_host_authentication_token, request)?;
        Ok(reply.token.unwrap())
    }

    /// The secrets of a token as the runner reads them: the token and the refresh token.
    pub(crate) async fn secrets(&self, id: &str) -> (String, Option<String>) {
        let id = id.parse().unwrap();
        let record = self
            .store
            .host_authentication_token_record(id)
            .await
            .unwrap()
            .unwrap();
        let refresh_token = record
            .refresh_token
            .map(|token| self.open(&token.ciphertext));
        (self.open(&record.token.ciphertext), refresh_token)
    }

    pub(crate) async fn scm(&self, id: &str) -> ScmIntegration {
        let request = GetScmIntegrationRequest { id: id.to_owned() };
        let reply = call!(self.service, ADMIN, get_scm_integration, request).unwrap();
        reply.integration.unwrap()
    }

    pub(crate) async fn llm(&self, id: &str) -> LlmIntegration {
        let request = GetLlmIntegrationRequest { id: id.to_owned() };
        let reply = call!(self.service, ADMIN, get_llm_integration, request).unwrap();
        reply.integration.unwrap()
    }
}

/// What tests create, as an admin.
impl World {
    pub(crate) async fn create_class(&self, request: CreateEnvironmentClassRequest) -> String {
        call!(self.service, ADMIN, create_environment_class, request)
            .unwrap()
            .id
    }

    pub(crate) async fn create_token(
        &self,
        request: CreateHostAuthenticationTokenRequest,
    ) -> String {
        let reply = call!(
            self.service,
            ADMIN,
            create_host_authentication_token,
            request
        );
        reply.unwrap().token.unwrap().id
    }

    pub(crate) async fn create_scm(&self, request: CreateScmIntegrationRequest) -> String {
        call!(self.service, ADMIN, create_scm_integration, request)
            .unwrap()
            .id
    }

    pub(crate) async fn create_llm(&self, request: CreateLlmIntegrationRequest) -> String {
        call!(self.service, ADMIN, create_llm_integration, request)
            .unwrap()
            .id
    }

    pub(crate) async fn update_scm(
        &self,
        request: UpdateScmIntegrationRequest,
    ) -> Result<(), Status> {
        call!(self.service, ADMIN, update_scm_integration, request).map(drop)
    }
}
