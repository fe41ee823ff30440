//! Metrics of calls; and the traces that begin with them, for the log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use runner_configuration_server::rpc::{Method, ObservedCall, Observer, Refusal};
use tonic::Code;

use super::conventions::{self, RPC_METHOD, RPC_SYSTEM, full_name, is_grpc, system};
use super::parent;
use crate::metrics::bounds_in_seconds;

/// How long calls took, with how they ended, and what limits turned away. Clones are the same.
#[derive(Clone)]
pub(crate) struct CallMetrics(Arc<Instruments>);

struct Instruments {
    duration: Histogram<f64>,
    refused: Counter<u64>,
    /// By the index of the RPC.
    methods: Vec<KeyValue>,
}

impl CallMetrics {
    /// Of a service with these RPCs.
    pub(super) fn new(meter: &Meter, methods: &[Method]) -> Self {
        let duration = meter
            .f64_histogram("rpc.server.call.duration")
            .with_unit("s")
            .with_description("How long calls took, until their answer was ready.")
            .with_boundaries(bounds_in_seconds().collect())
            .build();
        let refused = meter
            .u64_counter("runnerconf.refused")
            .with_description(
                "Calls and connections that were turned away, by the limit that was reached.",
            )
            .build();
        let methods = methods
            .iter()
            .map(|method| KeyValue::new(RPC_METHOD, full_name(method.name)));
        Self(Arc::new(Instruments {
            duration,
            refused,
            methods: methods.collect(),
        }))
    }
}

impl Observer for CallMetrics {
    fn on_start(&self, call: ObservedCall) {
        if call.trace.is_none() {
            parent::name_own_trace();
        }
    }

    fn on_end(&self, call: ObservedCall, code: Code, duration: Duration) {
        let is_grpc = is_grpc(call.protocol.name());
        let mut attributes = Vec::with_capacity(4);
        attributes.push(KeyValue::new(RPC_SYSTEM, system(is_grpc)));
        attributes.extend(self.0.methods.get(call.method).cloned());
        attributes.extend(conventions::status(is_grpc, code));
        self.0.duration.record(duration.as_secs_f64(), &attributes);
    }

    fn on_refused(&self, reason: Refusal) {
        let reason = KeyValue::new("reason", reason.name());
        self.0.refused.add(1, &[reason]);
    }
}

impl fmt::Debug for CallMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallMetrics")
    }
}
