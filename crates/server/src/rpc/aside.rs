//! Work on large messages, away from the threads that serve everybody.

use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, available_parallelism};

use tokio::sync::{Semaphore, oneshot};
use tonic::Status;

/// To decompress or decode more bytes takes longer than most calls take: four megabytes take ten milliseconds and more.
pub(super) const LARGE: usize = 64 * 1024;

/// Threads for large messages, half as many as there are processors, from the first such message on. What exceeds them waits, in
/// order.
pub(super) struct Aside {
    threads: usize,
    turns: Arc<Semaphore>,
    queue: OnceLock<Sender<Job>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Aside {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self::with_threads((processors / 2).max(1))
    }

    fn with_threads(threads: usize) -> Self {
        Self {
            threads,
            turns: Arc::new(Semaphore::new(threads)),
            queue: OnceLock::new(),
        }
    }

    /// Does work on so many bytes: here, or where it keeps nobody waiting.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        if bytes <= LARGE {
            return Ok(work());
        }
        // Boxed, so that calls with small messages don't carry it along.
        Box::pin(self.run(work)).await
    }

    /// Does work where it keeps nobody waiting.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        // Not in the queue: whoever stops waiting leaves nothing there, which would take memory that nobody counts. Who stops later
        // leaves work behind that goes on, and keeps its turn. It is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            drop(turn);
            let _left_meanwhile = answer.send(done);
        });
        let queue = self.queue.get_or_init(|| start(self.threads));
        let is_queued = queue.send(job).is_ok();
        match answered.await {
            Ok(done) => Ok(done.unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic))),
            Err(_) if !is_queued => Err(Status::unavailable(
                "the server has no thread for a message of this size; try again later",
            )),
            Err(_) => Err(Status::internal("a thread for large messages has ended")),
        }
    }
}

/// Starts the threads, which end with the queue. Where none can be started, nothing can be sent.
fn start(threads: usize) -> Sender<Job> {
    let (queue, jobs) = channel();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..threads {
        let jobs = Arc::clone(&jobs);
        let thread = thread::Builder::new().name("large messages".into());
        if let Err(error) = thread.spawn(move || do_jobs(&jobs)) {
            tracing::error!(%error, "a thread for large messages can't be started");
        }
    }
    queue
}

fn do_jobs(jobs: &Mutex<Receiver<Job>>) {
    give_way();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_closed) => return,
        }
    }
}

/// Has this thread leave the processor to those that serve everybody, where there are too few for all.
fn give_way() {
    /// Against a thread as usual, a tenth of a processor.
    #[cfg(target_os = "linux")]
    const NICE: i32 = 10;
    // On Linux that is the thread's alone: setpriority(2), "C library/kernel differences".
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "threads for large messages have the priority of all others");
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{ThreadId, current};

    use futures_util::future::{FutureExt as _, join};

    use super::*;

    fn thread() -> ThreadId {
        current().id()
    }

    #[tokio::test]
    async fn only_large_messages_are_worked_on_elsewhere() {
        let aside = Aside::with_threads(1);
        assert_eq!(aside.work(LARGE, thread).await.unwrap(), thread());
        assert!(aside.queue.get().is_none(), "no thread is needed yet");
        assert_ne!(aside.work(LARGE + 1, thread).await.unwrap(), thread());
    }

    #[tokio::test]
    async fn others_go_on_meanwhile_and_more_work_waits_for_its_turn() {
        let aside = Aside::with_threads(1);
        let (go_on, waits) = channel();
        let mut first = Box::pin(aside.run(move || waits.recv()));
        let mut second = Box::pin(aside.run(|| ()));
        tokio::task::yield_now().await;
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        go_on.send(()).unwrap();
        let (first, second) = join(first, second).await;
        first.unwrap().unwrap();
        second.unwrap();
    }

    #[tokio::test]
    async fn of_several_threads_each_does_work() {
        let aside = Aside::with_threads(2);
        let (to_second, from_first) = channel();
        let (to_first, from_second) = channel();
        let first = aside.run(move || {
            to_second.send(()).unwrap();
            from_second.recv()
        });
        let second = aside.run(move || {
            to_first.send(()).unwrap();
            from_first.recv()
        });
        let (first, second) = join(first, second).await;
        first.unwrap().unwrap();
        second.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_forgotten_at_once() {
        let aside = Aside::with_threads(1);
        let (go_on, waits) = channel::<()>();
        assert!(aside.run(move || waits.recv()).now_or_never().is_none());
        let message = Arc::new(());
        let copy = Arc::clone(&message);
        assert!(aside.run(move || drop(copy)).now_or_never().is_none());
        assert_eq!(Arc::strong_count(&message), 1);
        drop(go_on);
        aside.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn work_that_has_begun_keeps_its_turn_until_it_ends() {
        let aside = Aside::with_threads(1);
        let (go_on, waits) = channel::<()>();
        assert!(aside.run(move || waits.recv()).now_or_never().is_none());
        assert_eq!(aside.turns.available_permits(), 0);
        drop(go_on);
        aside.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_the_calls_own() {
        let aside = Aside::with_threads(1);
        let work = aside.run(|| panic!("in a decoder"));
        let panicked = AssertUnwindSafe(work).catch_unwind().await;
        assert!(panicked.is_err());
        aside.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn without_a_thread_it_is_an_error() {
        let aside = Aside::with_threads(0);
        aside.turns.add_permits(1);
        let refused = aside.run(|| ()).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unavailable);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_its_threads_give_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let aside = Aside::with_threads(1).run(nice).await.unwrap();
        assert_eq!(aside, (before + 10).min(19));
        assert_eq!(nice(), before);
    }
}
