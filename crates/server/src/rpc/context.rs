//! What is known of a call before its message is read.

use tokio::time::Instant;

use super::{Deadline, Options, Protocol, RequestId, TraceContext};

/// What the server knows of a call. Implementations find it in the request's extensions:
///
/// ```
/// use runner_configuration_server::rpc::Context;
///
/// fn log<T>(request: &tonic::Request<T>) {
///     if let Some(context) = request.extensions().get::<Context>() {
///         println!("{} by {}", context.request_id().as_str(), context.protocol().name());
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    // One extension rather than three: each would be boxed.
    pub(super) protocol: Protocol,
    pub(super) request_id: RequestId,
    pub(super) deadline: Deadline,
    pub(super) trace: Option<TraceContext>,
}

impl Context {
    /// A call that arrives now in this protocol, with a new id and the server's own deadline: for calling an implementation
    /// without a server, in its tests.
    ///
    /// ```
    /// use runner_configuration_server::rpc::{Codec, Context, Protocol};
    ///
    /// let mut request = tonic::Request::new(());
    /// request.extensions_mut().insert(Context::new(Protocol::Connect(Codec::Json)));
    /// ```
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            request_id: RequestId::of(None),
            deadline: Deadline::within(Instant::now(), Options::default().timeout, None),
            trace: None,
        }
    }

    /// The protocol that the caller speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The id of the request.
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// When the call ends at the latest.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The trace that the caller says the call belongs to.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }
}
