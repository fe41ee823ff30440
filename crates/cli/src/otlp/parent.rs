//! The caller's trace, of which the span of a call becomes a part; or the one that begins with it.

use std::task::{Context, Poll};

use axum::body::Body;
use http::{HeaderMap, Request};
use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use runner_configuration_server::rpc::TraceContext;
use tower::{Layer, Service};

/// Around the server of calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParentLayer;

impl<S> Layer<S> for ParentLayer {
    type Service = Parent<S>;

    fn layer(&self, service: S) -> Parent<S> {
        Parent(service)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Parent<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for Parent<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = WithContext<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let parent = parent(request.headers());
        self.0.call(request).with_context(parent)
    }
}

/// What the spans of a call belong to: the caller's span, or nothing.
fn parent(headers: &HeaderMap) -> opentelemetry::Context {
    let nothing = opentelemetry::Context::new();
    let Some(trace) = TraceContext::of(headers) else {
        return nothing;
    };
    let flags = TraceFlags::default().with_sampled(trace.is_sampled());
    let state = TraceContext::state(headers).and_then(|state| state.parse::<TraceState>().ok());
    nothing.with_remote_span_context(SpanContext::new(
        TraceId::from(trace.trace_id()),
        SpanId::from(trace.parent_id()),
        flags,
        true,
        state.unwrap_or_default(),
    ))
}

/// Tells the log the trace that began with the current span, as it is told that of a caller.
pub(super) fn name_own_trace() {
    let context = opentelemetry::Context::current();
    let span = context.span();
    let span = span.span_context();
    if span.is_valid() {
        tracing::Span::current().record("trace_id", tracing::field::display(span.trace_id()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_span_is_the_parent_with_its_state() {
        let given = [
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
            ("tracestate", "a=1,b@c=2"),
        ];
        let headers = given.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let context = parent(&HeaderMap::from_iter(headers));
        let span = context.span().span_context().clone();
        assert_eq!(
            span.trace_id().to_string(),
            "0af7651916cd43dd8448eb211c80319c"
        );
        assert_eq!(span.span_id().to_string(), "b7ad6b7169203331");
        assert!(span.is_sampled() && span.is_remote());
        assert_eq!(span.trace_state().header(), "a=1,b@c=2");
        let none = parent(&HeaderMap::new());
        assert!(!none.span().span_context().is_valid());
    }
}
