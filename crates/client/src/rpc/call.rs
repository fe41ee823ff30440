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
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").timeout(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.channel = self.channel.with_timeout(timeout);
        self
    }

    /// Limits how often this call is made again where it fails; 0 for never. When it is: [`Channel`].
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").retries(0).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retries(mut self, retries: u32) -> Self {
        self.channel = self.channel.with_retries(retries);
        self
    }

    /// Sends a header with this call.
    ///
    /// ```
    /// use http::{HeaderName, HeaderValue};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let (name, value) = (HeaderName::from_static("x-request-id"), HeaderValue::from_static("nightly-7"));
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").header(name, value).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.channel = self.channel.with_header(name, value);
        self
    }

    /// Sends these headers with this call, in place of those of its client that have the same names.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-request-id", HeaderValue::from_static("nightly-7"));
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").headers(headers).await?;
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let response = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").response().await?;
    /// println!("{:?}", response.headers.get("x-request-id"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn response(self) -> Result<Response<Res>, Error> {
        self.channel.unary(self.rpc, self.request).await
    }
}

impl<Req: ListRequest> Call<Req, Req::Response> {
    /// The page that is asked for, and those after it.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let mut pages = client.scm_integrations().list(Default::default()).pages();
    /// while let Some(page) = pages.next().await {
    ///     println!("{} integrations", page?.integrations.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<Req> {
        Pages::new(self.channel, self.rpc, self.request)
    }

    /// What is on the page that is asked for, and on those after it.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let mut integrations = client.scm_integrations().list(Default::default()).stream();
    /// while let Some(integration) = integrations.next().await {
    ///     println!("{}", integration?.host);
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
///
/// ```
/// # use runner_configuration::v1::*;
/// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), runner_configuration_client::Error> {
/// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
/// # let client = Client::builder().transport(answer).build()?;
/// let response = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").response().await?;
/// println!("{:?} {:?}", response.message.environment_class, response.trailers);
/// # Ok(())
/// # }
/// ```
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
