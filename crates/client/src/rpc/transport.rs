use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use super::headers::HeaderNames;
use super::{Codec, Error, Message};

/// An RPC, as its .proto file declares it.
///
/// ```
/// use runner_configuration_client::rpc::Rpc;
///
/// const GET: Rpc = Rpc::new("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass", true);
/// assert_eq!(GET.name(), "GetEnvironmentClass");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rpc {
    path: &'static str,
    no_side_effects: bool,
}

impl Rpc {
    /// The RPC at a path such as `/acme.v1.Greeter/Greet`; for generated code.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Rpc;
    ///
    /// const GREET: Rpc = Rpc::new("/acme.v1.Greeter/Greet", false);
    /// ```
    pub const fn new(path: &'static str, no_side_effects: bool) -> Self {
        Self {
            path,
            no_side_effects,
        }
    }

    /// The path below the base URL: `/`, the service, `/`, the name.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Rpc;
    ///
    /// const GET: Rpc = Rpc::new("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass", true);
    /// assert_eq!(GET.path(), "/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass");
    /// ```
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// The name, such as `GetEnvironmentClass`.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Rpc;
    ///
    /// const GET: Rpc = Rpc::new("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass", true);
    /// assert_eq!(GET.name(), "GetEnvironmentClass");
    /// ```
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether its idempotency level is `NO_SIDE_EFFECTS`.
    ///
    /// ```
    /// use runner_configuration_client::rpc::Rpc;
    ///
    /// const GET: Rpc = Rpc::new("/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass", true);
    /// assert!(GET.no_side_effects());
    /// ```
    pub fn no_side_effects(&self) -> bool {
        self.no_side_effects
    }
}

/// Carries encoded calls to a server and its answers back: the seam at which a test answers without a network. Where there
/// is nothing to wait for, a function from [`UnaryRequest`] to `Result<UnaryResponse, Error>` is one.
///
/// ```
/// use runner_configuration::v1::{EnvironmentClass, GetEnvironmentClassRequest, GetEnvironmentClassResponse};
/// use runner_configuration_client::rpc::{Code, Error, Transport, UnaryRequest, UnaryResponse};
/// use runner_configuration_client::Client;
///
/// struct Fake;
///
/// impl Transport for Fake {
///     async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
///         match request.rpc().name() {
///             "GetEnvironmentClass" => {
///                 let asked: GetEnvironmentClassRequest = request.decode()?;
///                 let class = EnvironmentClass { id: asked.environment_class_id, ..Default::default() };
///                 UnaryResponse::encode(&GetEnvironmentClassResponse { environment_class: Some(class) })
///             }
///             name => Err(Error::new(Code::Unimplemented, name)),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let client = Client::builder().transport(Fake).build()?;
/// let reply = client.environment_classes().get("b").await?;
/// assert_eq!(reply.environment_class.map(|class| class.id), Some("b".to_owned()));
/// # Ok(())
/// # }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// How this transport wants requests encoded.
    ///
    /// ```
    /// use runner_configuration_client::rpc::{Transport, UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::{Codec, Error};
    ///
    /// /// Answers every call with the same text.
    /// struct Recorded(&'static str);
    ///
    /// impl Transport for Recorded {
    ///     fn codec(&self) -> Codec {
    ///         Codec::Json
    ///     }
    ///
    ///     async fn unary(&self, _: UnaryRequest) -> Result<UnaryResponse, Error> {
    ///         Ok(UnaryResponse::new(Codec::Json, self.0))
    ///     }
    /// }
    /// assert_eq!(Recorded("{}").codec(), Codec::Json);
    /// ```
    fn codec(&self) -> Codec {
        Codec::Proto
    }

    /// Carries one call. It may be given up by dropping the future; the caller keeps the time-out.
    ///
    /// # Errors
    ///
    /// The server's, or why there is no answer.
    ///
    /// ```
    /// use runner_configuration_client::Client;
    /// use runner_configuration_client::rpc::{Transport, UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::{Codec, Error};
    ///
    /// /// Answers every call with the same text.
    /// struct Recorded(&'static str);
    ///
    /// impl Transport for Recorded {
    ///     async fn unary(&self, _: UnaryRequest) -> Result<UnaryResponse, Error> {
    ///         Ok(UnaryResponse::new(Codec::Json, self.0))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let client = Client::builder().transport(Recorded(r#"{"id": "7"}"#)).build()?;
    /// assert_eq!(client.scm_integrations().create(Default::default()).await?.id, "7");
    /// # Ok(())
    /// # }
    /// ```
    fn unary(
        &self,
        request: UnaryRequest,
    ) -> impl Future<Output = Result<UnaryResponse, Error>> + Send;
}

/// A function answers where there is nothing to wait for.
impl<F> Transport for F
where
    F: Fn(UnaryRequest) -> Result<UnaryResponse, Error> + Send + Sync + 'static,
{
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        self(request)
    }
}

