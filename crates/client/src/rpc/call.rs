use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Channel, Error, Items, ListRequest, Message, Pages, Rpc};

/// A call of an RPC, made when it is awaited: `client.environment_classes().get(id).await?`.
///
/// Until then it can be given what differs from its client:
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn get(client: runner_configuration_client::Client, id: &str) -> Result<(), runner_configuration_client::Error> {
/// let reply = client.environment_classes().get(id).timeout(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// An awaited call answers an [`Error`], which is the server's or says why there is no answer.
#[must_use = "a call is made when it is awaited"]
pub struct Call<Req, Res> {
    channel: Channel,
    rpc: Rpc,
    request: Req,
    response: PhantomData<fn() -> Res>,
}

impl<Req, Res> Call<Req, Res> {
    pub(super) fn new(channel: Channel, rpc: Rpc, request: Req) -> Self {
        Self {
            channel,
            rpc,
            request,
            response: PhantomData,
        }
    }

    /// Limits how long an attempt of this call may take; `None` lets it take any time.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.channel = self.channel.with_timeout(timeout);
        self
    }

    /// Limits how often this call is made again where it fails; 0 for never. When it is: [`Channel`].
    pub fn retries(mut self, retries: u32) -> Self {
        self.channel = self.channel.with_retries(retries);
        self
    }

    /// Sends a header with this call.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.channel = self.channel.with_header(name, value);
        self
    }

    /// Sends these headers with this call, in place of those of its client that have the same names.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.channel = self.channel.with_headers(headers);
        self
    }
}

impl<Req: Message, Res: Message> Call<Req, Res> {
    /// Makes the call, for the answer with its headers and trailers.
    ///
    /// # Errors
    ///
    /// As when the call is awaited.
    pub async fn response(self) -> Result<Response<Res>, Error> {
        self.channel.unary(self.rpc, self.request).await
    }
}

impl<Req: ListRequest> Call<Req, Req::Response> {
    /// The page that is asked for, and those after it.
    pub fn pages(self) -> Pages<Req> {
        Pages::new(self.channel, self.rpc, self.request)
    }

    /// What is on the page that is asked for, and on those after it.
    pub fn stream(self) -> Items<Req> {
        Items::new(self.pages())
    }
}

impl<Req: Message, Res: Message> IntoFuture for Call<Req, Res> {
    type Output = Result<Res, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.response().await?.message) })
    }
}

impl<Req, Res> fmt::Debug for Call<Req, Res> {
    // Not the request, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("rpc", &self.rpc.path())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// An answer with its headers and trailers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<Res> {
    /// The message.
    pub message: Res,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The trailers of the answer.
    pub trailers: HeaderMap,
}
