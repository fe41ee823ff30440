//! Whose turn it is, where more connections have something to do than there are threads.
//!
//! Tokio polls tasks in the order in which they are woken, so a call waits for all that others have brought before it: with a
//! hundred connections that always have something to do, for a hundred turns. Here only a few tasks are woken at once; the others
//! wait, and whose connection has had less goes first: [start-time fair queueing], with turns for packets. Nobody looks at a
//! clock; a turn costs two short locks.
//!
//! Where thousands of connections that have had little have something to do at once, since their deadline is over, or their caller
//! has closed them all, a call that comes then has had as little. It goes first, and not behind all of them. Nobody waits forever for
//! that: who has had a turn has had more than those that wait.
//!
//! What is in the runtime's queues beside connections is not counted, and what arrives is seen only when the runtime looks: a
//! program that has to be quick under load does so more often than tokio by default (`event_interval`).
//!
//! [start-time fair queueing]: https://doi.org/10.1145/248156.248171

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use hyper::rt::Executor;
use pin_project_lite::pin_project;

/// How many tasks are woken at once for each thread: more than one, so that none of the threads has to wait for the next.
const PER_THREAD: usize = 4;

/// How many calls of a connection over HTTP/2 are begun in one of its turns. What is quick is answered in it, too; the others, and
/// those that wait, have turns of their own.
const BEGUN_IN_A_TURN: u64 = 8;

/// How many turns a connection may have before others if it has had none for long: a call over HTTP/2 that waits takes three.
const CREDIT: u64 = 8;

/// Gives out turns.
pub(super) struct Turns(Mutex<Queue>);

struct Queue {
    /// How many more tasks may be woken.
    free: usize,
    /// The start of the turn that was given last.
    now: u64,
    /// By the starts of their turns; where these are equal, whoever came last goes first.
    waiting: BTreeMap<(u64, Reverse<u64>), Arc<Task>>,
    next: u64,
}

/// What a connection has had.
#[derive(Clone, Default)]
pub(super) struct Share(Arc<Had>);

#[derive(Default)]
struct Had {
    /// The start of its next turn, if it does not pause.
    next: AtomicU64,
    /// How often its tasks have been polled.
    turns: AtomicU64,
    /// The turn in which a call was begun last, and how many have been.
    begun: (AtomicU64, AtomicU64),
}

impl Share {
    /// Another number in each turn.
    pub(super) fn turn(&self) -> u64 {
        self.0.turns.load(Ordering::Relaxed)
    }

    pub(super) fn count_turn(&self) {
        self.0.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether one more call may be begun in this turn.
    fn may_begin(&self) -> bool {
        let ((turn, calls), now) = (&self.0.begun, self.turn());
        if turn.swap(now, Ordering::Relaxed) != now {
            calls.store(0, Ordering::Relaxed);
        }
        calls.fetch_add(1, Ordering::Relaxed) < BEGUN_IN_A_TURN
    }
}

impl Turns {
    /// For as many threads as the runtime has.
    pub(super) fn new(threads: usize) -> Self {
        Self(Mutex::new(Queue {
            free: PER_THREAD * threads,
            now: CREDIT,
            waiting: BTreeMap::new(),
            next: 0,
        }))
    }

