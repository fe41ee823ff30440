//! What one server takes on at once. What is beyond is refused early, so that what is served stays fast.

mod rates;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tonic::{Code, Status};

use self::rates::Rates;
use super::aside::Aside;
use super::error::retry_later;
use super::{Deadline, Observer, Options, Refusal};

/// How soon a caller that was refused for want of room may try again.
const SOON: Duration = Duration::from_secs(1);

/// How long a caller that calls too often waits for being told so.
const HELD_BACK: Duration = Duration::from_millis(100);

/// How many refusals are held back at a time: they take memory.
const MAX_HELD_BACK: usize = 1024;

/// A request of at most so many bytes is small.
const SMALL: usize = 16 * 1024;

/// How many calls a caller may make.
///
/// It is a token bucket: a caller that was quiet may make `burst` calls at once, and one that goes on for long
/// `per_second` calls in each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Calls in a second, in the long run; more than 0.
    pub per_second: f64,
    /// Calls at once, after a pause; at least 1.
    pub burst: u32,
}

/// What a server is busy with.
pub(super) struct Limits {
    max_calls: usize,
    calls: AtomicUsize,
    max_bytes: usize,
    bytes: AtomicUsize,
    rates: Option<Rates>,
    held_back: AtomicUsize,
    aside: Aside,
    observer: Option<Arc<dyn Observer>>,
}

impl Limits {
    pub(super) fn new(options: &Options, observer: Option<Arc<dyn Observer>>) -> Self {
        Self {
            max_calls: options.max_calls,
            calls: AtomicUsize::new(0),
            max_bytes: options.max_buffered_bytes,
            bytes: AtomicUsize::new(0),
            rates: options.rate.map(Rates::new),
            held_back: AtomicUsize::new(0),
            aside: Aside::new(),
            observer,
        }
    }

    pub(super) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.observer.as_ref()
    }

    fn note(&self, refusal: Refusal) {
        if let Some(observer) = &self.observer {
            observer.on_refused(refusal);
        }
    }

    fn too_many_calls(&self) -> Status {
        self.note(Refusal::Calls);
        busy("it works on as many calls as it may")
    }

    /// Refuses a call that would be refused by [`begin`](Self::begin), before anything is done for it.
    pub(super) fn check(&self) -> Result<(), Status> {
        match self.calls.load(Ordering::Relaxed) < self.max_calls {
            true => Ok(()),
            false => Err(self.too_many_calls()),
        }
    }

    /// Takes on a call, until the guard is dropped.
    pub(super) fn begin(&self) -> Result<Working<'_>, Status> {
        let guard = Working(&self.calls);
        match self.calls.fetch_add(1, Ordering::Relaxed) < self.max_calls {
            true => Ok(guard),
            false => Err(self.too_many_calls()),
        }
    }

    /// Where large messages are worked on.
    pub(super) fn aside(&self) -> &Aside {
        &self.aside
    }

    /// Room for a request of which nothing has been read yet.
    pub(super) fn buffer(&self) -> Buffered<'_> {
        Buffered {
            limits: self,
            bytes: 0,
        }
    }

    /// Counts a call of this caller, which began at `start`.
    pub(super) fn count(&self, caller: u128, start: Instant) -> Result<(), Status> {
        let Some(rates) = &self.rates else {
            return Ok(());
        };
        rates.take(caller, start).map_err(|wait| {
            self.note(Refusal::Rate);
            retry_later(
                Code::ResourceExhausted,
                format!(
                    "too many calls: this caller may make {} a second",
                    rates.per_second()
                ),
                wait,
            )
        })
    }
}

impl Limits {
    /// Waits before a caller is told that it calls too often. One that calls again as soon as it is told would else keep the server
    /// busy with telling it, and everybody else waiting.
    pub(super) async fn hold_back(&self, deadline: Deadline) {
        let _held_back = Working(&self.held_back);
        if self.held_back.fetch_add(1, Ordering::Relaxed) < MAX_HELD_BACK {
            let now = tokio::time::Instant::now();
            let left = deadline.at().saturating_duration_since(now);
            tokio::time::sleep(HELD_BACK.min(left / 2)).await;
        }
    }
}

