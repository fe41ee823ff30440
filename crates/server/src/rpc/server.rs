use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use http::{HeaderValue, Request, Response, Uri, header};
use tokio::time::Instant;
use tonic::Status;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tracing::Span;

use super::boxed::boxed;
use super::call::{Call, Dispatch};
use super::call_headers::CallHeaders;
use super::discard::{discard, discard_request};
use super::limits::Limits;
use super::observe::{Seen, Watch};
use super::silence::limit_silence;
use super::{
    Anonymous, Authenticate, Context as CallContext, Deadline, ObservedCall, Observer, Options,
    Protocol, RequestId, TraceContext, deadline, error, protocol, request_id,
};

/// A service on every protocol, as a tower service that is cheap to clone.
///
/// Serve it by [`into_router`](Self::into_router), or by itself:
/// `axum::serve(listener, tower::make::Shared::new(server))`.
pub struct Server<D, A = Anonymous>(Arc<Parts<D, A>>);

/// Behind one pointer, because each call has a clone.
struct Parts<D, A> {
    dispatch: Arc<D>,
    authenticate: Arc<A>,
    options: Arc<Options>,
    limits: Arc<Limits>,
    /// What answers the paths that are no RPC of the service.
    beside: Option<Router>,
}

impl<D: Dispatch> Server<D> {
    /// Serves without authentication, with the default options.
    pub fn new(dispatch: D) -> Self {
        Self::of(Parts {
            dispatch: Arc::new(dispatch),
            authenticate: Arc::new(Anonymous),
            options: Arc::default(),
            limits: Arc::new(Limits::new(&Options::default(), None)),
            beside: None,
        })
    }
}

impl<D: Dispatch, A: Authenticate> Server<D, A> {
    /// Authenticates every call.
    pub fn authenticate<B: Authenticate>(self, authenticate: B) -> Server<D, B> {
        let Parts {
            dispatch,
            options,
            limits,
            beside,
            ..
        } = self.parts();
        Server::of(Parts {
            dispatch,
            authenticate: Arc::new(authenticate),
            options,
            limits,
            beside,
        })
    }

    /// Changes what is allowed.
    pub fn options(self, options: Options) -> Self {
        Self::of(Parts {
            limits: Arc::new(Limits::new(&options, self.0.limits.observer().cloned())),
            options: Arc::new(options),
            ..self.parts()
        })
    }

    /// Tells `observer` of every call: see [`Observer`].
    pub fn observe(self, observer: impl Observer) -> Self {
        let limits = Limits::new(&self.0.options, Some(Arc::new(observer)));
        Self::of(Parts {
            limits: Arc::new(limits),
            ..self.parts()
        })
    }

    /// Answers further paths, below every prefix: other services, such as [reflection](super::reflection), or pages.
    ///
    /// They are not authenticated, and of the options only [`body_timeout`](Options::body_timeout) counts, as the longest
    /// silence in a request's body: streams may be long. May be called more than once.
    ///
    /// # Panics
    ///
    /// Where a route overlaps with one that was given before, as [`Router::merge`] does.
    ///
    /// ```
    /// use axum::routing::get;
    /// # fn example(service: impl runner_configuration_server::RunnerConfigurationService) {
    /// let version = axum::Router::new().route("/version", get("0.1.0"));
    /// let server = runner_configuration_server::service(service).with_routes(version);
    /// # }
    /// ```
    pub fn with_routes(self, routes: Router) -> Self {
        let parts = self.parts();
        let beside = match parts.beside {
            Some(before) => before.merge(routes),
            None => routes.fallback(unknown_path),
        };
        Self::of(Parts {
            beside: Some(beside),
            ..parts
        })
    }

    /// A router that answers every path with this service.
    pub fn into_router(self) -> Router {
        Router::new().fallback_service(self)
    }
}

async fn unknown_path(request: Request<Body>) -> Response<Body> {
    let response = error::unknown_path(request.uri().path(), request.headers());
    discard_request(request).await;
    response
}

impl<D, A> Server<D, A> {
    fn of(parts: Parts<D, A>) -> Self {
        Self(Arc::new(parts))
    }

