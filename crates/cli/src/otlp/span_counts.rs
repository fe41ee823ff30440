use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// What became of the spans that were to be sent. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanCounts(Arc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

#[cfg(feature = "otlp")]
impl SpanCounts {
    /// The collector took them.
    pub(super) fn sent(&self, spans: usize) {
        self.0.sent.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// The collector did not take them.
    pub(super) fn failed(&self, spans: usize) {
        self.0.failed.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// The queue was full.
    pub(super) fn dropped(&self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// All that no collector has taken.
    pub(super) fn lost(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed) + self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Collector for SpanCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut spans = encoder.encode_descriptor(
            "runnerconf_otlp_spans",
            "Spans of calls: sent to the collector, failed to be sent, or dropped because the queue was full.",
            None,
            MetricType::Counter,
        )?;
        let Numbers {
            sent,
            failed,
            dropped,
        } = &*self.0;
        for (outcome, count) in [("sent", sent), ("failed", failed), ("dropped", dropped)] {
            spans
                .encode_family(&[("outcome", outcome)])?
                .encode_counter::<NoLabelSet, u64, u64>(&count.load(Ordering::Relaxed), None)?;
        }
        Ok(())
    }
}
