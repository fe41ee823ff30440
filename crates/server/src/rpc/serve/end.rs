//! Telling a connection from outside that it is to end.

use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Context;

use futures_util::task::AtomicWaker;

/// When a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum End {
    /// When its caller likes.
    Open,
    /// When the calls in flight are answered.
    AfterItsCalls,
    Now,
}

/// What it has been told, and how to wake it.
pub(super) struct EndSignal {
    end: AtomicU8,
    connection: AtomicWaker,
}

impl EndSignal {
    pub(super) const fn new() -> Self {
        Self {
            end: AtomicU8::new(End::Open as u8),
            connection: AtomicWaker::new(),
        }
    }

    /// Tells the connection. What it has been told already is not taken back.
    pub(super) fn raise(&self, end: End) {
        if self.end.fetch_max(end as u8, Ordering::Release) < end as u8 {
            self.connection.wake();
        }
    }

    /// What it has been told; whoever asks is woken when there is more.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> End {
        self.connection.register(context.waker());
        self.now()
    }

    pub(super) fn now(&self) -> End {
        match self.end.load(Ordering::Acquire) {
            0 => End::Open,
            1 => End::AfterItsCalls,
            _ => End::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use futures_util::future::join;

    use super::*;

    #[test]
    fn what_was_told_is_not_taken_back() {
        let signal = EndSignal::new();
        assert_eq!(signal.now(), End::Open);
        for (told, now) in [
            (End::AfterItsCalls, End::AfterItsCalls),
            (End::Open, End::AfterItsCalls),
            (End::Now, End::Now),
            (End::AfterItsCalls, End::Now),
        ] {
            signal.raise(told);
            assert_eq!(signal.now(), now);
        }
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let signal = EndSignal::new();
        let told = poll_fn(|context| match signal.poll(context) {
            End::Open => Poll::Pending,
            end => Poll::Ready(end),
        });
        let tell = async {
            tokio::task::yield_now().await;
            signal.raise(End::Now);
        };
        assert_eq!(join(told, tell).await.0, End::Now);
    }
}
