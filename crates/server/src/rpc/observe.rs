//! What is told of calls while they are served: to metrics, and to the log.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Response;
use tokio::time::Instant;
use tonic::{Code, Status};
use tracing::{Level, Span, field};

use super::{Authenticate, Context, Protocol, TraceContext};

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

/// What is known of an answer that is an error, in the extensions of the response: HTTP statuses don't tell all codes apart.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) code: Code,
    /// Why, for operators: the source of the [`Status`](tonic::Status).
    pub(super) cause: Option<Arc<str>>,
}

impl Failure {
    pub(super) fn of(status: &Status) -> Self {
        let code = status.code();
        Self {
            code,
            // The others are the caller's business.
            cause: match level(code) {
                Some(_) => status.source().map(|source| with_causes(source).into()),
                None => None,
            },
        }
    }
}

/// How loud a call that failed is told, if it is something that operators look for.
const fn level(code: Code) -> Option<Level> {
    match code {
        Code::Internal | Code::Unknown | Code::DataLoss => Some(Level::ERROR),
        Code::Unavailable => Some(Level::WARN),
        _ => None,
    }
}

/// What an error says, and what is behind it, unless it says that, too.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let behind = std::iter::successors(error.source(), |&error| error.source());
    behind.fold(error.to_string(), |text, error| {
        let more = error.to_string();
        match text.contains(&more) {
            true => text,
            false => format!("{text}: {more}"),
        }
    })
}

/// What is known of a call, and becomes known while it is served.
pub(super) struct Seen<'a, A: Authenticate> {
    pub(super) start: Instant,
    pub(super) call: ObservedCall,
    pub(super) context: &'a Context,
    pub(super) span: Span,
    caller: OnceLock<A::Caller>,
}

impl<'a, A: Authenticate> Seen<'a, A> {
    /// Opens the call's span. It is for the level `debug`: what goes wrong is told with the same fields if there is none.
    pub(super) fn new(start: Instant, call: ObservedCall, context: &'a Context) -> Self {
        let Context {
            protocol,
            request_id,
            trace,
            ..
        } = context;
        let span = tracing::debug_span!(
            "rpc",
            rpc = call.rpc,
            protocol = protocol.name(),
            codec = protocol.codec().name(),
            request_id = request_id.as_str(),
            trace_id = trace.map(TraceId).map(field::display),
            subject = field::Empty,
            code = field::Empty,
            duration_us = field::Empty
        );
        Self {
            start,
            call,
            context,
            span,
            caller: OnceLock::new(),
        }
    }

    /// Notes who calls.
    pub(super) fn set_caller(&self, caller: &A::Caller) {
        if let Some(subject) = A::subject(caller)
            && !self.span.is_disabled()
        {
            self.span.record("subject", field::display(subject));
        }
        // A call is authenticated once.
        let _ = self.caller.set(caller.clone());
    }

    fn subject(&self) -> Option<&dyn fmt::Display> {
        A::subject(self.caller.get()?)
    }
}

struct TraceId(TraceContext);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0.trace_id())
    }
}

/// Tells of a call that failed: in its span, or with the fields of it.
macro_rules! tell {
    ($level:expr, $seen:expr, $code:expr, $duration_us:expr, $cause:expr) => {{
        let seen = $seen;
        if seen.span.is_disabled() {
            tracing::event!(
                $level,
                rpc = seen.call.rpc,
                protocol = seen.call.protocol.name(),
                codec = seen.call.protocol.codec().name(),
                request_id = seen.context.request_id.as_str(),
                trace_id = seen.context.trace.map(TraceId).map(field::display),
                subject = seen.subject().map(field::display),
                code = code_name($code),
                duration_us = $duration_us,
                cause = $cause,
                "failed"
            );
        } else {
            tracing::event!(parent: &seen.span, $level, cause = $cause, "failed");
        }
    }};
}

/// A call that is being served. Where it is dropped without an end, its caller went away.
pub(super) struct Watch<'a, A: Authenticate> {
    observer: Option<&'a dyn Observer>,
    seen: &'a Seen<'a, A>,
    end: Option<Failure>,
}

impl<'a, A: Authenticate> Watch<'a, A> {
    pub(super) fn begin(observer: Option<&'a dyn Observer>, seen: &'a Seen<'a, A>) -> Self {
        if let Some(observer) = observer {
            seen.span.in_scope(|| observer.on_start(seen.call));
        }
        let gone = Failure {
            code: Code::Cancelled,
            cause: None,
        };
        Self {
            observer,
            seen,
            end: Some(gone),
        }
    }

    pub(super) fn end<B>(mut self, response: &mut Response<B>) {
        self.end = response.extensions_mut().remove();
    }
}

impl<A: Authenticate> Drop for Watch<'_, A> {
    fn drop(&mut self) {
        let duration = self.seen.start.elapsed();
        let code = self.end.as_ref().map_or(Code::Ok, |failure| failure.code);
        if let Some(observer) = self.observer {
            observer.on_end(self.seen.call, code, duration);
        }
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let span = &self.seen.span;
        if !span.is_disabled() {
            tracing::record_all!(span, code = code_name(code), duration_us);
        }
        let cause = self
            .end
            .as_ref()
            .and_then(|failure| failure.cause.as_deref());
        match (code, level(code), cause) {
            (_, Some(Level::ERROR), _) => {
                tell!(Level::ERROR, self.seen, code, duration_us, cause);
            }
            (_, Some(_), Some(_)) => tell!(Level::WARN, self.seen, code, duration_us, cause),
            // There was no room for the call, as for others: that is what metrics are for.
            (_, Some(_), None) => tell!(Level::INFO, self.seen, code, duration_us, cause),
            (Code::Cancelled, ..) => tracing::debug!(parent: span, "the caller went away"),
            _ => tracing::debug!(parent: span, "answered"),
        }
    }
}
