use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};

use super::Client;
use crate::rpc::{
    BaseUrl, Channel, Clock, Code, Codec, Connect, Error, Grpc, HeaderNames, HttpClient,
    HttpOptions, TlsOptions, Transport, Version,
};

/// How calls go over the network.
///
/// ```
/// use runner_configuration_client::{Codec, Protocol};
///
/// let readable = Protocol::Connect { codec: Codec::Json, get: true };
/// assert_ne!(readable, Protocol::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// Connect, over HTTP/1.1 or HTTP/2.
    Connect {
        /// How messages are encoded.
        codec: Codec,
        /// Whether RPCs without side effects are called by GET, where the message is short enough for a URL.
        get: bool,
    },
    /// gRPC, over HTTP/2.
    Grpc,
}

impl Default for Protocol {
    /// Connect in binary, by POST.
    fn default() -> Self {
        Self::Connect {
            codec: Codec::Proto,
            get: false,
        }
    }
}

/// Sets up a [`Client`].
///
/// ```
/// use std::time::Duration;
///
/// use runner_configuration_client::{Client, Codec, Error, Protocol};
///
/// # fn main() -> Result<(), Error> {
/// let client = Client::builder()
///     .base_url("http://127.0.0.1:8080/api")
///     .api_key("key")
///     .protocol(Protocol::Connect { codec: Codec::Json, get: true })
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// assert!(!format!("{client:?}").contains("key\""));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    base_url: String,
    api_key: Option<SecretString>,
    protocol: Protocol,
    channel: Option<Channel>,
    timeout: Option<Duration>,
    retries: u32,
    clock: Option<Arc<dyn Clock>>,
    jitter: Option<Arc<dyn Fn() -> f64 + Send + Sync>>,
    headers: HeaderMap,
    http: HttpOptions,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            base_url: Self::DEFAULT_BASE_URL.to_owned(),
            api_key: None,
            protocol: Protocol::default(),
            channel: None,
            timeout: Some(Channel::DEFAULT_TIMEOUT),
            retries: Channel::DEFAULT_RETRIES,
            clock: None,
            jitter: None,
            headers: HeaderMap::new(),
            http: HttpOptions {
                max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
                compress_from: None,
                http2_prior_knowledge: false,
                tls: TlsOptions::default(),
            },
        }
    }
}

impl ClientBuilder {
    /// The public API.
    ///
    /// ```
    /// use runner_configuration_client::ClientBuilder;
    ///
    /// assert_eq!(ClientBuilder::DEFAULT_BASE_URL, "https://app.ona.com/api");
    /// ```
    pub const DEFAULT_BASE_URL: &'static str = "https://app.ona.com/api";

    /// How large a reply may be unless another limit is set: 64 MiB.
    ///
    /// ```
    /// use runner_configuration_client::ClientBuilder;
    ///
    /// assert_eq!(ClientBuilder::DEFAULT_MAX_RESPONSE_BYTES, 64 << 20);
    /// ```
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

