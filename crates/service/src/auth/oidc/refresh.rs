//! The provider's keys as they were read last, and the one task that reads them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::fetch::Source;
use super::keys::KeySet;

/// Between the beginnings of two readings, whatever tokens ask for.
const PAUSE: Duration = Duration::from_secs(3);
/// When to try again after a reading has failed.
const RETRY: Duration = Duration::from_secs(5);

/// The provider's keys, followed until this is dropped.
pub(super) struct Keys {
    latest: watch::Receiver<Latest>,
    asked: Arc<Asked>,
    task: AbortHandle,
}

/// What the latest reading has left.
#[derive(Clone, Default)]
struct Latest {
    /// Of the latest reading that did not fail.
    keys: Arc<KeySet>,
    /// How many readings have ended.
    readings: u64,
}

/// What calls and the task tell each other.
#[derive(Default)]
struct Asked {
    /// A call has a token with a key that is not known.
    unknown_key: Notify,
    /// How many readings have begun.
    begun: AtomicU64,
}

impl Keys {
    /// Reads the keys now, at this interval, and where [`Keys::with`] asks for one that is not known.
    pub(super) fn follow(source: Source, interval: Duration) -> Self {
        let (latest, receiver) = watch::channel(Latest::default());
        let asked = Arc::new(Asked::default());
        let task = tokio::spawn(follow(source, interval, latest, Arc::clone(&asked)));
        Self {
            latest: receiver,
            asked,
            task: task.abort_handle(),
        }
    }

    /// The keys, if the one with this id is among them. If it is not, they are read again first: a reading that had begun
    /// before the call may have missed it, so what counts is the next one that begins.
    pub(super) async fn with(&self, id: &str) -> Option<Arc<KeySet>> {
        let known = |latest: &Latest| latest.keys.has(id).then(|| Arc::clone(&latest.keys));
        if let Some(keys) = known(&self.latest.borrow()) {
            return Some(keys);
        }
        let enough = self.asked.begun.load(Ordering::SeqCst) + 1;
        self.asked.unknown_key.notify_one();
        let mut latest = self.latest.clone();
        let read = latest.wait_for(|latest| latest.keys.has(id) || latest.readings >= enough);
        known(&*read.await.ok()?)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(
    source: Source,
    interval: Duration,
    latest: watch::Sender<Latest>,
    asked: Arc<Asked>,
) {
    let mut failing = false;
    loop {
        let began = Instant::now();
        asked.begun.fetch_add(1, Ordering::SeqCst);
        let read = source.keys().await;
        let next = if read.is_ok() {
            interval
        } else {
            RETRY.min(interval)
        };
        match &read {
            Ok(keys) if failing || latest.borrow().readings == 0 => {
                tracing::info!(keys = keys.len(), "the OpenID provider's keys are known");
            }
            Ok(_) => {}
            Err(error) if failing => {
                tracing::debug!(%error, "the OpenID provider's keys still can't be read");
            }
            Err(error) => {
                tracing::warn!(%error, "the OpenID provider's keys can't be read; those that are known go on counting");
            }
        }
        failing = read.is_err();
        latest.send_modify(|latest| {
            latest.readings += 1;
            if let Ok(keys) = read {
                latest.keys = Arc::new(keys);
            }
        });
        sleep_until(began + PAUSE.min(interval)).await;
        tokio::select! {
            () = asked.unknown_key.notified() => {}
            () = sleep_until(began + next) => {}
        }
    }
}
