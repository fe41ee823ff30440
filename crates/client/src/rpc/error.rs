use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use prost::Name;
use runner_configuration::validate::Violations;

use super::cause;
use super::headers::HeaderNames;
use super::http::DnsError;
use super::{Code, Detail};

/// Why a call, or the making of a client, failed.
///
/// It displays as code and text. [`source`](StdError::source) leads to the cause, and [`is_refused`](Self::is_refused),
/// [`is_dns`](Self::is_dns) and [`is_tls`](Self::is_tls) tell the usual ones apart. API keys and messages are never part of it.
///
/// ```
/// use runner_configuration_client::{Code, Error};
///
/// fn is_gone(result: Result<(), Error>) -> bool {
///     result.is_err_and(|error| error.is_not_found())
/// }
///
/// let error = Error::new(Code::NotFound, "no such environment class");
/// assert_eq!(error.to_string(), "not_found: no such environment class");
/// assert!(is_gone(Err(error)));
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: String,
    details: Vec<Detail>,
    headers: HeaderMap,
    origin: Origin,
    http_status: Option<StatusCode>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Who found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The other side answered with it.
    Server,
    /// Nothing was sent, because there is no connection.
    NoConnection,
    /// There was a connection, which failed before the whole answer came.
    Broken,
    /// This side.
    Local,
}

