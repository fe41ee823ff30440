use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::headers::HeaderNames;
use super::transport::DynTransport;
use super::{Call, Code, Error, Message, Response, Rpc, Transport, UnaryRequest};

/// What the calls of a client go through: a [`Transport`], with what each call is given on its way.
///
/// Clones are cheap and share the transport. Every generated client is made from one:
/// `RunnerConfigurationServiceClient::new(channel)`.
#[derive(Clone)]
pub struct Channel {
    transport: Arc<dyn DynTransport>,
    options: Arc<CallOptions>,
}

#[derive(Clone)]
struct CallOptions {
    timeout: Option<Duration>,
    headers: HeaderMap,
}

impl Channel {
    /// How long a call may take unless another time-out is set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// A channel whose calls go to this transport without an API key.
    pub fn new(transport: impl Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            options: Arc::new(CallOptions {
                timeout: Some(Self::DEFAULT_TIMEOUT),
                headers: HeaderMap::new(),
            }),
        }
    }

    /// Limits how long a call may take, from its start to the last byte of its answer; `None` lets it take any time.
    pub fn with_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        Arc::make_mut(&mut self.options).timeout = timeout.into();
        self
    }

    /// Sends a header with every call. Headers that belong to the protocol, such as `content-type`, are not replaced.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.options).headers.insert(name, value);
        self
    }

    /// Sends these headers with every call, in place of those that have the same names.
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        Arc::make_mut(&mut self.options).headers.extend(headers);
        self
    }

    /// A call of an RPC; for generated code.
    pub fn call<Req, Res>(&self, rpc: Rpc, request: Req) -> Call<Req, Res> {
        Call::new(self.clone(), rpc, request)
    }

    pub(super) async fn unary<Req: Message, Res: Message>(
        self,
        rpc: Rpc,
        request: Req,
    ) -> Result<Response<Res>, Error> {
        let codec = self.transport.codec();
        let message = codec.encode(&request)?;
        // It may hold a secret, which need not stay in memory while the call is on its way.
        drop(request);
        let timeout = self.options.timeout;
        let request = UnaryRequest {
            rpc,
            codec,
            message,
            headers: self.options.headers.clone(),
            timeout,
        };
        let answer = self.transport.unary(request);
        let reply = within(timeout, answer).await?;
        Ok(Response {
            message: reply.codec.decode(&reply.message)?,
            headers: reply.headers,
            trailers: reply.trailers,
        })
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
            .field("headers", &HeaderNames(&self.options.headers))
            .finish_non_exhaustive()
    }
}