    /// Where the server is, with the path before `/gitpod.v1.RunnerConfigurationService`, if any. Default:
    /// [`DEFAULT_BASE_URL`](Self::DEFAULT_BASE_URL).
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080/api").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// The key that is sent as `Authorization: Bearer` with every call. Default: none.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").api_key("key").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_key(mut self, api_key: impl Into<SecretString>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// How calls go over the network. Default: Connect in binary.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    /// use runner_configuration_client::Protocol;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").protocol(Protocol::Grpc).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Gives calls to this transport instead of the network; what is about the network then doesn't count, such as base
    /// URL, protocol and certificates.
    ///
    /// ```
    /// use runner_configuration::v1::CreateScmIntegrationResponse;
    /// use runner_configuration_client::Client;
    /// use runner_configuration_client::rpc::{UnaryRequest, UnaryResponse};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateScmIntegrationResponse { id: "7".to_owned() });
    /// let client = Client::builder().transport(answer).build()?;
    /// assert_eq!(client.scm_integrations().create(Default::default()).await?.id, "7");
    /// # Ok(())
    /// # }
    /// ```
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.channel = Some(Channel::new(transport));
        self
    }

    /// Limits how long an attempt of a call may take, from its start to the last byte of its answer; `None` lets it take
    /// any time. Default: 60 seconds.
    ///
    /// As in the official SDKs, retries have the same time once more: [`Channel`].
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    /// use std::time::Duration;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").timeout(Duration::from_secs(10)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Limits how often a call that failed is made again; 0 for never. Default: 2. When it is: [`Channel`].
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").retries(0).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Takes the time of retries from this clock instead of the system's.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::time::{Duration, SystemTime};
    ///
    /// use runner_configuration_client::Client;
    /// use runner_configuration_client::rpc::Clock;
    ///
    /// /// Waits for nothing.
    /// struct NoWaits;
    ///
    /// impl Clock for NoWaits {
    ///     fn now(&self) -> SystemTime {
    ///         SystemTime::now()
    ///     }
    ///
    ///     fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    ///         Box::pin(std::future::ready(()))
    ///     }
    /// }
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").clock(NoWaits).build();
    /// assert!(client.is_ok());
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Takes the chance in the waits before retries from here: a number from 0, for the whole wait, to 1, for three
    /// quarters of it. Default: random numbers.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").jitter(|| 0.5).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn jitter(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Some(Arc::new(jitter));
        self
    }

    /// Sends a header with every call.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    /// use http::{HeaderName, HeaderValue};
    ///
    /// let name = HeaderName::from_static("x-team");
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").header(name, HeaderValue::from_static("tools")).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Limits the size of a reply in bytes, as it comes and decompressed. Default: 64 MiB.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").max_response_bytes(1024 * 1024).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.http.max_response_bytes = limit;
        self
    }

    /// Compresses the messages of requests, with gzip, that have at least this many bytes. Default: none are compressed,
    /// as few are large enough to gain by it. Compressed replies are always accepted.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").compress_requests(4096).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn compress_requests(mut self, from_bytes: usize) -> Self {
        self.http.compress_from = Some(from_bytes);
        self
    }

    /// Speaks HTTP/2 where TLS does not negotiate it, which the server then has to understand. gRPC always does.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").http2_prior_knowledge().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.http.http2_prior_knowledge = true;
        self
    }

    /// Trusts the certificates of this PEM text, besides those that the platform trusts; for servers with a certificate
    /// authority of one's own. Can be given several times.
    ///
    /// ```no_run
    /// use runner_configuration_client::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let authority = std::fs::read("authority.pem")?;
    /// let client = Client::builder().base_url("https://runners.example").add_root_certificate(authority).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.tls.roots.push(pem.into());
        self
    }

    /// Shows servers that ask for one this certificate, with those that lead to its authority, and proves it with its
    /// private key; both in PEM.
    ///
    /// ```no_run
    /// use runner_configuration_client::Client;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (chain, key) = (std::fs::read("client.pem")?, std::fs::read_to_string("client.key")?);
    /// let client = Client::builder().base_url("https://runners.example").client_certificate(chain, key).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_certificate(
        mut self,
        certificate_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<SecretString>,
    ) -> Self {
        self.http.tls.client_certificate = Some((certificate_pem.into(), key_pem.into()));
        self
    }

    /// The client. Connections are made when calls need them.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a base URL that is no `http` or `https` URL, an API key that no header can hold, and
    /// certificates and keys that are not what they should be, where the base URL is `https`;
    /// `internal` where TLS can't be set up, for example without any root certificates on the machine.
    ///
    /// ```
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// use runner_configuration_client::Client;
    ///
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").build()?;
    /// let error = Client::builder().base_url("127.0.0.1:8080").build().unwrap_err();
    /// assert!(error.is_invalid_argument());
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Result<Client, Error> {
        let channel = match self.channel {
            Some(channel) => channel,
            None => connect(&self.base_url, self.protocol, &self.http)?,
        };
        let mut channel = channel
            .with_timeout(self.timeout)
            .with_retries(self.retries);
        if let Some(clock) = self.clock {
            channel = channel.with_clock(clock);
        }
        if let Some(jitter) = self.jitter {
            channel = channel.with_jitter(move || jitter());
        }
        for (name, value) in &self.headers {
            channel = channel.with_header(name.clone(), value.clone());
        }
        if let Some(api_key) = &self.api_key {
            channel = channel.with_header(header::AUTHORIZATION, bearer(api_key)?);
        }
        Ok(Client::new(channel))
    }
}

fn connect(base_url: &str, protocol: Protocol, options: &HttpOptions) -> Result<Channel, Error> {
    let base_url: BaseUrl = base_url.parse()?;
    let http = |version| HttpClient::new(base_url, version, options);
    Ok(match protocol {
        Protocol::Connect { codec, get } => {
            Channel::new(Connect::new(http(Version::Any)?, codec, get))
        }
        Protocol::Grpc => Channel::new(Grpc::new(http(Version::Http2)?)),
    })
}

fn bearer(api_key: &SecretString) -> Result<HeaderValue, Error> {
    let api_key = api_key.expose_secret();
    let is_token = !api_key.is_empty() && api_key.bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::try_from(format!("Bearer {api_key}"));
    match value {
        Ok(mut value) if is_token => {
            value.set_sensitive(true);
            Ok(value)
        }
        _ => {
            let text = "the API key must be printable ASCII without spaces";
            Err(Error::local(Code::InvalidArgument, text))
        }
    }
}

impl fmt::Debug for ClientBuilder {
    // A base URL that is wrong may hold a password; header values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url.parse::<BaseUrl>().ok())
            .field("api_key", &self.api_key)
            .field("protocol", &self.protocol)
            .field("channel", &self.channel)
            .field("timeout", &self.timeout)
            .field("retries", &self.retries)
            .field("headers", &HeaderNames(&self.headers))
            .field("http", &self.http)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_api_key() {
        let builder = Client::builder()
            .base_url("https://user:hunter2@example.com")
            .header(
                HeaderName::from_static("x-other"),
                HeaderValue::from_static("hunter2"),
            )
            .api_key("hunter2");
        assert!(!format!("{builder:?}").contains("hunter2"));
        let error = builder.build().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
        let client = Client::builder()
            .base_url("http://example.com")
            .header(
                HeaderName::from_static("x-other"),
                HeaderValue::from_static("hunter2"),
            )
            .api_key("hunter2")
            .build()
            .unwrap();
        let call = client.environment_classes().get("hunter2");
        assert!(!format!("{client:?} {call:?}").contains("hunter2"));
    }

    #[test]
    fn a_key_that_no_header_can_hold_is_refused() {
        for key in ["", "hunter2\n", "hunter 2", "hünter2", "\0"] {
            let error = Client::builder().api_key(key).base_url("http://x").build();
            let error = error.unwrap_err();
            assert!(error.is_invalid_argument() && !error.is_from_server());
            assert!(!format!("{error:?}").contains("hunter"));
        }
    }

    #[test]
    fn https_uses_the_platforms_certificates() {
        for protocol in [Protocol::default(), Protocol::Grpc] {
            assert!(Client::builder().protocol(protocol).build().is_ok());
        }
    }
}