    fn parts(self) -> Parts<D, A> {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<D, A> Clone for Server<D, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D, A> Clone for Parts<D, A> {
    fn clone(&self) -> Self {
        Self {
            dispatch: Arc::clone(&self.dispatch),
            authenticate: Arc::clone(&self.authenticate),
            options: Arc::clone(&self.options),
            limits: Arc::clone(&self.limits),
            beside: self.beside.clone(),
        }
    }
}

/// Polls a future inside a span. `Instrument` would need a clone of it.
async fn within<F: Future>(span: &Span, mut future: Pin<&mut F>) -> F::Output {
    poll_fn(|context| {
        let _entered = span.enter();
        future.as_mut().poll(context)
    })
    .await
}

/// The implementation panicked: what it said is on standard error.
#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the implementation panicked")
    }
}

impl std::error::Error for Panicked {}

/// A call whose headers have been read.
#[derive(Clone)]
struct Begun {
    method: usize,
    protocol: Protocol,
    deadline: Deadline,
    /// Whether the deadline that the caller asked for can be read.
    asked: Result<(), Status>,
}

/// Why a call is not let in.
enum Refused {
    /// There is no room for it, or it is not in order.
    Call(Status),
    /// Its caller is nobody who may call.
    Caller(Status),
    /// Its caller calls too often.
    Rate(Status),
}

impl<D: Dispatch, A: Authenticate> Service<Request<Body>> for Server<D, A> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let parts = Arc::clone(&self.0);
        boxed(|| async move { Ok(parts.answer(request).await) })
    }
}