/// A call on its way to the server.
///
/// ```
/// use runner_configuration::v1::GetEnvironmentClassResponse;
/// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
/// use runner_configuration_client::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), runner_configuration_client::Error> {
/// let answer = |request: UnaryRequest| {
///     println!("{} {:?}", request.rpc().name(), request.codec());
///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
/// };
/// let client = Client::builder().transport(answer).api_key("key").build()?;
/// client.environment_classes().get("7").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct UnaryRequest {
    pub(super) rpc: Rpc,
    pub(super) codec: Codec,
    pub(super) message: Bytes,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Option<Duration>,
}

impl UnaryRequest {
    /// Which RPC is called.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     assert_eq!(request.rpc().name(), "GetEnvironmentClass");
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// How the message is encoded.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::{Client, Codec};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     assert_eq!(request.codec(), Codec::Proto);
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The encoded message.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     // A tag, a length, and "7".
    ///     assert_eq!(request.message().len(), 3);
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn message(&self) -> &Bytes {
        &self.message
    }

    /// The message.
    ///
    /// # Errors
    ///
    /// `internal` where it is of another type.
    ///
    /// ```
    /// use runner_configuration::v1::{GetEnvironmentClassRequest, GetEnvironmentClassResponse};
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     let asked: GetEnvironmentClassRequest = request.decode()?;
    ///     assert_eq!(asked.environment_class_id, "7");
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn decode<M: Message>(&self) -> Result<M, Error> {
        self.codec.decode(&self.message)
    }

    /// The headers of the call, `authorization` among them; what a protocol adds is not.
    ///
    /// ```
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     assert_eq!(request.headers()["authorization"], "Bearer key");
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How long the caller waits, to be passed on to the server; `None` for any time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use runner_configuration::v1::GetEnvironmentClassResponse;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    /// use runner_configuration_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |request: UnaryRequest| {
    ///     assert_eq!(request.timeout(), Some(Duration::from_secs(60)));
    ///     UnaryResponse::encode(&GetEnvironmentClassResponse::default())
    /// };
    /// let client = Client::builder().transport(answer).api_key("key").build()?;
    /// client.environment_classes().get("7").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

impl fmt::Debug for UnaryRequest {
    // Messages and header values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryRequest")
            .field("rpc", &self.rpc.path)
            .field("codec", &self.codec)
            .field("message_bytes", &self.message.len())
            .field("headers", &HeaderNames(&self.headers))
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// A server's answer to a call that went well.
///
/// ```
/// use runner_configuration_client::Codec;
/// use runner_configuration_client::rpc::UnaryResponse;
///
/// let recorded = UnaryResponse::new(Codec::Json, r#"{"id": "7"}"#);
/// ```
#[derive(Clone)]
pub struct UnaryResponse {
    pub(super) codec: Codec,
    pub(super) message: Bytes,
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
}

impl UnaryResponse {
    /// An answer with this message, which need not be encoded as the request was.
    ///
    /// ```
    /// use runner_configuration_client::Codec;
    /// use runner_configuration_client::rpc::UnaryResponse;
    ///
    /// let recorded = UnaryResponse::new(Codec::Json, r#"{"id": "7"}"#);
    /// ```
    pub fn new(codec: Codec, message: impl Into<Bytes>) -> Self {
        Self {
            codec,
            message: message.into(),
            headers: HeaderMap::new(),
            trailers: HeaderMap::new(),
        }
    }

    /// An answer with this message.
    ///
    /// # Errors
    ///
    /// None; the signature is that of [`Transport::unary`].
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration::v1::CreateScmIntegrationResponse;
    /// use runner_configuration_client::rpc::UnaryResponse;
    ///
    /// let answer = UnaryResponse::encode(&CreateScmIntegrationResponse { id: "7".to_owned() })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn encode<M: Message>(message: &M) -> Result<Self, Error> {
        let codec = Codec::Proto;
        Ok(Self::new(codec, codec.encode(message)?))
    }

    /// Sets the headers and trailers.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use http::{HeaderMap, HeaderValue};
    /// use runner_configuration::v1::CreateScmIntegrationResponse;
    /// use runner_configuration_client::rpc::UnaryResponse;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-request-id", HeaderValue::from_static("7f3a"));
    /// let answer = UnaryResponse::encode(&CreateScmIntegrationResponse::default())?;
    /// let answer = answer.with_metadata(headers, HeaderMap::new());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_metadata(mut self, headers: HeaderMap, trailers: HeaderMap) -> Self {
        self.headers = headers;
        self.trailers = trailers;
        self
    }
}

impl fmt::Debug for UnaryResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryResponse")
            .field("codec", &self.codec)
            .field("message_bytes", &self.message.len())
            .field("headers", &HeaderNames(&self.headers))
            .field("trailers", &HeaderNames(&self.trailers))
            .finish()
    }
}

/// [`Transport`] without its type.
pub(super) trait DynTransport: Send + Sync {
    fn codec(&self) -> Codec;

    fn unary(&self, request: UnaryRequest) -> UnaryFuture<'_>;
}

pub(super) type UnaryFuture<'a> =
    Pin<Box<dyn Future<Output = Result<UnaryResponse, Error>> + Send + 'a>>;

impl<T: Transport> DynTransport for T {
    fn codec(&self) -> Codec {
        Transport::codec(self)
    }

    fn unary(&self, request: UnaryRequest) -> UnaryFuture<'_> {
        Box::pin(Transport::unary(self, request))
    }
}
