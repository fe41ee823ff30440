//! Calls that succeed, and that fail in every way.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, Version, header};
use http_body_util::Full;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MethodDescriptor, SerializeOptions,
};
use runner_configuration_server::Authenticate;
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::{Runner, Store as _, SubjectKey};
use runner_configuration_service::{
    ADMIN_SUBJECT, Caller, Role, Service, StaticKeys, SystemRandomness,
};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::markers::{self, Markers};
use crate::requests::Request;
use crate::support::wire::{
    HttpClient, SERVICE, connect_code, connect_error, http_client, percent_encode, send,
};
use crate::support::{self, RUNNER, TestServer};

const KEYLESS_RUNNER: &str = "0b8c2f6e-7d0b-4f57-9a53-0f6d0a6b1c05";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Protocol {
    Connect,
    Grpc,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Case {
    AsItIs,
    UnknownKey,
    Denied,
    InvalidId,
    NotFound,
    NoPublicKey,
    UnknownContentType,
    TooLarge,
    Malformed,
    WrongType,
    InUrl,
    CutOff,
}

impl Case {
    pub(crate) const ALL: [Self; 12] = [
        Self::AsItIs,
        Self::UnknownKey,
        Self::Denied,
        Self::InvalidId,
        Self::NotFound,
        Self::NoPublicKey,
        Self::UnknownContentType,
        Self::TooLarge,
        Self::Malformed,
        Self::WrongType,
        Self::InUrl,
        Self::CutOff,
    ];

    /// Whether the case makes sense for this request.
    fn applies(self, request: Request, protocol: Protocol, has_secrets: bool) -> bool {
        let has_runner = request.rpc.starts_with("Create") || request.rpc.ends_with("Schema");
        match self {
            Self::AsItIs | Self::UnknownKey => true,
            Self::NotFound => !request.rpc.starts_with("List") && request.outcome == "ok",
            Self::InvalidId => !request.rpc.starts_with("List"),
            Self::NoPublicKey => has_runner && has_secrets && request.outcome == "ok",
            Self::Denied | Self::UnknownContentType | Self::CutOff | Self::TooLarge => has_secrets,
            Self::Malformed => has_secrets,
            Self::WrongType | Self::InUrl => has_secrets && protocol == Protocol::Connect,
        }
    }

    /// The code of the reply; `None` where any refusal will do.
    fn outcome(self, request: Request) -> Option<&'static str> {
        match self {
            Self::AsItIs => Some(request.outcome),
            Self::UnknownKey => Some("unauthenticated"),
            Self::Denied => Some("permission_denied"),
            Self::InvalidId => Some("invalid_argument"),
            Self::NotFound => Some("not_found"),
            Self::NoPublicKey => Some("failed_precondition"),
            Self::TooLarge => Some("resource_exhausted"),
            Self::WrongType => Some("invalid_argument"),
            Self::UnknownContentType | Self::Malformed | Self::InUrl | Self::CutOff => None,
        }
    }
}

/// The service on a store with two runners, and whoever calls it.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) pool: DescriptorPool,
    pub(crate) markers: Markers,
    /// Head and body of everything that was answered.
    pub(crate) replies: Vec<String>,
    admin_key: String,
    runner_key: String,
    http1: HttpClient,
    http2: HttpClient,
}

