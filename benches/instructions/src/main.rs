//! `instructions PATH COUNT`: makes a call COUNT times, in this process, without sockets. `instructions.py` runs it in
//! callgrind, which counts what happens below [`measured`].

use std::hint::black_box;
use std::sync::Arc;

use axum::body::Body;
use benches_common::prepared::Prepared;
use benches_common::tonic_alone::Replies;
use benches_common::{Failure, logging, objects};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use prost::Message as _;
use runner_configuration::v1::{
    CreateEnvironmentClassResponse, EnvironmentClass, GetEnvironmentClassResponse,
    ListEnvironmentClassesResponse, ValidateRunnerConfigurationResponse,
};
use runner_configuration_server::tonic_server::RunnerConfigurationServiceServer;
use runner_configuration_service::{ApiKeys, Service};
use tower::ServiceExt as _;

#[path = "../../../crates/cli/src/allocator.rs"]
mod allocator;

/// As the program.
#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

const KEY: &str = "runnerconf_a-key-that-is-about-as-long-as-others";

/// Calls before the count: caches fill, and what is made once is made.
const WARM_UP: usize = 20;

/// The name of a path, and the call that goes along it.
type Named = (&'static str, fn() -> Call);

const PATHS: &[Named] = &[
    ("connect-json-get", || {
        Call::connect("GetEnvironmentClass", json(&objects::get()), "json")
    }),
    ("connect-binary-get", || {
        Call::connect(
            "GetEnvironmentClass",
            objects::get().encode_to_vec(),
            "proto",
        )
    }),
    ("grpc-get", || {
        Call::grpc("GetEnvironmentClass", &objects::get().encode_to_vec())
    }),
    ("connect-json-list-100", || {
        Call::connect(
            "ListEnvironmentClasses",
            json(&objects::list(100, None)),
            "json",
        )
    }),
    ("connect-binary-list-100", || {
        Call::connect(
            "ListEnvironmentClasses",
            objects::list(100, None).encode_to_vec(),
            "proto",
        )
    }),
    ("connect-json-create", || {
        Call::connect("CreateEnvironmentClass", json(&objects::create()), "json")
    }),
];

fn json(message: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_default()
}

/// A request, to be made again and again.
#[derive(Clone)]
struct Call {
    path: String,
    content_type: &'static str,
    body: Bytes,
}

impl Call {
    fn new(rpc: &str, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            path: format!("/gitpod.v1.RunnerConfigurationService/{rpc}"),
            content_type,
            body: body.into(),
        }
    }

    fn connect(rpc: &str, body: Vec<u8>, codec: &str) -> Self {
        let is_json = codec == "json";
        let content_type = if is_json {
            "application/json"
        } else {
            "application/proto"
        };
        Self::new(rpc, content_type, body)
    }

    fn grpc(rpc: &str, message: &[u8]) -> Self {
        let length = (message.len() as u32).to_be_bytes();
        Self::new(
            rpc,
            "application/grpc",
            [&[0], &length[..], message].concat(),
        )
    }

    fn request(&self) -> Result<Request<Body>, Failure> {
        let request = Request::post(&self.path)
            .header("content-type", self.content_type)
            .header("authorization", format!("Bearer {KEY}"))
            .header("te", "trailers");
        Ok(request.body(Body::from(self.body.clone()))?)
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: instructions PATH COUNT".into());
    };
    let count = count.parse()?;
    logging::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if path == "list" {
        let names = PATHS.iter().map(|(name, _)| *name);
        for name in names.chain(["tonic-alone-grpc-get"]) {
            println!("{name}");
        }
        return Ok(());
    }
    if path == "tonic-alone-grpc-get" {
        let call = Call::grpc("GetEnvironmentClass", &objects::get().encode_to_vec());
        let service = tonic::service::Routes::new(RunnerConfigurationServiceServer::new(replies()));
        return run(&runtime, service.prepare(), &call, count);
    }
    let (_, call) = PATHS
        .iter()
        .find(|(name, _)| *name == path)
        .ok_or_else(|| format!("no path {path}"))?;
    let service = runtime.block_on(async {
        let store = Arc::new(Prepared::new(KEY).await?);
        Ok::<_, Failure>(
            runner_configuration_server::service(Service::new(Arc::clone(&store)))
                .authenticate(ApiKeys::new(store)),
        )
    })?;
    run(&runtime, service, &call(), count)
}

fn run<S, B>(
    runtime: &tokio::runtime::Runtime,
    mut service: S,
    call: &Call,
    count: usize,
) -> Result<(), Failure>
where
    S: tower::Service<Request<Body>, Response = http::Response<B>>,
    S::Error: Into<Failure>,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    for _ in 0..WARM_UP {
        let reply = measure_one(runtime, &mut service, call.request()?)?;
        check(&reply)?;
    }
    for _ in 0..count {
        black_box(measured(runtime, &mut service, call.request()?)?);
    }
    Ok(())
}

/// What callgrind counts.
#[inline(never)]
fn measured<S, B>(
    runtime: &tokio::runtime::Runtime,
    service: &mut S,
    request: Request<Body>,
) -> Result<Bytes, Failure>
where
    S: tower::Service<Request<Body>, Response = http::Response<B>>,
    S::Error: Into<Failure>,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    measure_one(runtime, service, request)
}

#[inline(always)]
fn measure_one<S, B>(
    runtime: &tokio::runtime::Runtime,
    service: &mut S,
    request: Request<Body>,
) -> Result<Bytes, Failure>
where
    S: tower::Service<Request<Body>, Response = http::Response<B>>,
    S::Error: Into<Failure>,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    runtime.block_on(async {
        let reply = service
            .ready()
            .await
            .map_err(Into::<Failure>::into)?
            .call(request)
            .await;
        let (head, body) = reply.map_err(Into::<Failure>::into)?.into_parts();
        let body = body.collect().await.map_err(Into::<Failure>::into)?;
        let failed = body.trailers().is_some_and(|trailers| {
            trailers
                .get("grpc-status")
                .is_some_and(|status| status != "0")
        });
        if head.status != StatusCode::OK || failed || head.headers.contains_key("grpc-status") {
            return Err(format!("the call failed: {head:?}").into());
        }
        Ok(body.to_bytes())
    })
}

fn check(reply: &Bytes) -> Result<(), Failure> {
    if reply.len() < 30 {
        return Err("the reply is too short to be what was asked for".into());
    }
    Ok(())
}

fn replies() -> Replies {
    let class = |number| objects::class(number).message;
    let list = |size: usize| ListEnvironmentClassesResponse {
        environment_classes: (0..size).map(class).collect::<Vec<EnvironmentClass>>(),
        ..Default::default()
    };
    Replies {
        get: GetEnvironmentClassResponse {
            environment_class: Some(class(objects::ASKED)),
        },
        list_25: list(25),
        list_100: list(100),
        create: CreateEnvironmentClassResponse::default(),
        validate: ValidateRunnerConfigurationResponse::default(),
    }
}
