use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use super::clock::SystemClock;
use super::headers::HeaderNames;
use super::transport::DynTransport;
use super::{
    Call, Clock, Code, Error, Message, Response, Rpc, Transport, UnaryRequest, UnaryResponse, retry,
};

/// What the calls of a client go through: a [`Transport`], with what each call is given on its way.
///
/// Clones are cheap and share the transport. Every generated client is made from one:
/// `RunnerConfigurationServiceClient::new(channel)`.
///
/// # Retries
///
/// A call that failed is made again, twice unless told otherwise, where there is hope:
///
/// - An RPC without side effects: where the connection could not be made or broke, the time-out passed, or the server
///   answered with HTTP 408, 409, 429, 500 and more, or over gRPC with a code that stands for one of these.
/// - Any other RPC: only where the server cannot have acted on the call, because there was no connection or the answer
///   is 429, over gRPC `resource_exhausted`.
/// - `x-should-retry: true` or `false` in the reply decides otherwise for both. `already_exists` is always final.
///
/// The wait before it is what `retry-after-ms` or `Retry-After` ask for, up to 60 seconds. Otherwise it is 0.5 seconds,
/// doubled with each retry up to 8 seconds, less up to a quarter at random.
///
/// # Time-outs
///
/// The time-out is that of an attempt, as in the official SDKs: a call with two retries may take three times as long, and
/// the waits in between. To limit the whole, put it into [`tokio::time::timeout`].
///
/// # Tracing
///
/// Every call is a span `call` with `rpc`, `attempt`, the number of the last attempt, from 1, and `code`, which is `ok` or
/// that of the error.
///
/// With the feature `opentelemetry`, a call tells its server of OpenTelemetry's current span, in the headers `traceparent`
/// and `tracestate` of [W3C Trace Context](https://www.w3.org/TR/trace-context/). Where tracing-opentelemetry is a layer of
/// the subscriber, that is the span `call`.
///
/// ```
/// use runner_configuration::v1::GetEnvironmentClassResponse;
/// use runner_configuration_client::Client;
/// use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), runner_configuration_client::Error> {
/// let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
/// let client = Client::new(Channel::new(answer).with_retries(5));
/// assert_eq!(client.environment_classes().get("x").await?.environment_class, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Channel {
    transport: Arc<dyn DynTransport>,
    options: Arc<CallOptions>,
}

#[derive(Clone)]
struct CallOptions {
    timeout: Option<Duration>,
    retries: u32,
    headers: HeaderMap,
    clock: Arc<dyn Clock>,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Channel {
    /// How long an attempt may take unless another time-out is set.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Channel;
    ///
    /// assert_eq!(Channel::DEFAULT_TIMEOUT.as_secs(), 60);
    /// ```
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// How often a call is made again unless another number is set.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Channel;
    ///
    /// assert_eq!(Channel::DEFAULT_RETRIES, 2);
    /// ```
    pub const DEFAULT_RETRIES: u32 = 2;

    /// A channel whose calls go to this transport without an API key.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    ///
    /// let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let channel = Channel::new(answer);
    /// ```
    pub fn new(transport: impl Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            options: Arc::new(CallOptions {
                timeout: Some(Self::DEFAULT_TIMEOUT),
                retries: Self::DEFAULT_RETRIES,
                headers: HeaderMap::new(),
                clock: Arc::new(SystemClock),
                jitter: Arc::new(fastrand::f64),
            }),
        }
    }

