use std::future::{Future, ready};
use std::pin::Pin;

use axum::body::Body;
use http::{Extensions, HeaderMap, Request, Response};
use prost::Message;
use runner_configuration_runtime::validate::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Status;

use super::boxed::boxed;
use super::error::{self, invalid_argument};
use super::limits::Limits;
use super::read::Bounds;
use super::{Options, Protocol, Query, Reply, connect, grpc};

/// A generated service: from the name of an RPC to the call of its implementation.
pub trait Dispatch: Send + Sync + 'static {
    /// The full name of the service, such as `gitpod.v1.RunnerConfigurationService`.
    const SERVICE: &'static str;

    /// The RPCs, in the order of the .proto file.
    const METHODS: &'static [Method];

    /// The index in [`METHODS`](Self::METHODS) of the RPC with this name.
    fn find(name: &str) -> Option<usize>;

    /// Calls the RPC with this index.
    fn call<'c>(&'c self, method: usize, call: Call<'c>) -> Answer<'c>;
}

/// The answer to a call, once it is there. Boxed, or what is around it would have room for that of the largest RPC, and move it.
pub type Answer<'c> = Pin<Box<dyn Future<Output = Response<Body>> + Send + 'c>>;

/// An RPC, as its .proto file declares it.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The name, such as `GetEnvironmentClass`.
    pub name: &'static str,
    /// Whether its idempotency level is `NO_SIDE_EFFECTS`: then Connect serves it by GET too.
    pub no_side_effects: bool,
}

/// Fills fields of a request from its URL.
pub type UrlParameters<Req> = fn(&mut Req, Query<'_>) -> Result<(), Status>;

/// A call on its way to the implementation.
pub struct Call<'a> {
    pub(super) request: Request<Body>,
    pub(super) protocol: Protocol,
    pub(super) options: &'a Options,
    pub(super) limits: &'a Limits,
}

impl<'c> Call<'c> {
    /// Decodes and validates the message, calls `handler`, and encodes its reply or error.
    pub fn unary<Req, Res, F, Fut>(
        self,
        url_parameters: Option<UrlParameters<Req>>,
        handler: F,
    ) -> Answer<'c>
    where
        Req: Message + Default + DeserializeOwned + Validate + 'static,
        Res: Message + Default + Serialize + DeserializeOwned + 'static,
        F: FnOnce(tonic::Request<Req>) -> Fut + Send + 'c,
        Fut: Future<Output = Result<Reply<Res>, Status>> + Send + 'c,
    {
        if self.protocol.is_connect() {
            boxed(|| connect::unary(self, url_parameters, handler))
        } else {
            boxed(|| grpc::unary(self, url_parameters, handler))
        }
    }

    /// Answers that there is no such RPC.
    pub fn unimplemented(self) -> Answer<'c> {
        let answer = error::respond(Status::unimplemented("there is no such RPC"), self.protocol);
        Box::pin(ready(answer))
    }
}

impl Options {
    /// How much of a request's body is read.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            bytes: self.max_message_bytes,
            time: self.body_timeout,
        }
    }
}

/// What a call needs of its request. It is taken out before the future of the call is made, which would carry all of the request
/// to its end.
pub(super) struct Incoming {
    pub(super) headers: HeaderMap,
    pub(super) extensions: Extensions,
    pub(super) query: Option<String>,
    pub(super) body: Body,
}

impl Incoming {
    pub(super) fn of(request: Request<Body>) -> Self {
        let query = request.uri().query().map(str::to_owned);
        let (parts, body) = request.into_parts();
        Self {
            headers: parts.headers,
            extensions: parts.extensions,
            query,
            body,
        }
    }
}

/// What is left to do with a decoded message before the implementation sees it.
pub(super) fn prepare<Req: Validate>(
    message: &mut Req,
    query: Option<&str>,
    url_parameters: Option<UrlParameters<Req>>,
) -> Result<(), Status> {
    if let (Some(fill), Some(query)) = (url_parameters, query) {
        fill(message, Query::new(query))?;
    }
    message
        .validate()
        .map_err(|violations| invalid_argument(&violations))
}

/// Serves an implementation of tonic's trait: `service(FromTonic(implementation))`.
pub struct FromTonic<T>(
    /// The implementation.
    pub T,
);
