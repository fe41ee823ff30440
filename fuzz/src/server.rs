//! The reference service in this process: the same time and the same random bytes for every input, and no network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use runner_configuration::json;
use runner_configuration::v1::{RunnerConfigurationSchema, RunnerKind, RunnerProvider};
use runner_configuration_server::rpc::Options;
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{Change, Encoded, Runner, Store as _, SubjectKey};
use runner_configuration_service::{
    ADMIN_SUBJECT, Caller, Clock, NoRandomness, Randomness, Role, Service, StaticKeys,
};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use uuid::Uuid;

/// The runner that every server has.
pub const RUNNER: Uuid = Uuid::from_u128(0xd2c9_4c27_3b76_4a42_b88c_95a8_5e39_2c68);

const SCHEMA: &[u8] = include_bytes!("../../crates/testing/src/schema.json");

/// The service and what drives it.
pub struct Server {
    runtime: Runtime,
    store: Arc<SqliteStore>,
    router: Router,
}

impl Server {
    /// With one runner and the keys `admin` and `user`.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let user = SubjectKey::user(Uuid::from_u128(1));
        let keys = StaticKeys::new()
            .with("admin", Caller::new(ADMIN_SUBJECT, Role::Admin))
            .with("user", Caller::new(user, Role::User));
        let mut options = Options::default();
        // How fast inputs are tried is nothing to refuse them for.
        options.rate = None;
        let service = Service::with(Arc::clone(&store), FixedTime, Numbers::default());
        let router = runner_configuration_server::service(service)
            .options(options)
            .authenticate(keys)
            .into_router();
        let server = Self {
            runtime,
            store,
            router,
        };
        server.register(&json::from_slice(SCHEMA).unwrap());
        server
    }

    /// Gives the runner this schema.
    pub fn register(&self, schema: &RunnerConfigurationSchema) {
        let runner = Runner {
            id: RUNNER,
            name: "Runner".into(),
            kind: RunnerKind::Remote,
            provider: RunnerProvider::AwsEc2,
            public_key: Some(*KeyPair::from_private_key(&[7; 32]).public_key().as_bytes()),
            schema: Some(Encoded::new(schema)),
        };
        let change = Change::by_operator("register runner", FixedTime.now());
        let registered = self.runtime.block_on(self.store.put_runner(change, runner));
        let _created_or_updated = registered.unwrap();
    }

    /// What it answers. There is an answer to everything.
    pub fn answer(&self, request: Request<Vec<u8>>) -> Answer {
        let request = request.map(Body::from);
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap();
            Answer {
                status: parts.status,
                headers: parts.headers,
                trailers: body.trailers().cloned().unwrap_or_default(),
                body: body.to_bytes().to_vec(),
            }
        })
    }

    /// Calls an RPC as an administrator, in JSON.
    pub fn call(&self, rpc: &str, request: &Value) -> Answer {
        let path = format!("/gitpod.v1.RunnerConfigurationService/{rpc}");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, "Bearer admin")
            .body(request.to_string().into_bytes());
        self.answer(request.unwrap())
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Of HTTP.
    pub status: StatusCode,
    /// Before the body.
    pub headers: HeaderMap,
    /// Behind the body.
    pub trailers: HeaderMap,
    /// As it was sent.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of an answer in JSON, without compression.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Ends the run if this says that the server is at fault, or does not know.
    pub fn check(&self) {
        let content_type = self.text(header::CONTENT_TYPE.as_str());
        if content_type.starts_with("application/grpc") {
            let (status, message) = self.grpc_status(&content_type);
            let is_fault = matches!(&*status, "2" | "15");
            // gRPC has this code for broken frames, too.
            let is_internal = status == "13" && message.starts_with("internal error");
            assert!(!status.is_empty() && !is_fault && !is_internal, "{self:?}");
        } else if self.status.is_client_error() || self.status.is_server_error() {
            // HEAD has no body, and a path that is no RPC's needs none.
            let code = match serde_json::from_slice::<Value>(&self.body) {
                Ok(error) => error["code"].as_str().unwrap_or_default().to_owned(),
                Err(_) => String::new(),
            };
            // Connect has no other code for a method or content type that is refused by the status.
            let is_refused = matches!(
                self.status,
                StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE
            );
            let is_fault = matches!(&*code, "internal" | "data_loss")
                || code == "unknown" && !is_refused
                || self.status == StatusCode::INTERNAL_SERVER_ERROR;
            assert!(!is_fault, "{self:?} {code}");
        }
    }

    /// `grpc-status` and `grpc-message`, wherever they are.
    fn grpc_status(&self, content_type: &str) -> (String, String) {
        let of_web = content_type
            .starts_with("application/grpc-web")
            .then(|| self.web_trailers(content_type.starts_with("application/grpc-web-text")));
        let find = |name| match of_web.as_ref().and_then(|trailers| value(trailers, name)) {
            Some(value) => value,
            None => self.text(name),
        };
        (
            find("grpc-status"),
            find("grpc-message").replace("%20", " "),
        )
    }

    /// The trailers that gRPC-Web has in the body.
    fn web_trailers(&self, is_text: bool) -> String {
        let body = match is_text {
            // Each part is padded by itself.
            true => self
                .body
                .chunks(4)
                .flat_map(|part| STANDARD.decode(part).unwrap())
                .collect(),
            false => self.body.clone(),
        };
        let mut rest = &*body;
        while let [flags, a, b, c, d, after @ ..] = rest {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let (message, after) = after.split_at(length);
            if flags & 0x80 != 0 {
                return String::from_utf8_lossy(message).into_owned();
            }
            rest = after;
        }
        String::new()
    }

    /// A trailer or a header; empty, if there is neither.
    fn text(&self, name: &str) -> String {
        let value = self.trailers.get(name).or_else(|| self.headers.get(name));
        let bytes = value.map(|value| value.as_bytes()).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }
}

fn value(trailers: &str, name: &str) -> Option<String> {
    let mut lines = trailers.split("\r\n");
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found == name).then(|| value.trim().to_owned())
    })
}

struct FixedTime;

impl Clock for FixedTime {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_323_200)
    }
}

/// 0, 1, 2, …: ids have to differ, and nothing here has to be a secret.
#[derive(Default)]
struct Numbers(AtomicU64);

impl Randomness for Numbers {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(1);
        let length = bytes.len().min(number.len());
        bytes[..length].copy_from_slice(&number[8 - length..]);
        Ok(())
    }
}