    /// Limits how long an attempt may take, from its start to the last byte of its answer; `None` lets it take any time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let channel = Channel::new(transport).with_timeout(Duration::from_secs(5));
    /// ```
    pub fn with_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        Arc::make_mut(&mut self.options).timeout = timeout.into();
        self
    }

    /// Limits how often a call that failed is made again; 0 for never.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let channel = Channel::new(transport).with_retries(0);
    /// ```
    pub fn with_retries(mut self, retries: u32) -> Self {
        Arc::make_mut(&mut self.options).retries = retries;
        self
    }

    /// Sends a header with every call. Headers that belong to the protocol, such as `content-type`, are not replaced.
    ///
    /// ```
    /// use http::{HeaderValue, header};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let channel = Channel::new(transport).with_header(header::AUTHORIZATION, HeaderValue::from_static("Bearer key"));
    /// ```
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.options).headers.insert(name, value);
        self
    }

    /// Sends these headers with every call, in place of those that have the same names.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-team", HeaderValue::from_static("tools"));
    /// let channel = Channel::new(transport).with_headers(headers);
    /// ```
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        Arc::make_mut(&mut self.options).headers.extend(headers);
        self
    }

    /// Takes the time of retries from this clock instead of the system's. Time-outs stay with tokio.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use runner_configuration_client::rpc::{Channel, Clock};
    ///
    /// fn with_shared_clock(channel: Channel, clock: Arc<dyn Clock>) -> Channel {
    ///     channel.with_clock(clock)
    /// }
    /// ```
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        Arc::make_mut(&mut self.options).clock = Arc::new(clock);
        self
    }

    /// Takes the chance in the waits before retries from here: a number from 0, for the whole wait, to 1, for three
    /// quarters of it.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// let channel = Channel::new(transport).with_jitter(|| 0.5);
    /// ```
    pub fn with_jitter(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.options).jitter = Arc::new(jitter);
        self
    }

    /// A call of an RPC; for generated code.
    ///
    /// ```
    /// use runner_configuration::v1::{GetEnvironmentClassRequest, GetEnvironmentClassResponse};
    /// use runner_configuration_client::rpc::{Call, Rpc};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::Client;
    /// # use runner_configuration_client::rpc::{Channel, UnaryRequest, UnaryResponse};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let transport = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// const GET: Rpc = Rpc::new("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass", true);
    /// let call: Call<_, GetEnvironmentClassResponse> = Channel::new(transport).call(GET, GetEnvironmentClassRequest::default());
    /// assert_eq!(call.await?.environment_class, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call<Req, Res>(&self, rpc: Rpc, request: Req) -> Call<Req, Res> {
        Call::new(self.clone(), rpc, request)
    }

    pub(super) async fn unary<Req: Message, Res: Message>(
        self,
        rpc: Rpc,
        request: Req,
    ) -> Result<Response<Res>, Error> {
        let name = rpc.path().trim_start_matches('/');
        let span = tracing::info_span!(
            "call",
            rpc = name,
            attempt = field::Empty,
            code = field::Empty
        );
        let outcome = self.attempts(rpc, request).instrument(span.clone()).await;
        let code = outcome
            .as_ref()
            .err()
            .map_or("ok", |error| error.code().as_str());
        span.record("code", code);
        let reply = outcome?;
        Ok(Response {
            message: reply.codec.decode(&reply.message)?,
            headers: reply.headers,
            trailers: reply.trailers,
        })
    }

    async fn attempts<Req: Message>(&self, rpc: Rpc, message: Req) -> Result<UnaryResponse, Error> {
        let options = &self.options;
        let codec = self.transport.codec();
        let headers = &options.headers;
        #[cfg(feature = "opentelemetry")]
        let headers = &super::trace_context::with_current_span(headers.clone());
        let encoded = codec.encode(&message)?;
        // It may hold a secret, which need not stay in memory while the call is on its way.
        drop(message);
        let mut retries = 0;
        loop {
            let answer = self.transport.unary(UnaryRequest {
                rpc,
                codec,
                message: encoded.clone(),
                headers: headers.clone(),
                timeout: options.timeout,
            });
            let error = match within(options.timeout, answer).await {
                Err(error) if retries < options.retries && retry::is_allowed(&rpc, &error) => error,
                outcome => {
                    Span::current().record("attempt", retries + 1);
                    return outcome;
                }
            };
            let delay = retry::delay(&error, retries, options.clock.now(), (options.jitter)());
            retries += 1;
            tracing::debug!(
                code = error.code().as_str(),
                ?delay,
                "the call is made again"
            );
            options.clock.sleep(delay).await;
        }
    }
}

/// Ends with an error when the time-out has passed.
async fn within<T>(
    timeout: Option<Duration>,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(timeout) = timeout else {
        return answer.await;
    };
    let start = Instant::now();
    match tokio::time::timeout(timeout, answer).await {
        // A server that keeps the time-out too may hang up a moment before this side has noticed.
        Ok(Err(error)) if error.is_broken() && start.elapsed() + EARLY >= timeout => {
            Err(timed_out(timeout).with_source(error))
        }
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(timed_out(timeout)),
    }
}

/// Timers fire at whole milliseconds, and time-outs are sent in them.
const EARLY: Duration = Duration::from_millis(2);

fn timed_out(timeout: Duration) -> Error {
    let text = format!("no answer within {timeout:?}");
    Error::local(Code::DeadlineExceeded, text)
}

impl fmt::Debug for Channel {
    // Header values may be secret: the API key is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("timeout", &self.options.timeout)
            .field("retries", &self.options.retries)
            .field("headers", &HeaderNames(&self.options.headers))
            .finish_non_exhaustive()
    }
}