impl World {
    pub(crate) async fn start() -> Self {
        let mut markers = Markers::default();
        let (admin_key, runner_key) = (markers.next(), markers.next());
        let admin = Caller::new(ADMIN_SUBJECT, Role::Admin);
        let runner = Caller::new(SubjectKey::runner(RUNNER.parse().unwrap()), Role::Runner);
        let keys = StaticKeys::new()
            .with(&admin_key, admin)
            .with(&runner_key, runner);
        let server = TestServer::start_with(keys).await;
        let key = KeyPair::generate(&SystemRandomness).unwrap();
        let keyless = Runner {
            public_key: None,
            ..support::runner(KEYLESS_RUNNER.parse().unwrap(), &key)
        };
        let _created = server
            .store
            .put_runner(support::change(), keyless)
            .await
            .unwrap();
        Self {
            server,
            pool: DescriptorPool::decode(runner_configuration::FILE_DESCRIPTOR_SET).unwrap(),
            markers,
            replies: Vec::new(),
            admin_key,
            runner_key,
            http1: http_client(Version::HTTP_11),
            http2: http_client(Version::HTTP_2),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.server.folder.path()
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = MethodDescriptor> + use<> {
        let service = self.pool.get_service_by_name(SERVICE).unwrap();
        service.methods().collect::<Vec<_>>().into_iter()
    }

    fn method(&self, rpc: &str) -> MethodDescriptor {
        self.methods().find(|method| method.name() == rpc).unwrap()
    }

    /// Makes a call with a marker in every secret field, and keeps the reply. Returns whether the case makes sense.
    pub(crate) async fn call(&mut self, request: Request, protocol: Protocol, case: Case) -> bool {
        let method = self.method(request.rpc);
        let has_secrets = !markers::secret_fields(&method.input()).is_empty();
        if !case.applies(request, protocol, has_secrets) {
            return false;
        }
        let object = match (case, request.creator()) {
            (_, None) => String::new(),
            (Case::NotFound, _) => Uuid::new_v4().to_string(),
            (Case::InvalidId, _) => "nonsense".to_owned(),
            (_, Some(creator)) => self.create(creator).await,
        };
        let unknown = Uuid::new_v4().to_string();
        let runner = match case {
            Case::NotFound => &unknown,
            Case::InvalidId => "nonsense",
            Case::NoPublicKey => KEYLESS_RUNNER,
            _ => RUNNER,
        };
        let message = self.message(&method, request, runner, &object);
        let key = match case {
            Case::UnknownKey => self.markers.next(),
            Case::Denied => self.runner_key.clone(),
            _ => self.admin_key.clone(),
        };
        let reply = self.send(request.rpc, protocol, case, &key, &message).await;
        if let Some(reply) = reply {
            let code = self.keep(&reply, protocol);
            let what = format!("{} over {protocol:?}, {case:?}: {code}", request.rpc);
            match case.outcome(request) {
                Some(expected) => assert_eq!(code, expected, "{what}"),
                None => assert_ne!(code, "ok", "{what}"),
            }
        }
        true
    }

    /// Makes an object, and returns its id.
    async fn create(&mut self, request: Request) -> String {
        let message = self.message(&self.method(request.rpc), request, RUNNER, "");
        let key = self.admin_key.clone();
        let (protocol, case) = (Protocol::Connect, Case::AsItIs);
        let reply = self
            .send(request.rpc, protocol, case, &key, &message)
            .await
            .unwrap();
        assert_eq!(self.keep(&reply, protocol), "ok");
        let reply: Value = serde_json::from_slice(reply.body()).unwrap();
        let id = reply.get("id").or_else(|| reply["token"].get("id"));
        id.unwrap().as_str().unwrap().to_owned()
    }

    fn message(
        &mut self,
        method: &MethodDescriptor,
        request: Request,
        runner: &str,
        object: &str,
    ) -> DynamicMessage {
        let body = request.body(runner, object);
        let options = DeserializeOptions::new();
        let mut message =
            DynamicMessage::deserialize_with_options(method.input(), body, &options).unwrap();
        self.markers.plant(&mut message, request.everywhere);
        message
    }

    /// Sends a request as the case wants it; returns the reply, where there is one.
    async fn send(
        &self,
        rpc: &str,
        protocol: Protocol,
        case: Case,
        key: &str,
        message: &DynamicMessage,
    ) -> Option<Response<Bytes>> {
        let url = self.server.url(&format!("/{SERVICE}/{rpc}"));
        let json = message
            .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
            .unwrap()
            .to_string();
        let mut body = match protocol {
            Protocol::Connect => json.clone().into_bytes(),
            Protocol::Grpc => message.encode_to_vec(),
        };
        match case {
            // Fields that nobody knows are read as well.
            Case::TooLarge if protocol == Protocol::Grpc => {
                let length = 5 * 1024 * 1024_u32;
                // Field 1000, with a length.
                body.extend([0xc2, 0x3e, 0x80, 0x80, 0xc0, 0x02]);
                body.resize(body.len() + length as usize, 0);
            }
            Case::TooLarge => body.resize(body.len() + 5 * 1024 * 1024, b' '),
            Case::Malformed => body.truncate(body.len() - 1),
            Case::WrongType => {
                let opening = format!("\"{}", markers::PREFIX);
                let replaced = json.replace(&opening, &format!("[\"{}", markers::PREFIX));
                body = replaced.into_bytes();
            }
            _ => {}
        }
        if protocol == Protocol::Grpc {
            let length = u32::try_from(body.len()).unwrap().to_be_bytes();
            body = [&[0], &length[..], &body].concat();
        }
        let (client, known) = match protocol {
            Protocol::Connect => (&self.http1, "application/json"),
            Protocol::Grpc => (&self.http2, "application/grpc"),
        };
        let content_type = if case == Case::UnknownContentType {
            "text/plain"
        } else {
            known
        };
        if case == Case::CutOff {
            self.cut_off(rpc, key, content_type, &body).await;
            return None;
        }
        let builder = if case == Case::InUrl {
            let query = percent_encode(json.as_bytes());
            let request = http::Request::get(format!("{url}?encoding=json&message={query}"));
            body.clear();
            request
        } else {
            http::Request::post(url).header(header::CONTENT_TYPE, content_type)
        };
        let request = builder
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .body(Full::from(body))
            .unwrap();
        Some(send(client, request).await)
    }

    /// Closes the connection before the last byte of the body.
    async fn cut_off(&self, rpc: &str, key: &str, content_type: &str, body: &[u8]) {
        let mut connection = TcpStream::connect(self.server.address).await.unwrap();
        let head = format!(
            "POST /{SERVICE}/{rpc} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let all_but_one = &body[..body.len() - 1];
        connection.write_all(all_but_one).await.unwrap();
        connection.shutdown().await.unwrap();
        // The server is done with it when it closes, too.
        let mut reply = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut connection, &mut reply).await;
    }

    /// Remembers a reply; returns its code.
    fn keep(&mut self, reply: &Response<Bytes>, protocol: Protocol) -> String {
        let body = String::from_utf8_lossy(reply.body());
        self.replies
            .push(format!("{:?}\n{body}\n", reply.headers()));
        match reply.headers().get("grpc-status") {
            _ if protocol == Protocol::Connect && reply.status() == 200 => "ok".to_owned(),
            _ if protocol == Protocol::Connect => connect_error(reply).code,
            Some(status) => connect_code(status.to_str().unwrap().parse().unwrap()),
            None if reply.status() == 200 => "ok".to_owned(),
            None => format!("HTTP {}", reply.status()),
        }
    }
}

/// Makes one call with this key, authenticated like this.
pub(crate) async fn call_leaky(key: &str, authenticate: impl Authenticate<Caller = Caller>) {
    let server = TestServer::start().await;
    let service = Service::new(Arc::clone(&server.store));
    let router = runner_configuration_server::service(service)
        .authenticate(authenticate)
        .into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let request = http::Request::post(format!("http://{address}/{SERVICE}/ListLLMIntegrations"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .body(Full::from("{}"))
        .unwrap();
    let reply = send(&http_client(Version::HTTP_11), request).await;
    assert_eq!(reply.status(), 200);
}