impl Error {
    /// An error as a server answers it; for a [`Transport`](super::Transport) of your own.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let error = Error::new(Code::NotFound, "no such class");
    /// assert!(error.is_from_server());
    /// ```
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::with_origin(code, message, Origin::Server)
    }

    /// An error for which no server is to blame; for a [`Transport`](super::Transport) of your own.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let error = Error::local(Code::Internal, "the recorded answers are used up");
    /// assert!(!error.is_from_server());
    /// ```
    pub fn local(code: Code, message: impl Into<String>) -> Self {
        Self::with_origin(code, message, Origin::Local)
    }

    pub(super) fn no_connection(message: impl Into<String>) -> Self {
        Self::with_origin(Code::Unavailable, message, Origin::NoConnection)
    }

    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::with_origin(Code::Unavailable, message, Origin::Broken)
    }

    fn with_origin(code: Code, message: impl Into<String>, origin: Origin) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            details: Vec::new(),
            headers: HeaderMap::new(),
            origin,
            http_status: None,
            source: None,
        }))
    }

    /// Adds a detail.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(error.details().len(), 1);
    /// ```
    pub fn with_detail<M: prost::Message + Name>(self, detail: &M) -> Self {
        self.with_details([Detail::new(&M::full_name(), detail.encode_to_vec())])
    }

    pub(super) fn with_details(mut self, details: impl IntoIterator<Item = Detail>) -> Self {
        self.0.details.extend(details);
        self
    }

    /// Adds headers of the reply.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("retry-after", HeaderValue::from_static("2"));
    /// let error = Error::new(Code::Unavailable, "").with_headers(headers);
    /// assert!(error.headers().contains_key("retry-after"));
    /// ```
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        let mut last = None;
        for (name, value) in headers {
            // Further values of a header come without its name.
            last = name.or(last);
            if let Some(name) = &last {
                self.0.headers.append(name, value);
            }
        }
        self
    }

    pub(super) fn with_http_status(mut self, status: StatusCode) -> Self {
        self.0.http_status = Some(status);
        self
    }

    /// The HTTP status of the reply, where it tells that the call failed.
    pub(super) fn http_status(&self) -> Option<StatusCode> {
        self.0.http_status
    }

    /// Sets the cause.
    ///
    /// ```
    /// use std::error::Error as _;
    ///
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let cause = std::io::Error::other("disk full");
    /// let error = Error::local(Code::Internal, "nothing is recorded").with_source(cause);
    /// assert_eq!(error.source().unwrap().to_string(), "disk full");
    /// ```
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The kind of error.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert_eq!(Error::new(Code::NotFound, "no such class").code(), Code::NotFound);
    /// ```
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What the server says, or what happened on this side; in English.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert_eq!(Error::new(Code::NotFound, "no such class").message(), "no such class");
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The details that the server sent.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(error.details()[0].type_name(), "google.rpc.ErrorInfo");
    /// ```
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// The first detail of a type, such as one of `google.rpc`.
    ///
    /// ```
    /// use runner_configuration_client::rpc::google_rpc::ErrorInfo;
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let info = ErrorInfo { reason: "GONE".to_owned(), ..Default::default() };
    /// let error = Error::new(Code::Aborted, "").with_detail(&info);
    /// assert_eq!(error.detail(), Some(info));
    /// ```
    pub fn detail<M: prost::Message + Name + Default>(&self) -> Option<M> {
        self.0.details.iter().find_map(Detail::decode)
    }

    /// The rules that the request broke, field by field, where the server said so.
    ///
    /// ```
    /// use runner_configuration::validate::{Violation, Violations};
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let violation = Violation { message: Some("must be a valid UUID".to_owned()), ..Default::default() };
    /// let violations = Violations { violations: vec![violation] };
    /// let error = Error::new(Code::InvalidArgument, "").with_detail(&violations);
    /// assert_eq!(error.violations(), Some(violations));
    /// ```
    pub fn violations(&self) -> Option<Violations> {
        self.detail()
    }

    /// The headers and trailers of an error reply; empty where there was none.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use runner_configuration_client::{Code, Error};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("retry-after", HeaderValue::from_static("2"));
    /// let error = Error::new(Code::Unavailable, "").with_headers(headers);
    /// assert_eq!(error.headers()["retry-after"], "2");
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Whether it is the answer of the other side: the server, or a proxy before it. Otherwise no answer came, or one
    /// that this side could not use.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::Unavailable, "restarting").is_from_server());
    /// assert!(!Error::local(Code::Unavailable, "").is_from_server());
    /// ```
    pub fn is_from_server(&self) -> bool {
        self.0.origin == Origin::Server
    }

    /// Whether no connection could be made, so that the server cannot have seen the call.
    ///
    /// ```no_run
    /// # async fn example(client: runner_configuration_client::Client) {
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await;
    /// if reply.is_err_and(|error| error.is_connect()) {
    ///     println!("nothing was sent");
    /// }
    /// # }
    /// ```
    pub fn is_connect(&self) -> bool {
        self.0.origin == Origin::NoConnection
    }

    /// Whether there is nobody at the address: the connection was refused.
    ///
    /// ```no_run
    /// # async fn example(client: runner_configuration_client::Client) {
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await;
    /// if reply.is_err_and(|error| error.is_refused()) {
    ///     println!("is the server running?");
    /// }
    /// # }
    /// ```
    pub fn is_refused(&self) -> bool {
        self.is_connect()
            && self.has_cause(|cause| {
                let error = cause.downcast_ref::<std::io::Error>();
                error.is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
            })
    }

    /// Whether the name of the server, or of a proxy, could not be resolved.
    ///
    /// ```no_run
    /// # async fn example(client: runner_configuration_client::Client) {
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await;
    /// if reply.is_err_and(|error| error.is_dns()) {
    ///     println!("no such host");
    /// }
    /// # }
    /// ```
    pub fn is_dns(&self) -> bool {
        self.has_cause(|cause| cause.is::<DnsError>())
    }

    /// Whether TLS could not be agreed on, for example because the server's certificate is not trusted. That a server does
    /// not trust the client's certificate, it says after the connection is made; then the cause's text tells.
    ///
    /// ```no_run
    /// # async fn example(client: runner_configuration_client::Client) {
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await;
    /// if reply.is_err_and(|error| error.is_tls()) {
    ///     println!("is its certificate authority known?");
    /// }
    /// # }
    /// ```
    pub fn is_tls(&self) -> bool {
        self.has_cause(|cause| cause.is::<rustls::Error>())
    }

    fn has_cause(&self, is_it: impl Fn(&(dyn StdError + 'static)) -> bool) -> bool {
        cause::chain(self.source()).any(is_it)
    }

    /// Whether the connection failed before the whole answer came, so that it is not known what the server did.
    ///
    /// ```no_run
    /// # async fn example(client: runner_configuration_client::Client) {
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").await;
    /// if reply.is_err_and(|error| error.is_broken()) {
    ///     println!("it may have been done");
    /// }
    /// # }
    /// ```
    pub fn is_broken(&self) -> bool {
        self.0.origin == Origin::Broken
    }

    /// Whether the time-out passed, here or on the server.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::DeadlineExceeded, "no answer").is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.code() == Code::DeadlineExceeded
    }

    /// Whether there is no such object.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::NotFound, "no such class").is_not_found());
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.code() == Code::NotFound
    }

    /// Whether there is such an object already.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::AlreadyExists, "there is one for this host").is_already_exists());
    /// ```
    pub fn is_already_exists(&self) -> bool {
        self.code() == Code::AlreadyExists
    }

    /// Whether the request is wrong; [`violations`](Self::violations) may name the fields.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::InvalidArgument, "page_size: must be at most 100").is_invalid_argument());
    /// ```
    pub fn is_invalid_argument(&self) -> bool {
        self.code() == Code::InvalidArgument
    }

    /// Whether the state of the service does not allow this.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::FailedPrecondition, "the runner has no schema").is_failed_precondition());
    /// ```
    pub fn is_failed_precondition(&self) -> bool {
        self.code() == Code::FailedPrecondition
    }

    /// Whether the caller may not do this.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::PermissionDenied, "for administrators").is_permission_denied());
    /// ```
    pub fn is_permission_denied(&self) -> bool {
        self.code() == Code::PermissionDenied
    }

    /// Whether the API key is missing, unknown or no longer valid.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::Unauthenticated, "the key has expired").is_unauthenticated());
    /// ```
    pub fn is_unauthenticated(&self) -> bool {
        self.code() == Code::Unauthenticated
    }

    /// Whether the service cannot be reached now.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::Unavailable, "restarting").is_unavailable());
    /// ```
    pub fn is_unavailable(&self) -> bool {
        self.code() == Code::Unavailable
    }

    /// Whether a limit is reached.
    ///
    /// ```
    /// use runner_configuration_client::{Code, Error};
    ///
    /// assert!(Error::new(Code::ResourceExhausted, "too many requests").is_resource_exhausted());
    /// ```
    pub fn is_resource_exhausted(&self) -> bool {
        self.code() == Code::ResourceExhausted
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { code, message, .. } = &*self.0;
        if message.is_empty() {
            return code.fmt(f);
        }
        write!(f, "{code}: {message}")
    }
}

impl fmt::Debug for Error {
    // The names of the headers only: a value may be a cookie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("details", &self.0.details)
            .field("headers", &HeaderNames(&self.0.headers))
            .field("origin", &self.0.origin)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
