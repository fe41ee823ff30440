//! The connections that are open.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::activity::Activity;

pub(super) struct Open {
    max: usize,
    opened: Arc<AtomicU64>,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    /// Where each connection stands in the order.
    taken: HashMap<u64, Order>,
    /// By when they were used last, as far as somebody looked: later, in truth, but not before.
    order: BTreeMap<Order, Arc<Activity>>,
    next: u64,
}

/// When a connection was used, and its number.
type Order = (u64, u64);

impl Open {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            opened: Arc::default(),
            places: Mutex::default(),
        }
    }

    /// A place for a new connection, if there is one. If all are taken, the connection that has been idle for longest gives
    /// up its own.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut places = self.places();
        if places.taken.len() >= self.max {
            places.take_longest_idle()?.evicted.notify_one();
        }
        let activity = Arc::new(Activity::new(&self.opened));
        let number = places.next;
        places.next += 1;
        places.put((activity.used(), number), Arc::clone(&activity));
        Some(Place {
            number,
            activity,
            open: Arc::clone(self),
        })
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn put(&mut self, order: Order, activity: Arc<Activity>) {
        self.taken.insert(order.1, order);
        self.order.insert(order, activity);
    }

    /// Takes the one out that has been idle for longest. Looks at those only that could be it.
    fn take_longest_idle(&mut self) -> Option<Arc<Activity>> {
        let mut busy = Vec::new();
        let longest = loop {
            let Some(((noted, number), activity)) = self.order.pop_first() else {
                break None;
            };
            match activity.idle_since() {
                Some(used) if used <= noted => {
                    self.taken.remove(&number);
                    break Some(activity);
                }
                Some(used) => self.put((used, number), activity),
                // When its call ends, that will be now or later.
                None => busy.push(((activity.now(), number), activity)),
            }
        };
        for (order, activity) in busy {
            self.put(order, activity);
        }
        longest
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
        if let Some(order) = places.taken.remove(&self.number) {
            places.order.remove(&order);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let open = Arc::new(Open::new(1));
        let first = open.enter().unwrap();
        let _call = first.activity.begin();
        assert!(open.enter().is_none(), "nobody is idle");
        drop(first);
        open.enter().unwrap();
    }

    #[test]
    fn the_one_gives_way_whose_last_call_is_longest_ago() {
        let open = Arc::new(Open::new(3));
        let places = [(); 3].map(|()| open.enter().unwrap());
        // All within one tick: whoever has made a call since is not the oldest any more.
        drop(places[0].activity.begin());
        let new = open.enter().unwrap();
        assert!(is_evicted(&places[1]));
        let _newer = open.enter().unwrap();
        assert!(is_evicted(&places[2]));
        drop(new.activity.begin());
        let _newest = open.enter().unwrap();
        assert!(is_evicted(&places[0]) && !is_evicted(&new));
    }

    fn is_evicted(place: &Place) -> bool {
        place.activity.evicted.notified().now_or_never().is_some()
    }

    #[test]
    fn one_with_a_call_in_flight_is_passed_over() {
        let open = Arc::new(Open::new(2));
        let (busy, idle) = (open.enter().unwrap(), open.enter().unwrap());
        let _call = busy.activity.begin();
        drop(idle.activity.begin());
        for _ in 0..3 {
            open.enter().unwrap();
        }
        assert!(is_evicted(&idle) && !is_evicted(&busy));
    }

    #[test]
    fn an_idle_connection_gives_way() {
        let open = Arc::new(Open::new(2));
        let (busy, idle) = (open.enter().unwrap(), open.enter().unwrap());
        let _call = busy.activity.begin();
        let new = open.enter().unwrap();
        assert!(is_evicted(&idle));
        let _call = new.activity.begin();
        drop(idle);
        assert!(
            open.enter().is_none(),
            "the place of the evicted one is taken"
        );
    }
}