impl<D: Dispatch, A: Authenticate> Parts<D, A> {
    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let Some(method) = self.find(request.uri().path()) else {
            return self.answer_beside(request).await;
        };
        let declared = D::METHODS[method];
        let protocol = match protocol::detect(&request, declared.no_side_effects) {
            Ok(protocol) => protocol,
            Err(reason) => {
                let response = error::unsupported(reason, request.headers());
                discard_request(request).await;
                return response;
            }
        };
        // One look at the clock for all that counts from here.
        let start = Instant::now();
        let headers = CallHeaders::of(request.headers());
        let asked = deadline::asked(&request, &headers, protocol);
        let asked_for = asked.as_ref().ok().copied().flatten();
        let deadline = Deadline::within(start, self.options.timeout, asked_for);
        let context = CallContext {
            protocol,
            request_id: RequestId::of(headers.request_id),
            deadline,
            trace: TraceContext::of_header(headers.traceparent()),
        };
        request.extensions_mut().insert(context.clone());
        let call = ObservedCall {
            method,
            rpc: declared.name,
            protocol,
            trace: context.trace,
        };
        let seen = Seen::new(start, call, &context);
        let watch = Watch::begin(self.limits.observer().map(AsRef::as_ref), &seen);
        let begun = Begun {
            method,
            protocol,
            deadline,
            asked: asked.map(drop),
        };
        // Pinned here and below, so that layers around it don't move it.
        let answer = pin!(async {
            match protocol {
                Protocol::GrpcWeb => Box::pin(self.answer_grpc_web(begun, &seen, request)).await,
                _ => self.answer_within_deadline(begun, &seen, request).await,
            }
        });
        let mut response = within(&seen.span, answer).await;
        watch.end(&mut response);
        let headers = response.headers_mut();
        headers.insert(request_id::HEADER, context.request_id.to_header());
        if !A::CACHEABLE {
            let no_store = HeaderValue::from_static("no-store");
            headers.insert(header::CACHE_CONTROL, no_store);
        }
        response
    }

    /// The index of the RPC at this path: a prefix, the service, the method.
    fn find(&self, path: &str) -> Option<usize> {
        // From the start, because to look for the last slash takes more than these comparisons.
        let method = self.options.prefixes.iter().find_map(|prefix| {
            let path = path.strip_prefix(prefix.as_str())?;
            path.strip_prefix('/')?
                .strip_prefix(D::SERVICE)?
                .strip_prefix('/')
        })?;
        D::find(method)
    }

    /// The answer for a path that is no RPC of the service.
    async fn answer_beside(&self, mut request: Request<Body>) -> Response<Body> {
        let Some(routes) = &self.beside else {
            return unknown_path(request).await;
        };
        if let Some(uri) = self.without_prefix(request.uri()) {
            *request.uri_mut() = uri;
        }
        // Streams may be as long as they like, unless nothing happens.
        let request = request.map(|body| limit_silence(body, self.options.body_timeout));
        let Ok(response) = routes.clone().oneshot(request).await;
        response
    }

    /// The URI without the longest prefix that its path has, if any.
    fn without_prefix(&self, uri: &Uri) -> Option<Uri> {
        let path_and_query = uri.path_and_query()?.as_str();
        let rests = self.options.prefixes.iter().filter_map(|prefix| {
            let rest = path_and_query.strip_prefix(prefix.as_str())?;
            rest.starts_with('/').then_some(rest)
        });
        let rest = rests.min_by_key(|rest| rest.len())?;
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(rest.parse().ok()?);
        Uri::from_parts(parts).ok()
    }

    /// gRPC-Web is gRPC whose trailers are in the body; tonic-web translates both ways.
    async fn answer_grpc_web(
        &self,
        begun: Begun,
        seen: &Seen<'_, A>,
        request: Request<Body>,
    ) -> Response<Body> {
        let grpc = service_fn(|request: Request<tonic::body::Body>| {
            let begun = Begun {
                protocol: Protocol::Grpc,
                ..begun.clone()
            };
            let request = request.map(Body::new);
            async { Ok::<_, Infallible>(self.answer_within_deadline(begun, seen, request).await) }
        });
        let Ok(response) = GrpcWebLayer::new().layer(grpc).oneshot(request).await;
        response.map(Body::new)
    }

    async fn answer_within_deadline(
        &self,
        begun: Begun,
        seen: &Seen<'_, A>,
        mut request: Request<Body>,
    ) -> Response<Body> {
        let Begun {
            method,
            protocol,
            deadline,
            asked,
        } = begun;
        let answer = pin!(async {
            if let Err(refused) = self.admit(seen, asked, &mut request).await {
                return Err(self.refuse(refused, request, deadline).await);
            }
            let call = Call {
                request,
                protocol,
                options: &self.options,
                limits: &self.limits,
            };
            Ok(self.dispatch.call(method, call).await)
        });
        match tokio::time::timeout_at(deadline.at(), AssertUnwindSafe(answer).catch_unwind()).await
        {
            Ok(Ok(answer)) => answer.unwrap_or_else(|status| error::respond(status, protocol)),
            Ok(Err(_panic)) => {
                let mut status = Status::internal("internal error");
                status.set_source(Arc::new(Panicked));
                error::respond(status, protocol)
            }
            Err(_elapsed) => {
                let text = "the call took longer than its deadline";
                error::respond(Status::deadline_exceeded(text), protocol)
            }
        }
    }

    /// Lets a call in, whose request then has its caller, or not.
    async fn admit(
        &self,
        seen: &Seen<'_, A>,
        asked: Result<(), Status>,
        request: &mut Request<Body>,
    ) -> Result<(), Refused> {
        self.limits.check().map_err(Refused::Call)?;
        let caller = self.authenticate.authenticate(request.headers()).await;
        let caller = caller.map_err(Refused::Caller)?;
        seen.set_caller(&caller);
        if let Some(number) = A::limited_as(&caller) {
            let counted = self.limits.count(number, seen.start.into_std());
            counted.map_err(Refused::Rate)?;
        }
        request.extensions_mut().insert(caller);
        // Only now, because nothing of an unauthenticated call is looked at.
        asked.map_err(Refused::Call)
    }

    /// Reads what is left of a request that is refused. Returns what to say.
    async fn refuse(&self, why: Refused, request: Request<Body>, deadline: Deadline) -> Status {
        match &why {
            Refused::Call(_) => discard(request.into_body()).await,
            Refused::Caller(_) => discard_request(request).await,
            Refused::Rate(_) => {
                discard_request(request).await;
                self.limits.hold_back(deadline).await;
            }
        }
        let (Refused::Call(status) | Refused::Caller(status) | Refused::Rate(status)) = why;
        status
    }
}
