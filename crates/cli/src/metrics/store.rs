//! The store: how long its operations take, how they fail, and how busy its connections are.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use runner_configuration_service::store::postgres::PoolStatus;
use runner_configuration_service::store::{Operation, StoreError, StoreObserver};

use super::histogram::Histogram;

/// What all operations add up to. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Operations(Arc<[Series]>);

#[derive(Debug, Default)]
struct Series {
    duration: Histogram,
    /// By [`StoreError::kind_index`].
    errors: [AtomicU64; StoreError::KINDS.len()],
}

impl Default for Operations {
    fn default() -> Self {
        Self(Operation::ALL.iter().map(|_| Series::default()).collect())
    }
}

impl StoreObserver for Operations {
    fn on_end(&self, operation: Operation, duration: Duration, error: Option<&StoreError>) {
        let Some(series) = self.0.get(operation as usize) else {
            return;
        };
        series.duration.observe(duration);
        let errors = error.and_then(|error| series.errors.get(error.kind_index()));
        if let Some(errors) = errors {
            errors.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Collector for Operations {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let labelled = || {
            let names = Operation::ALL.iter().map(|operation| operation.name());
            names.map(|name| ("operation", name)).zip(&*self.0)
        };
        let unit = Unit::Seconds;
        let mut duration = encoder.encode_descriptor(
            "runnerconf_store_operation_duration",
            "How long operations of the store took.",
            Some(&unit),
            MetricType::Histogram,
        )?;
        for (operation, series) in labelled().filter(|(_, series)| !series.duration.is_empty()) {
            series.duration.encode(&mut duration, &[operation])?;
        }
        let mut errors = encoder.encode_descriptor(
            "runnerconf_store_errors",
            "Operations of the store that failed, by the kind of error.",
            None,
            MetricType::Counter,
        )?;
        for (operation, series) in labelled() {
            for (kind, count) in StoreError::KINDS.iter().zip(&series.errors) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    errors
                        .encode_family(&[operation, ("kind", kind)])?
                        .encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
                }
            }
        }
        Ok(())
    }
}

/// The connections to the database, where the store has any.
pub(super) struct Pool<F>(pub(super) F);

impl<F> fmt::Debug for Pool<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}

impl<F: Fn() -> Option<PoolStatus> + Send + Sync + 'static> Collector for Pool<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = (self.0)();
        let count = |of: fn(PoolStatus) -> usize| status.map(|status| of(status) as u64);
        let gauges = [
            (
                "runnerconf_store_pool_limit",
                "How many connections to the database there may be; nothing for a store on disk.",
                count(|status| status.limit),
            ),
            (
                "runnerconf_store_pool_in_use",
                "Connections to the database that are in use.",
                count(|status| status.in_use),
            ),
            (
                "runnerconf_store_pool_idle",
                "Connections to the database that are open and unused.",
                count(|status| status.idle),
            ),
            (
                "runnerconf_store_pool_waiting",
                "Operations that wait for a connection to the database.",
                count(|status| status.waiting),
            ),
        ];
        for (name, help, value) in gauges {
            super::gauge(&mut encoder, name, help, value)?;
        }
        Ok(())
    }
}
