//! How long things take.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, MetricEncoder, NoLabelSet};

/// The upper bounds of the buckets but the last, in nanoseconds: 50 µs to 10 s.
const BOUNDS: [u64; 16] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

const NANOSECONDS: f64 = 1e9;

/// The upper bounds of the buckets but the last.
pub(crate) fn bounds_in_seconds() -> impl Iterator<Item = f64> {
    BOUNDS.iter().map(|bound| *bound as f64 / NANOSECONDS)
}

/// A histogram of durations. Unlike the library's, it takes no lock: an observation is two additions.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// Each counts what is in it alone.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    pub(super) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < nanoseconds);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buckets
            .iter()
            .all(|bucket| bucket.load(Ordering::Relaxed) == 0)
    }

    pub(super) fn encode(
        &self,
        encoder: &mut MetricEncoder<'_>,
        labels: &impl EncodeLabelSet,
    ) -> fmt::Result {
        let buckets: Vec<(f64, u64)> = bounds_in_seconds()
            .chain([f64::INFINITY])
            .zip(&self.buckets)
            .map(|(bound, count)| (bound, count.load(Ordering::Relaxed)))
            .collect();
        // Of the same moment as the buckets.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = self.nanoseconds.load(Ordering::Relaxed) as f64 / NANOSECONDS;
        encoder
            .encode_family(labels)?
            .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_the_bucket_that_it_is_not_above() {
        let histogram = Histogram::default();
        assert!(histogram.is_empty());
        for nanoseconds in [0, 50_000, 50_001, 10_000_000_000, 10_000_000_001, u64::MAX] {
            histogram.observe(Duration::from_nanos(nanoseconds));
        }
        let counts = histogram.buckets.map(AtomicU64::into_inner);
        assert_eq!((counts[0], counts[1]), (2, 1));
        assert_eq!((counts[15], counts[16]), (1, 2));
        assert_eq!(counts.iter().sum::<u64>(), 6);
    }
}