fn busy(why: &str) -> Status {
    retry_later(
        Code::Unavailable,
        format!("the server is busy: {why}"),
        SOON,
    )
}

/// A call that is worked on, or held back.
pub(super) struct Working<'l>(&'l AtomicUsize);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The bytes of a request that are in memory.
pub(super) struct Buffered<'l> {
    limits: &'l Limits,
    bytes: usize,
}

impl Buffered<'_> {
    /// Takes room for more of the request.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Status> {
        self.bytes = self.bytes.saturating_add(bytes);
        let before = self.limits.bytes.fetch_add(bytes, Ordering::Relaxed);
        let max = self.limits.max_bytes;
        // Whoever sends large requests leaves room for everybody else's.
        let max = if self.bytes > SMALL {
            max - max / 4
        } else {
            max
        };
        match before.saturating_add(bytes) <= max {
            true => Ok(()),
            false => {
                self.limits.note(Refusal::Memory);
                Err(busy("it reads as many large requests as it may"))
            }
        }
    }
}

impl Drop for Buffered<'_> {
    fn drop(&mut self) {
        self.limits.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn limits() -> Limits {
        let options = Options {
            max_calls: 2,
            max_buffered_bytes: 10,
            rate: Some(Rate {
                per_second: 1.0,
                burst: 1,
            }),
            ..Options::default()
        };
        Limits::new(&options, None)
    }

    #[test]
    fn as_many_calls_are_taken_on_as_may_be_and_more_when_one_ends() {
        let limits = limits();
        let first = limits.begin().unwrap();
        let _second = limits.begin().unwrap();
        for _ in 0..3 {
            let refused = limits.begin().map(drop).unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable);
            assert!(limits.check().is_err());
        }
        drop(first);
        limits.check().unwrap();
        limits.begin().map(drop).unwrap();
    }

    #[test]
    fn as_many_bytes_are_read_as_may_be_and_more_when_a_request_is_done() {
        let limits = limits();
        let mut first = limits.buffer();
        first.grow(4).unwrap();
        first.grow(4).unwrap();
        let mut second = limits.buffer();
        assert_eq!(second.grow(3).unwrap_err().code(), Code::Unavailable);
        drop(second);
        let mut third = limits.buffer();
        third.grow(2).unwrap();
        drop(first);
        third.grow(8).unwrap();
    }

    #[test]
    fn large_requests_leave_room_for_small_ones() {
        let options = Options {
            max_buffered_bytes: 8 * SMALL,
            ..Options::default()
        };
        let limits = Limits::new(&options, None);
        let mut large = limits.buffer();
        large.grow(6 * SMALL).unwrap();
        assert_eq!(large.grow(1).unwrap_err().code(), Code::Unavailable);
        let mut small = limits.buffer();
        small.grow(SMALL).unwrap();
        assert_eq!(small.grow(1).unwrap_err().code(), Code::Unavailable);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_held_back_within_the_deadline_and_only_so_many() {
        let limits = limits();
        let within = |time| Deadline::within(tokio::time::Instant::now(), time, None);
        let start = tokio::time::Instant::now();
        limits.hold_back(within(Duration::from_secs(60))).await;
        assert_eq!(start.elapsed(), HELD_BACK);
        limits.hold_back(within(HELD_BACK)).await;
        assert!(start.elapsed() < 2 * HELD_BACK);

        let long = within(Duration::from_secs(60));
        let mut held: Vec<_> = (0..MAX_HELD_BACK)
            .map(|_| Box::pin(limits.hold_back(long)))
            .collect();
        for held in &mut held {
            assert!(held.now_or_never().is_none());
        }
        assert!(limits.hold_back(long).now_or_never().is_some());
        held.pop();
        assert!(limits.hold_back(long).now_or_never().is_none());
    }

    #[test]
    fn a_caller_that_calls_too_often_is_told_when_to_call_again() {
        let limits = limits();
        let now = Instant::now();
        limits.count(1, now).unwrap();
        let refused = limits.count(1, now).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(refused.metadata().get("retry-after").unwrap(), "1");
        limits.count(2, now).unwrap();
    }
}
