//! Token buckets, one for each caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Rate;

/// How many callers are remembered. Whoever is forgotten has a full bucket, as if it had been quiet.
const MAX_CALLERS: usize = 16 * 1024;

pub(super) struct Rates {
    rate: Rate,
    buckets: Mutex<HashMap<u128, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rates {
    pub(super) fn new(rate: Rate) -> Self {
        let rate = Rate {
            per_second: rate.per_second.max(f64::MIN_POSITIVE),
            burst: rate.burst.max(1),
        };
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    pub(super) fn per_second(&self) -> f64 {
        self.rate.per_second
    }

    /// Takes a token from a caller's bucket; returns how long there will be none.
    pub(super) fn take(&self, caller: u128, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_CALLERS && !buckets.contains_key(&caller) {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(caller).or_insert(Bucket {
            tokens: self.rate.burst.into(),
            at: now,
        });
        bucket.tokens = self.filled(bucket, now);
        // Calls are counted in another order than they began.
        bucket.at = bucket.at.max(now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - bucket.tokens) / self.rate.per_second;
        Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX))
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + since * self.rate.per_second).min(self.rate.burst.into())
    }

    /// Forgets whose bucket is full; if that is nobody, everyone: that lets callers make a burst too much, and no more.
    fn forget(&self, buckets: &mut HashMap<u128, Bucket>, now: Instant) {
        let full = f64::from(self.rate.burst);
        buckets.retain(|_, bucket| self.filled(bucket, now) < full);
        if buckets.len() >= MAX_CALLERS {
            buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 10.0,
        burst: 3,
    };

    #[test]
    fn a_burst_is_let_through_and_then_so_many_a_second() {
        let (rates, start) = (Rates::new(RATE), Instant::now());
        for _ in 0..3 {
            rates.take(1, start).unwrap();
        }
        assert_eq!(rates.take(1, start), Err(Duration::from_millis(100)));
        for second in 1..4 {
            let later = start + Duration::from_secs(60 * second);
            let taken = (0..100).filter(|_| rates.take(1, later).is_ok()).count();
            assert_eq!(taken, 3, "a pause fills the bucket and no more");
        }
        let last = start + Duration::from_secs(60 * 3);
        for tenth in 1..20 {
            let later = last + Duration::from_millis(100 * tenth);
            rates.take(1, later).unwrap();
            rates.take(1, later).unwrap_err();
        }
    }

    #[test]
    fn callers_do_not_count_for_each_other() {
        let (rates, now) = (Rates::new(RATE), Instant::now());
        while rates.take(1, now).is_ok() {}
        rates.take(2, now).unwrap();
    }

    #[test]
    fn a_clock_that_goes_back_fills_nothing() {
        let (rates, now) = (Rates::new(RATE), Instant::now() + Duration::from_secs(9));
        while rates.take(1, now).is_ok() {}
        rates.take(1, now - Duration::from_secs(5)).unwrap_err();
        rates.take(1, now).unwrap_err();
    }

    #[test]
    fn no_more_callers_are_remembered_than_there_may_be() {
        let (rates, now) = (Rates::new(RATE), Instant::now());
        for caller in 0..3 * MAX_CALLERS as u128 {
            rates.take(caller, now).unwrap();
            assert!(rates.buckets.lock().unwrap().len() <= MAX_CALLERS);
        }
    }

    #[test]
    fn a_rate_of_nothing_lets_the_burst_through() {
        let rates = Rates::new(Rate {
            per_second: 0.0,
            burst: 0,
        });
        let now = Instant::now();
        rates.take(1, now).unwrap();
        assert_eq!(rates.take(1, now), Err(Duration::MAX));
    }
}
