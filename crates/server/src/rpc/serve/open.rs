//! The connections that are open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::activity::Activity;

pub(super) struct Open {
    max: usize,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    taken: HashMap<u64, Arc<Activity>>,
    next: u64,
}

impl Open {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            places: Mutex::default(),
        }
    }

    /// A place for a new connection, if there is one. If all are taken, the connection that has been idle for longest gives
    /// up its own.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut places = self.places();
        if places.taken.len() >= self.max {
            let idle = places.taken.iter();
            let idle = idle.filter_map(|(&number, activity)| Some((activity.idle()?, number)));
            let (_, longest) = idle.max()?;
            if let Some(activity) = places.taken.remove(&longest) {
                activity.evicted.notify_one();
            }
        }
        let activity = Arc::new(Activity::default());
        let number = places.next;
        places.next += 1;
        places.taken.insert(number, Arc::clone(&activity));
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

/// The place of a connection, until it is dropped.
pub(super) struct Place {
    number: u64,
    pub(super) activity: Arc<Activity>,
    open: Arc<Open>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.places().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
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

    #[tokio::test]
    async fn an_idle_connection_gives_way() {
        let open = Arc::new(Open::new(2));
        let (busy, idle) = (open.enter().unwrap(), open.enter().unwrap());
        let _call = busy.activity.begin();
        let new = open.enter().unwrap();
        idle.activity.evicted.notified().await;
        let _call = new.activity.begin();
        drop(idle);
        assert!(
            open.enter().is_none(),
            "the place of the evicted one is taken"
        );
    }
}
