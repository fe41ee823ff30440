//! Calls: how many, how long, how they end, and what limits turn away.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use runner_configuration_server::rpc::{
    Method, ObservedCall, Observer, Protocol, Refusal, code_name,
};
use tonic::Code;

use super::histogram::Histogram;

/// By their index: see [`number`].
const PROTOCOLS: [&str; 4] = ["connect", "connect-get", "grpc", "grpc-web"];
/// Codes are numbered from 0 on.
const CODES: usize = 17;

/// What all calls add up to. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Calls(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    methods: &'static [Method],
    /// For each method, one for each protocol.
    series: Vec<[Series; PROTOCOLS.len()]>,
    /// In the order of [`Refusal::ALL`].
    refused: [AtomicU64; Refusal::ALL.len()],
}

#[derive(Debug, Default)]
struct Series {
    in_flight: AtomicI64,
    /// By code.
    ended: [AtomicU64; CODES],
    duration: Histogram,
}

impl Calls {
    /// Of a service with these RPCs.
    pub(crate) fn new(methods: &'static [Method]) -> Self {
        Self(Arc::new(Counts {
            methods,
            series: methods.iter().map(|_| Default::default()).collect(),
            refused: Default::default(),
        }))
    }

    fn series(&self, call: ObservedCall) -> Option<&Series> {
        self.0.series.get(call.method)?.get(number(call.protocol))
    }
}

fn number(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Connect(_) => 0,
        Protocol::ConnectGet(_) => 1,
        Protocol::Grpc => 2,
        Protocol::GrpcWeb => 3,
    }
}

impl Observer for Calls {
    fn on_start(&self, call: ObservedCall) {
        if let Some(series) = self.series(call) {
            series.in_flight.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn on_end(&self, call: ObservedCall, code: Code, duration: Duration) {
        let Some(series) = self.series(call) else {
            return;
        };
        series.in_flight.fetch_sub(1, Ordering::Relaxed);
        series.duration.observe(duration);
        if let Some(ended) = series.ended.get(code as usize) {
            ended.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn on_refused(&self, reason: Refusal) {
        let index = Refusal::ALL.iter().position(|known| *known == reason);
        if let Some(refused) = index.and_then(|index| self.0.refused.get(index)) {
            refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Counts {
    /// Those that were called at least once.
    fn used(&self) -> impl Iterator<Item = ([(&'static str, &'static str); 2], &Series)> {
        let all = self.methods.iter().zip(&self.series);
        all.flat_map(|(method, series)| {
            let labelled = PROTOCOLS.iter().zip(series);
            labelled
                .map(|(protocol, series)| ([("rpc", method.name), ("protocol", *protocol)], series))
        })
        .filter(|(_, series)| {
            !series.duration.is_empty() || series.in_flight.load(Ordering::Relaxed) != 0
        })
    }
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = &*self.0;
        let mut calls = encoder.encode_descriptor(
            "runnerconf_rpc_calls",
            "Calls that ended, by their code.",
            None,
            MetricType::Counter,
        )?;
        for ([rpc, protocol], series) in counts.used() {
            for (code, ended) in series.ended.iter().enumerate() {
                let ended = ended.load(Ordering::Relaxed);
                if ended > 0 {
                    let code = ("code", code_name(Code::from(code as i32)));
                    calls
                        .encode_family(&[rpc, protocol, code])?
                        .encode_counter::<NoLabelSet, u64, u64>(&ended, None)?;
                }
            }
        }
        let mut in_flight = encoder.encode_descriptor(
            "runnerconf_rpc_in_flight",
            "Calls that are worked on.",
            None,
            MetricType::Gauge,
        )?;
        for (labels, series) in counts.used() {
            let now = series.in_flight.load(Ordering::Relaxed);
            in_flight.encode_family(&labels)?.encode_gauge(&now)?;
        }
        let unit = Unit::Seconds;
        let mut duration = encoder.encode_descriptor(
            "runnerconf_rpc_duration",
            "How long calls took, until their answer was ready.",
            Some(&unit),
            MetricType::Histogram,
        )?;
        for (labels, series) in counts.used() {
            series.duration.encode(&mut duration, &labels)?;
        }
        let mut refused = encoder.encode_descriptor(
            "runnerconf_refused",
            "Calls and connections that were turned away, by the limit that was reached.",
            None,
            MetricType::Counter,
        )?;
        for (reason, count) in Refusal::ALL.iter().zip(&counts.refused) {
            refused
                .encode_family(&[("reason", reason.name())])?
                .encode_counter::<NoLabelSet, u64, u64>(&count.load(Ordering::Relaxed), None)?;
        }
        Ok(())
    }
}
