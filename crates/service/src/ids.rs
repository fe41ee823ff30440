//! Ids of new objects: UUIDv7, which sort in the order of creation.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

use crate::clock::Clock;
use crate::randomness::{NoRandomness, Randomness};

/// Makes ids that strictly increase within one process, also when the clock stands still or jumps back.
///
/// Within one millisecond the 74 random bits count up by a random step instead of being drawn anew (RFC 9562,
/// section 6.2, method 2), so that an id still can't be guessed from its neighbour.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    millis: u64,
    /// The 74 bits behind the time.
    tail: u128,
}

const TAIL_BITS: u32 = 74;
/// A new millisecond starts in the lower half, which leaves room to count up.
const FRESH_TAIL: u128 = (1 << (TAIL_BITS - 1)) - 1;
/// UUIDv7 has 48 bits for the time, enough until the year 10889.
const MAX_MILLIS: u64 = (1 << 48) - 1;

impl Ids {
    /// The next id: above every one that this generator gave out before.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] where the source of random bytes fails.
    pub(crate) fn next(
        &self,
        clock: &dyn Clock,
        randomness: &dyn Randomness,
    ) -> Result<Uuid, NoRandomness> {
        let mut random = [0; 16];
        randomness.fill(&mut random)?;
        let random = u128::from_le_bytes(random);
        let now = unix_millis(clock.now());

        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now > last.millis {
            *last = Last {
                millis: now,
                tail: random & FRESH_TAIL,
            };
        } else {
            let step = 1 + (random & u128::from(u32::MAX));
            last.tail += step;
            if last.tail >> TAIL_BITS != 0 {
                *last = Last {
                    millis: last.millis + 1,
                    tail: random & FRESH_TAIL,
                };
            }
        }
        Ok(last.uuid())
    }
}

fn unix_millis(time: SystemTime) -> u64 {
    // A clock before 1970 is a clock that was never set: as good as 0.
    let millis = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    u64::try_from(millis).unwrap_or(MAX_MILLIS).min(MAX_MILLIS)
}

impl Last {
    fn uuid(&self) -> Uuid {
        let high = (self.tail >> 62) & 0xfff;
        let low = self.tail & ((1 << 62) - 1);
        let bits = (u128::from(self.millis) << 80) | (high << 64) | low;
        // Sets the version and variant bits, which the layout above left free.
        Builder::from_u128(bits)
            .with_variant(uuid::Variant::RFC4122)
            .with_version(uuid::Version::SortRand)
            .into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::randomness::SystemRandomness;

    struct SetClock(AtomicU64);

    impl Clock for SetClock {
        fn now(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_millis(self.0.load(Ordering::Relaxed))
        }
    }

    struct Constant(u8);

    impl Randomness for Constant {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_with_the_time_of_its_creation() {
        let clock = SetClock(AtomicU64::new(1_772_323_200_123));
        let id = Ids::default().next(&clock, &SystemRandomness).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_772_323_200, 123_000_000));
    }

    #[test]
    fn ids_increase_whatever_the_clock_does() {
        let (ids, clock) = (Ids::default(), SetClock(AtomicU64::new(5_000)));
        let mut last = Uuid::nil();
        for now in [5_000, 5_000, 4_000, 0, 5_001, 5_000, 9_000, 1] {
            clock.0.store(now, Ordering::Relaxed);
            for _ in 0..1_000 {
                let id = ids.next(&clock, &SystemRandomness).unwrap();
                assert!(id > last, "{id} after {last} at {now}");
                last = id;
            }
        }
    }

    #[test]
    fn a_full_millisecond_borrows_the_next_one() {
        let clock = SetClock(AtomicU64::new(7));
        let tail = (1 << TAIL_BITS) - 2;
        let ids = Ids {
            last: Mutex::new(Last { millis: 7, tail }),
        };
        let before = ids.last.lock().unwrap().uuid();
        let id = ids.next(&clock, &Constant(0xff)).unwrap();
        assert!(id > before);
        assert_eq!(ids.last.lock().unwrap().millis, 8);
    }

    #[test]
    fn threads_never_get_the_same_id() {
        let (ids, clock) = (Ids::default(), SetClock(AtomicU64::new(1)));
        let mut all: Vec<Uuid> = std::thread::scope(|scope| {
            let make = || {
                (0..2_000)
                    .map(|_| ids.next(&clock, &SystemRandomness).unwrap())
                    .collect()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .flat_map(|thread| -> Vec<Uuid> { thread.join().unwrap() })
                .collect()
        });
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 16_000);
    }
}