    /// The share of a new connection: it has had as much as those that never pause.
    pub(super) fn share(&self) -> Share {
        let now = self.queue().now;
        Share(Arc::new(Had {
            next: AtomicU64::new(now + 1),
            turns: AtomicU64::new(1),
            begun: <_>::default(),
        }))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The start of the next turn of a connection.
    fn start(&self, share: &Share) -> u64 {
        // Under the lock: nobody else changes it.
        let next = share.0.next.load(Ordering::Relaxed);
        let start = next.max(self.now.saturating_sub(CREDIT));
        share.0.next.store(start + 1, Ordering::Relaxed);
        start
    }

    /// Whether a task has a turn at once; if not, it waits. What nobody else waits for does not count.
    fn enter(&mut self, task: &Arc<Task>) -> bool {
        if self.free > 0 {
            self.free -= 1;
            return true;
        }
        let start = self.start(&task.share);
        self.wait(start, task);
        false
    }

    fn wait(&mut self, start: u64, task: &Arc<Task>) {
        let place = (start, Reverse(self.next));
        self.waiting.insert(place, Arc::clone(task));
        self.next += 1;
    }

    /// Who has the turn that has ended.
    fn leave(&mut self) -> Option<Arc<Task>> {
        let Some(((start, _), task)) = self.waiting.pop_first() else {
            self.free += 1;
            return None;
        };
        self.now = self.now.max(start);
        Some(task)
    }

    /// The same, where a task that leaves asks for another turn.
    fn enter_again(&mut self, task: &Arc<Task>) -> Option<Arc<Task>> {
        if self.waiting.is_empty() {
            return Some(Arc::clone(task));
        }
        let start = self.start(&task.share);
        self.wait(start, task);
        self.leave()
    }

    fn forget(&mut self, task: &Arc<Task>) {
        self.waiting.retain(|_, waits| !Arc::ptr_eq(waits, task));
    }
}

/// A task of a connection. Whoever wakes it asks for a turn first.
struct Task {
    turns: Arc<Turns>,
    // Nothing that could keep a waker, which would keep this.
    share: Share,
    stage: AtomicU8,
    /// As tokio knows it.
    waker: AtomicWaker,
}

/// Where a task is between two turns.
mod stage {
    /// Nobody has woken it.
    pub(super) const SLEEPS: u8 = 0;
    /// It is in the queue.
    pub(super) const WAITS: u8 = 1;
    /// It has been woken, and will be polled.
    pub(super) const HAS_TURN: u8 = 2;
    /// It is polled.
    pub(super) const WORKS: u8 = 3;
    /// It is polled, and somebody has woken it meanwhile.
    pub(super) const WORKS_AND_IS_WOKEN: u8 = 4;
    /// It is not polled any more.
    pub(super) const ENDED: u8 = 5;
}

impl Task {
    /// Changes its stage, if it is that.
    fn change(&self, from: u8, to: u8) -> bool {
        self.stage
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Asks for a turn, if it sleeps; whether it has one at once.
    fn ask(self: &Arc<Self>) -> bool {
        // What happened before somebody wakes it has to be seen when it is polled the next time. So its stage is written even
        // where it stays the same.
        let before = self
            .stage
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |before| {
                Some(match before {
                    stage::SLEEPS => stage::WAITS,
                    stage::WORKS => stage::WORKS_AND_IS_WOKEN,
                    other => other,
                })
            });
        before == Ok(stage::SLEEPS) && self.turns.queue().enter(self) && {
            // Unless it has ended.
            let has_turn = self.take_turn();
            if !has_turn {
                self.leave();
            }
            has_turn
        }
    }

    /// Gives it the turn that it waits for, unless it has ended.
    fn take_turn(&self) -> bool {
        self.change(stage::WAITS, stage::HAS_TURN)
    }

    /// Ends a turn, and wakes whoever has the next.
    fn leave(&self) {
        loop {
            let next = self.turns.queue().leave();
            let Some(next) = next else { return };
            if next.take_turn() {
                return next.waker.wake();
            }
        }
    }

