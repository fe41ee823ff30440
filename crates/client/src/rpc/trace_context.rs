//! The trace that a call belongs to, for its server: [W3C Trace Context](https://www.w3.org/TR/trace-context/).

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The headers with the current span, if there is one and they name none.
pub(super) fn with_current_span(mut headers: HeaderMap) -> HeaderMap {
    if headers.contains_key(TRACEPARENT) {
        return headers;
    }
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return headers;
    }
    let flags = u8::from(span.is_sampled());
    let parent = format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id());
    let state = span.trace_state().header();
    for (name, value) in [(TRACEPARENT, parent), (TRACESTATE, state)] {
        if !value.is_empty()
            && let Ok(value) = HeaderValue::try_from(value)
        {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use opentelemetry::context::FutureExt as _;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use runner_configuration::v1::CreateScmIntegrationResponse;

    use super::*;
    use crate::Client;
    use crate::rpc::{Channel, UnaryRequest, UnaryResponse};

    fn context(state: &str, flags: TraceFlags) -> Context {
        let state: TraceState = state.parse().unwrap();
        let (trace, span) = (TraceId::from(0xa1_u128), SpanId::from(0xb2_u64));
        let span = SpanContext::new(trace, span, flags, false, state);
        Context::new().with_remote_span_context(span)
    }

    fn sent(context: Context, headers: HeaderMap) -> HeaderMap {
        let _current = context.attach();
        with_current_span(headers)
    }

    #[test]
    fn the_current_span_is_told_with_its_state() {
        for (state, flags, suffix) in [
            ("", TraceFlags::default(), "00"),
            ("a=1,b=2", TraceFlags::SAMPLED, "01"),
        ] {
            let headers = sent(context(state, flags), HeaderMap::new());
            let parent = format!("00-{:032x}-{:016x}-{suffix}", 0xa1, 0xb2);
            assert_eq!(headers[TRACEPARENT], parent);
            let found = headers.get(TRACESTATE).map(|state| state.to_str().unwrap());
            assert_eq!(found, Some(state).filter(|state| !state.is_empty()));
        }
    }

    #[test]
    fn without_a_span_nothing_is_told() {
        assert!(sent(Context::new(), HeaderMap::new()).is_empty());
    }

    #[test]
    fn a_trace_that_the_caller_names_stays() {
        let given = HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static("mine"))]);
        let headers = sent(context("a=1", TraceFlags::SAMPLED), given.clone());
        assert_eq!(headers, given);
    }

    #[tokio::test]
    async fn a_call_takes_it_along() {
        let answer = |request: UnaryRequest| {
            let parent = request.headers[TRACEPARENT].to_str().unwrap();
            let id = parent.to_owned();
            UnaryResponse::encode(&CreateScmIntegrationResponse { id })
        };
        let client = Client::new(Channel::new(answer));
        let call = async { client.scm_integrations().create(Default::default()).await };
        let reply = call.with_context(context("", TraceFlags::SAMPLED)).await;
        let parent = format!("00-{:032x}-{:016x}-01", 0xa1, 0xb2);
        assert_eq!(reply.unwrap().id, parent);
    }
}
