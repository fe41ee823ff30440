//! Work on large messages, away from the threads that serve everybody.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tonic::Status;

/// To decompress or decode more bytes takes longer than most calls take: four megabytes take ten milliseconds and more.
pub(super) const LARGE: usize = 64 * 1024;

/// Threads for large messages: half as many as there are processors. What exceeds that waits, in order.
pub(super) struct Aside(Arc<Semaphore>);

impl Aside {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self::with_threads((processors / 2).max(1))
    }

    fn with_threads(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
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
        // It is never closed. Whoever stops waiting leaves work behind that goes on, and that keeps its place.
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let working = spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        working
            .await
            .map_err(|stopped| match stopped.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_cancelled) => Status::unavailable("the server is shutting down; try again"),
            })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
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
        assert_eq!(aside.0.available_permits(), 0);
        go_on.send(()).unwrap();
        let (first, second) = join(first, second).await;
        first.unwrap().unwrap();
        second.unwrap();
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_turn_until_it_ends() {
        let aside = Aside::with_threads(1);
        let (go_on, waits) = channel::<()>();
        let left = aside.run(move || waits.recv()).now_or_never();
        assert!(left.is_none());
        assert_eq!(aside.0.available_permits(), 0);
        drop(go_on);
        aside.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_the_calls_own() {
        let aside = Aside::with_threads(1);
        let work = aside.run(|| panic!("in a decoder"));
        let panicked = std::panic::AssertUnwindSafe(work).catch_unwind().await;
        assert!(panicked.is_err());
        aside.run(|| ()).await.unwrap();
    }
}