    /// Ends a turn in which it was woken.
    fn leave_and_enter(self: &Arc<Self>) {
        self.change(stage::WORKS_AND_IS_WOKEN, stage::WAITS);
        let next = self.turns.queue().enter_again(self);
        match next {
            Some(next) if next.take_turn() => next.waker.wake(),
            _ => self.leave(),
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.ask() {
            self.waker.wake();
        }
    }
}

/// Whether a task is polled in a turn that is not its own, before the runtime knows of it.
#[derive(Clone, Copy, PartialEq)]
enum Guest {
    No,
    Now,
    /// And the runtime has not polled it since.
    Before,
}

pin_project! {
    /// A future that is polled when it is its connection's turn.
    pub(super) struct InTurn<F> {
        #[pin]
        future: F,
        task: Arc<Task>,
        guest: Guest,
        // The same at every turn, so that whoever keeps it sees that.
        waker: Waker,
    }

    impl<F> PinnedDrop for InTurn<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let task = &*this.task;
            // Whoever still has a waker of this one keeps no more than it.
            drop(task.waker.take());
            match task.stage.swap(stage::ENDED, Ordering::AcqRel) {
                stage::WAITS => task.turns.queue().forget(task),
                // It panicked in a turn that was not its own.
                _ if *this.guest == Guest::Now => {}
                stage::HAS_TURN | stage::WORKS | stage::WORKS_AND_IS_WOKEN => task.leave(),
                _ => {}
            }
        }
    }
}

impl<F> InTurn<F> {
    pub(super) fn new(turns: &Arc<Turns>, share: &Share, future: F) -> Self {
        let task = Arc::new(Task {
            turns: Arc::clone(turns),
            share: share.clone(),
            stage: AtomicU8::new(stage::SLEEPS),
            waker: AtomicWaker::new(),
        });
        Self {
            future,
            waker: Arc::clone(&task).into(),
            task,
            guest: Guest::No,
        }
    }
}

impl<F: Future> InTurn<F> {
    /// Polls it for the first time, in the turn of another task, before it is spawned.
    fn begin(self: Pin<&mut Self>) -> Poll<F::Output> {
        let this = self.project();
        let task = &*this.task;
        *this.guest = Guest::Now;
        task.stage.store(stage::WORKS, Ordering::Release);
        let polled = this.future.poll(&mut Context::from_waker(this.waker));
        *this.guest = Guest::Before;
        if polled.is_ready() {
            task.stage.store(stage::ENDED, Ordering::Release);
        } else if !task.change(stage::WORKS, stage::SLEEPS) {
            // Woken already. If it has a turn at once, the runtime's first poll is that.
            task.change(stage::WORKS_AND_IS_WOKEN, stage::SLEEPS);
            task.ask();
        }
        polled
    }
}

impl<F: Future> Future for InTurn<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let task = &*this.task;
        task.waker.register(context.waker());
        let was_guest = std::mem::replace(this.guest, Guest::No) == Guest::Before;
        if !task.change(stage::HAS_TURN, stage::WORKS) {
            // At first nobody has woken it but the runtime, and it has had that turn if it was a guest in another's.
            if was_guest || !task.ask() || !task.change(stage::HAS_TURN, stage::WORKS) {
                return Poll::Pending;
            }
        }
        task.share.count_turn();
        let polled = this.future.poll(&mut Context::from_waker(this.waker));
        if polled.is_ready() {
            task.stage.store(stage::ENDED, Ordering::Release);
            task.leave();
        } else if task.change(stage::WORKS, stage::SLEEPS) {
            task.leave();
        } else {
            task.leave_and_enter();
        }
        polled
    }
}

/// Spawns a connection's tasks: itself, and over HTTP/2 its calls, which begin in its turn.
#[derive(Clone)]
pub(super) struct Spawner {
    turns: Arc<Turns>,
    share: Share,
}

impl Spawner {
    pub(super) fn new(turns: &Arc<Turns>, share: &Share) -> Self {
        Self {
            turns: Arc::clone(turns),
            share: share.clone(),
        }
    }

    /// Spawns what does not belong to anybody's turn.
    pub(super) fn spawn<F>(&self, future: F)
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        tokio::spawn(self.in_turn(future));
    }

    fn in_turn<F>(&self, future: F) -> InTurn<F> {
        InTurn::new(&self.turns, &self.share, future)
    }
}

