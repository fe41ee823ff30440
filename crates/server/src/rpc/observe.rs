//! What is told of calls while they are served: to metrics, and to the log.

use std::fmt;
use std::time::{Duration, Instant};

use http::Response;
use tonic::Code;

use super::{Protocol, TraceContext};

/// Is told of every call, as metrics want to know of it. All methods do nothing unless they are implemented.
///
/// They are called in the path of every call, by many threads at once: they should take nanoseconds and wait for nothing.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
/// use runner_configuration_server::rpc::{ObservedCall, Observer};
/// use tonic::Code;
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn on_end(&self, _: ObservedCall, code: Code, _: Duration) {
///         if code == Code::Internal {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// # fn example(service: impl runner_configuration_server::RunnerConfigurationService) {
/// let server = runner_configuration_server::service(service).observe(Failures::default());
/// # }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A call begins: its path and its headers are known. The call's span is the current one.
    fn on_start(&self, _call: ObservedCall) {}

    /// A call that began has ended, after this time: its answer is ready to be sent, or its caller went away
    /// ([`Code::Cancelled`]).
    fn on_end(&self, _call: ObservedCall, _code: Code, _duration: Duration) {}

    /// A call or a connection was turned away, because a limit is reached. Where it was a call that began, `on_end` follows.
    fn on_refused(&self, _reason: Refusal) {}
}

impl fmt::Debug for dyn Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// A call that an [`Observer`] is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObservedCall {
    /// The index of its RPC in [`Dispatch::METHODS`](super::Dispatch::METHODS).
    pub method: usize,
    /// The name of its RPC, such as `GetEnvironmentClass`.
    pub rpc: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// The trace that its caller says it belongs to.
    pub trace: Option<TraceContext>,
}

/// Which limit turned something away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// As many calls as may be are worked on.
    Calls,
    /// As many bytes of requests as may be are in memory.
    Memory,
    /// The caller makes more calls than it may.
    Rate,
    /// As many connections as may be are open.
    Connections,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Calls, Self::Memory, Self::Rate, Self::Connections];

    /// A short name for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Memory => "memory",
            Self::Rate => "rate",
            Self::Connections => "connections",
        }
    }
}

/// The name that Connect has for a code, such as `not_found`; `ok` for [`Code::Ok`].
///
/// ```
/// use runner_configuration_server::rpc::code_name;
///
/// assert_eq!(code_name(tonic::Code::Cancelled), "canceled");
/// ```
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

/// The code of an answer that is an error, in the extensions of the response: HTTP statuses don't tell all codes apart.
#[derive(Clone, Copy)]
pub(super) struct ErrorCode(pub(super) Code);

/// A call that is being served. Where it is dropped without an end, its caller went away.
pub(super) struct Watch<'a> {
    observer: Option<&'a dyn Observer>,
    call: ObservedCall,
    start: Instant,
    span: &'a tracing::Span,
    code: Code,
}

impl<'a> Watch<'a> {
    pub(super) fn begin(
        observer: Option<&'a dyn Observer>,
        call: ObservedCall,
        span: &'a tracing::Span,
    ) -> Self {
        if let Some(observer) = observer {
            span.in_scope(|| observer.on_start(call));
        }
        Self {
            observer,
            call,
            start: Instant::now(),
            span,
            code: Code::Cancelled,
        }
    }

    pub(super) fn end<B>(mut self, response: &Response<B>) {
        let error = response.extensions().get::<ErrorCode>();
        self.code = error.map_or(Code::Ok, |error| error.0);
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let duration = self.start.elapsed();
        if let Some(observer) = self.observer {
            observer.on_end(self.call, self.code, duration);
        }
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        tracing::record_all!(self.span, code = code_name(self.code), duration_us);
        let span = self.span;
        match self.code {
            // What operators look for is there without asking.
            Code::Internal | Code::Unavailable | Code::Unknown | Code::DataLoss => {
                tracing::info!(parent: span, "failed");
            }
            Code::Cancelled => tracing::debug!(parent: span, "the caller went away"),
            _ => tracing::debug!(parent: span, "answered"),
        }
    }
}
