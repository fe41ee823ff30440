//! The connections that are open.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

use super::activity::{Activity, Patience, Verdict, Watch};
use super::end::End;
use super::turns::Share;

pub(super) struct Open {
    max: usize,
    opened: Arc<AtomicU64>,
    places: Mutex<Places>,
    last_left: Notify,
}

#[derive(Default)]
struct Places {
    /// By their numbers.
    taken: BTreeMap<u64, Taken>,
    /// By when they were used last, as far as somebody looked: later, in truth, but not before.
    order: BTreeSet<Order>,
    next: u64,
}

struct Taken {
    order: Order,
    watch: Watch,
}

/// When a connection was used, and its number.
type Order = (u64, u64);

/// So many connections are looked at before others have their turn, unless one has to end.
const LOOKED_AT_ONCE: usize = 256;

impl Open {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            opened: Arc::default(),
            places: Mutex::default(),
            last_left: Notify::new(),
        }
    }

    /// A place for a new connection, if there is one. If all are taken, the connection that has been idle for longest gives
    /// up its own.
    pub(super) fn enter(self: &Arc<Self>, share: Share) -> Option<Place> {
        let mut places = self.places();
        if places.taken.len() >= self.max {
            places.take_longest_idle()?.end.raise(End::Now);
            tracing::debug!("an idle connection gives way to a new one");
        }
        let activity = Arc::new(Activity::new(&self.opened, share));
        let number = places.next;
        places.next += 1;
        let order = (activity.used(), number);
        let watch = Watch::new(Arc::clone(&activity));
        places.order.insert(order);
        places.taken.insert(number, Taken { order, watch });
        Some(Place {
            number,
            activity,
            open: Arc::clone(self),
        })
    }

    /// Looks at all connections once in a tick, without end, and ends those that do nothing for too long.
    ///
    /// It is to be polled in turns, as connections are: they may be thousands that end with one tick, and to close one takes as
    /// long as a call.
    pub(super) async fn watch(&self, tick: Duration, patience: Patience) {
        let mut ticks = interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            ticks.tick().await;
            let mut last = None;
            loop {
                last = self.look(last, patience);
                if last.is_none() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }

    /// Looks at connections, those after a number, until one has to end; which one was the last, if there may be more.
    fn look(&self, after: Option<u64>, patience: Patience) -> Option<u64> {
        let mut places = self.places();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let some = places.taken.range_mut((after, Bound::Unbounded));
        let mut last = None;
        for (number, taken) in some.take(LOOKED_AT_ONCE) {
            last = Some(*number);
            let verdict = taken.watch.look(patience);
            let end = &taken.watch.activity.end;
            match verdict {
                Verdict::Keep => continue,
                Verdict::Idle if end.now() == End::Open => {
                    tracing::debug!("a connection was idle for too long");
                    end.raise(End::AfterItsCalls);
                }
                // Once more, and it has had the time to end by itself.
                Verdict::Idle => end.raise(End::Now),
                Verdict::Slow => {
                    tracing::debug!("the headers of a request took too long");
                    end.raise(End::Now);
                }
            }
            break;
        }
        last
    }

    /// Has all connections end when their calls are answered.
    pub(super) fn end(&self) {
        for taken in self.places().taken.values() {
            taken.watch.activity.end.raise(End::AfterItsCalls);
        }
    }

    /// Waits until no connection has a place.
    pub(super) async fn empty(&self) {
        while !self.places().taken.is_empty() {
            self.last_left.notified().await;
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    /// Takes the one out that has been idle for longest. Looks at those only that could be it.
    fn take_longest_idle(&mut self) -> Option<Arc<Activity>> {
        let mut busy = Vec::new();
        let longest = loop {
            let Some((noted, number)) = self.order.pop_first() else {
                break None;
            };
            let Some(taken) = self.taken.get_mut(&number) else {
                continue;
            };
            let activity = &taken.watch.activity;
            match activity.idle_since() {
                Some(used) if used <= noted => {
                    break self.taken.remove(&number).map(|taken| taken.watch.activity);
                }
                Some(used) => {
                    taken.order = (used, number);
                    self.order.insert(taken.order);
                }
                // When its call ends, that will be now or later.
                None => {
                    taken.order = (activity.now(), number);
                    busy.push(taken.order);
                }
            }
        };
        self.order.extend(busy);
        longest
    }

    fn leave(&mut self, number: u64) {
        if let Some(taken) = self.taken.remove(&number) {
            self.order.remove(&taken.order);
        }
    }
}

/// The place of a connection, until it is dropped.
pub(super) struct Place {
    number: u64,
    pub(super) activity: Arc<Activity>,
    open: Arc<Open>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.open.places();
        places.leave(self.number);
        if places.taken.is_empty() {
            self.open.last_left.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use tokio::sync::mpsc;

    use super::super::turns::{InTurn, Turns};
    use super::*;

    #[tokio::test]
    async fn a_call_waits_for_few_of_many_connections_that_end_with_one_tick() {
        const MANY: usize = 200;
        let turns = Arc::new(Turns::new(1));
        let open = Arc::new(Open::new(MANY));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for _ in 0..MANY {
            let place = open.enter(turns.share()).unwrap();
            let (share, sender) = (place.activity.share.clone(), sender.clone());
            let connection = async move {
                poll_fn(|context| match place.activity.end.poll(context) {
                    End::Open => Poll::Pending,
                    _ => Poll::Ready(()),
                })
                .await;
                sender.send("ended").unwrap();
            };
            tokio::spawn(InTurn::new(&turns, &share, connection));
        }
        let comes = Arc::new(Notify::new());
        let has_come = Arc::clone(&comes);
        let call = async move {
            has_come.notified().await;
            sender.send("called").unwrap();
        };
        tokio::spawn(InTurn::new(&turns, &turns.share(), call));
        let patience = Patience {
            header_ticks: 1,
            idle_ticks: 1,
        };
        let watched = Arc::clone(&open);
        let watch = async move { watched.watch(Duration::from_millis(10), patience).await };
        let watch = tokio::spawn(InTurn::new(&turns, &turns.share(), watch));
        let mut order = Vec::new();
        while let Some(what) = receiver.recv().await {
            order.push(what);
            comes.notify_one();
        }
        watch.abort();
        assert_eq!(order.len(), MANY + 1);
        let place = order.iter().position(|what| *what == "called").unwrap();
        assert!(place < 20, "after {place} of {MANY}");
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let open = Arc::new(Open::new(1));
        let first = open.enter(Share::default()).unwrap();
        let _call = first.activity.begin();
        assert!(open.enter(Share::default()).is_none(), "nobody is idle");
        drop(first);
        open.enter(Share::default()).unwrap();
    }

    #[test]
    fn the_one_gives_way_whose_last_call_is_longest_ago() {
        let open = Arc::new(Open::new(3));
        let places = [(); 3].map(|()| open.enter(Share::default()).unwrap());
        // All within one tick: whoever has made a call since is not the oldest any more.
        drop(places[0].activity.begin());
        let new = open.enter(Share::default()).unwrap();
        assert!(is_evicted(&places[1]));
        let _newer = open.enter(Share::default()).unwrap();
        assert!(is_evicted(&places[2]));
        drop(new.activity.begin());
        let _newest = open.enter(Share::default()).unwrap();
        assert!(is_evicted(&places[0]) && !is_evicted(&new));
    }

    fn is_evicted(place: &Place) -> bool {
        place.activity.end.now() == End::Now
    }

    #[test]
    fn one_with_a_call_in_flight_is_passed_over() {
        let open = Arc::new(Open::new(2));
        let (busy, idle) = (
            open.enter(Share::default()).unwrap(),
            open.enter(Share::default()).unwrap(),
        );
        let _call = busy.activity.begin();
        drop(idle.activity.begin());
        for _ in 0..3 {
            open.enter(Share::default()).unwrap();
        }
        assert!(is_evicted(&idle) && !is_evicted(&busy));
    }

    #[test]
    fn an_idle_connection_gives_way() {
        let open = Arc::new(Open::new(2));
        let (busy, idle) = (
            open.enter(Share::default()).unwrap(),
            open.enter(Share::default()).unwrap(),
        );
        let _call = busy.activity.begin();
        let new = open.enter(Share::default()).unwrap();
        assert!(is_evicted(&idle));
        let _call = new.activity.begin();
        drop(idle);
        assert!(
            open.enter(Share::default()).is_none(),
            "the place of the evicted one is taken"
        );
    }
}