impl<F> Executor<F> for Spawner
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        if !self.share.may_begin() {
            return self.spawn(future);
        }
        let mut call = Box::pin(self.in_turn(future));
        if call.as_mut().begin().is_pending() {
            tokio::spawn(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::sync::{mpsc, oneshot};
    use tokio::task::yield_now;

    use super::*;

    fn turns(free: usize) -> Arc<Turns> {
        let turns = Turns::new(1);
        turns.queue().free = free;
        Arc::new(turns)
    }

    /// Has so many turns, in a queue that others fill.
    fn has_turns(turns: &Turns, share: &Share, times: u64) {
        for _ in 0..times {
            let mut queue = turns.queue();
            let start = queue.start(share);
            queue.now = queue.now.max(start);
        }
    }

    /// The order in which waiting tasks of these connections have their turns.
    async fn order(turns: &Arc<Turns>, connections: &[&Share]) -> Vec<usize> {
        // Somebody else has all turns.
        turns.queue().free = 0;
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut tasks = Vec::new();
        for (number, share) in connections.iter().enumerate() {
            let sender = sender.clone();
            let work = async move { sender.send(number).unwrap() };
            tasks.push(tokio::spawn(InTurn::new(turns, share, work)));
            yield_now().await;
        }
        drop(sender);
        let first = turns.queue().leave().unwrap();
        assert!(first.take_turn());
        first.waker.wake();
        let mut order = Vec::new();
        while let Some(number) = receiver.recv().await {
            order.push(number);
        }
        order
    }

    #[tokio::test]
    async fn who_has_had_less_goes_first_and_who_is_new_has_its_turn_with_those_that_never_pause() {
        let turns = turns(0);
        let [paused, busy, busier] = [(); 3].map(|()| turns.share());
        has_turns(&turns, &busier, 100);
        has_turns(&turns, &busy, 4);
        let new = turns.share();
        let order = order(&turns, &[&busier, &new, &busy, &paused]).await;
        assert_eq!(order, [3, 2, 1, 0]);
    }

    #[tokio::test]
    async fn turns_that_nobody_waits_for_do_not_count() {
        let turns = turns(1);
        let [alone, other] = [(); 2].map(|()| turns.share());
        for _ in 0..100 {
            InTurn::new(&turns, &alone, async {}).await;
        }
        let order = order(&turns, &[&alone, &other]).await;
        assert_eq!(
            order,
            [1, 0],
            "they have had as little, so the last goes first"
        );
    }

    #[tokio::test]
    async fn many_calls_of_one_connection_wait_for_one_of_another() {
        let turns = turns(0);
        let [many, one] = [(); 2].map(|()| turns.share());
        has_turns(&turns, &many, 100);
        let mut connections = vec![&many; 20];
        connections.push(&one);
        let order = order(&turns, &connections).await;
        assert_eq!(order[0], 20);
        assert!(order[1..].is_sorted());
    }

    #[tokio::test]
    async fn a_call_goes_before_a_thousand_connections_that_have_had_as_little() {
        let turns = turns(0);
        let busy = turns.share();
        let paused: Vec<_> = (0..1000).map(|_| turns.share()).collect();
        has_turns(&turns, &busy, 1000);
        let order = order(&turns, &paused.iter().collect::<Vec<_>>()).await;
        assert_eq!(order[0], 999);
    }

    #[tokio::test]
    async fn who_pauses_saves_up_no_more_than_the_credit() {
        let turns = turns(0);
        let [paused, busy] = [(); 2].map(|()| turns.share());
        has_turns(&turns, &busy, 1000);
        let mut connections = vec![&paused; 20];
        connections.push(&busy);
        let order = order(&turns, &connections).await;
        let place = order.iter().position(|number| *number == 20).unwrap();
        assert!((8..=10).contains(&place), "{order:?}");
    }

    #[tokio::test]
    async fn whoever_is_dropped_gives_its_turn_back() {
        let turns = turns(1);
        let share = turns.share();
        let has_turn = tokio::spawn(InTurn::new(&turns, &share, pending::<()>()));
        yield_now().await;
        // It sleeps, and is woken: it has the turn, and has not been polled.
        turns.queue().free = 0;
        let mut waits = Box::pin(InTurn::new(&turns, &share, async {}));
        assert!((&mut waits).now_or_never().is_none());
        assert_eq!(turns.queue().waiting.len(), 1);
        drop(waits);
        assert!(turns.queue().waiting.is_empty());
        turns.queue().free = 1;
        has_turn.abort();
        assert!(has_turn.await.unwrap_err().is_cancelled());
        let works = tokio::spawn(InTurn::new(&turns, &share, async {
            panic!("in a connection")
        }));
        assert!(works.await.unwrap_err().is_panic());
        assert_eq!(turns.queue().free, 1);
        assert!(
            InTurn::new(&turns, &share, async {})
                .now_or_never()
                .is_some()
        );
        assert_eq!(turns.queue().free, 1);
    }

    #[tokio::test]
    async fn whoever_keeps_a_waker_keeps_nothing_of_the_task() {
        let turns = turns(1);
        let kept = Arc::new(std::sync::Mutex::new(None));
        let owned = Arc::new(());
        let (keep, own) = (Arc::clone(&kept), Arc::clone(&owned));
        let work = poll_fn(move |context| {
            let _ = &own;
            *keep.lock().unwrap() = Some(context.waker().clone());
            Poll::Ready(())
        });
        let task = tokio::spawn(InTurn::new(&turns, &turns.share(), work));
        task.await.unwrap();
        assert_eq!(Arc::strong_count(&owned), 1);
        let waker = kept.lock().unwrap().take().unwrap();
        waker.wake();
        assert_eq!(turns.queue().free, 1);
    }

    /// A call that says when it is polled, and ends when it is told to.
    fn call(
        polls: &mpsc::UnboundedSender<usize>,
        number: usize,
    ) -> (
        mpsc::UnboundedSender<()>,
        impl Future<Output = ()> + Send + use<>,
    ) {
        let (end, mut ends) = mpsc::unbounded_channel();
        let polls = polls.clone();
        let call = poll_fn(move |context| {
            polls.send(number).unwrap();
            ends.poll_recv(context).map(drop)
        });
        (end, call)
    }

    #[tokio::test]
    async fn calls_begin_in_the_turn_of_their_connection_until_they_are_too_many() {
        let turns = turns(1);
        let spawner = Spawner::new(&turns, &turns.share());
        let (polls, mut polled) = mpsc::unbounded_channel();
        for _ in 0..2 {
            for number in 0..10 {
                let (end, call) = call(&polls, number);
                end.send(()).unwrap();
                spawner.execute(call);
            }
            let begun: Vec<_> = std::iter::from_fn(|| polled.try_recv().ok()).collect();
            assert_eq!(begun, [0, 1, 2, 3, 4, 5, 6, 7], "and they are answered");
            spawner.share.count_turn();
        }
        drop(polls);
        let mut later = Vec::new();
        while let Some(number) = polled.recv().await {
            later.push(number);
        }
        assert_eq!(later, [8, 9, 8, 9], "they have turns of their own");
        assert_eq!(turns.queue().free, 1);
    }

    #[tokio::test]
    async fn a_call_that_waits_is_polled_again_when_it_is_woken_and_not_before() {
        let turns = turns(1);
        let spawner = Spawner::new(&turns, &turns.share());
        let (polls, mut polled) = mpsc::unbounded_channel();
        let (end, waits) = call(&polls, 0);
        spawner.execute(waits);
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(polled.try_recv(), Ok(0));
        assert!(polled.try_recv().is_err(), "nobody has woken it");
        end.send(()).unwrap();
        assert_eq!(polled.recv().await, Some(0));
        // One that is woken before the runtime knows of it.
        let (end, waits) = call(&polls, 1);
        spawner.execute(waits);
        end.send(()).unwrap();
        assert_eq!(polled.recv().await, Some(1));
        assert_eq!(polled.recv().await, Some(1));
        // And one that wakes itself while it begins.
        let mut is_woken = false;
        spawner.execute(poll_fn(move |context| {
            polls.send(2).unwrap();
            context.waker().wake_by_ref();
            match std::mem::replace(&mut is_woken, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        }));
        assert_eq!(polled.recv().await, Some(2));
        assert_eq!(polled.recv().await, Some(2));
        assert_eq!(polled.recv().await, None);
        assert_eq!(turns.queue().free, 1);
    }

    #[tokio::test]
    async fn a_call_that_panics_while_it_begins_gives_no_turn_back() {
        let turns = turns(1);
        let spawner = Spawner::new(&turns, &turns.share());
        let connection = InTurn::new(&turns, &spawner.share.clone(), async move {
            spawner.execute(async { panic!("in a call") });
        });
        let works = tokio::spawn(connection);
        assert!(works.await.unwrap_err().is_panic());
        assert_eq!(turns.queue().free, 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_waking_is_lost() {
        const TASKS: usize = 64;
        let turns = turns(2);
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..TASKS).map(|_| mpsc::unbounded_channel()).unzip();
        let mut tasks = Vec::new();
        for (number, mut receiver) in receivers.into_iter().enumerate() {
            let next = senders[(number * 7 + 1) % TASKS].clone();
            let work = async move {
                for round in 0..500 {
                    // From other threads, from itself, and while it is polled.
                    let _ = next.send(round);
                    if round % 3 == 0 {
                        let mut is_woken = false;
                        poll_fn(|context| match std::mem::replace(&mut is_woken, true) {
                            true => Poll::Ready(()),
                            false => {
                                context.waker().wake_by_ref();
                                Poll::Pending
                            }
                        })
                        .await;
                    }
                    assert_eq!(receiver.recv().await, Some(round));
                }
            };
            let (done, ended) = oneshot::channel();
            let work = async move {
                work.await;
                done.send(()).unwrap();
            };
            // Half of them begin in the turn of another.
            match number % 2 {
                0 => Spawner::new(&turns, &turns.share()).spawn(work),
                _ => Spawner::new(&turns, &turns.share()).execute(work),
            }
            tasks.push(ended);
        }
        for task in tasks {
            let ended = tokio::time::timeout(Duration::from_secs(60), task).await;
            ended.expect("it was woken").unwrap();
        }
        // The last of them may still be in its turn.
        let all_are_back = async {
            while turns.queue().free < 2 {
                yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), all_are_back).await;
        waited.expect("all turns are given back");
        assert!(turns.queue().waiting.is_empty());
    }
}
