//! What a connection is doing, noted without looking at a clock: whoever watches it looks now and then.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::end::EndSignal;
use super::turns::Share;
use crate::rpc::discard::Discarded;

/// How a connection over HTTP/2 begins.
const HTTP2_PREFACE: &[u8] = b"PRI";

/// The notes. All are hints for time-outs, so their order among each other does not matter.
pub(super) struct Activity {
    /// How many connections have been opened: the clock by which their ages are compared.
    opened: Arc<AtomicU64>,
    /// What that clock showed when it was opened, or when its last call ended.
    used: AtomicU64,
    calls: AtomicU32,
    /// Which of them have been refused already.
    pub(super) discarded: Discarded,
    /// Changes with each call that begins and each piece that is written.
    progress: AtomicU32,
    /// Bytes came in that are not part of a call, yet.
    heading: AtomicBool,
    http2: AtomicBool,
    /// The last turn in which a call began.
    called_in: AtomicU64,
    pub(super) end: EndSignal,
    pub(super) share: Share,
}

impl Activity {
    pub(super) fn new(opened: &Arc<AtomicU64>, share: Share) -> Self {
        Self {
            opened: Arc::clone(opened),
            used: AtomicU64::new(opened.fetch_add(1, Ordering::Relaxed)),
            calls: AtomicU32::new(0),
            discarded: Discarded::default(),
            progress: AtomicU32::new(0),
            heading: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            called_in: AtomicU64::new(0),
            end: EndSignal::new(),
            share,
        }
    }

    /// Notes a call, until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InCall {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.heading.store(false, Ordering::Relaxed);
        self.note_progress();
        InCall(Arc::clone(self))
    }

    fn note_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_protocol(&self, is_http2: bool) {
        self.http2.store(is_http2, Ordering::Relaxed);
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    pub(super) fn is_in_call(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The number of connections that have been opened.
    pub(super) fn now(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Since when it has been idle, as the number of connections that had been opened then; `None` if it is not. Calls that have
    /// been refused don't count.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let is_idle = self.calls.load(Ordering::Relaxed) <= self.discarded.calls();
        is_idle.then(|| self.used())
    }
}

/// A call in flight.
pub(super) struct InCall(Arc<Activity>);

impl InCall {
    /// Whether it may begin in this turn. Over HTTP/1.1 the requests of a connection may all have come already; over HTTP/2 each has
    /// turns of its own.
    pub(super) fn may_begin(&self) -> bool {
        let activity = &*self.0;
        let turn = activity.share.turn();
        activity.called_in.swap(turn, Ordering::Relaxed) != turn || activity.is_http2()
    }
}

impl Drop for InCall {
    fn drop(&mut self) {
        self.0.used.store(self.0.now(), Ordering::Relaxed);
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
        self.0.note_progress();
    }
}

/// What to do with a connection.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It may go on.
    Keep,
    /// It has been idle for too long.
    Idle,
    /// It takes too long over the headers of a request.
    Slow,
}

/// For how many ticks a connection may do nothing.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// While the headers of a request come in.
    pub(super) header_ticks: u32,
    pub(super) idle_ticks: u32,
}

/// Looks at a connection now and then.
pub(super) struct Watch {
    pub(super) activity: Arc<Activity>,
    progress: u32,
    /// For how many ticks headers have been coming in, and nothing has happened at all.
    heading: u32,
    idle: u32,
}

impl Watch {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self {
            activity,
            progress: 0,
            heading: 0,
            idle: 0,
        }
    }

    /// To be called once in a tick.
    pub(super) fn look(&mut self, patience: Patience) -> Verdict {
        let activity = &*self.activity;
        let progress = activity.progress.load(Ordering::Relaxed);
        if activity.is_in_call() || progress != self.progress {
            self.progress = progress;
            self.heading = 0;
            self.idle = 0;
            return Verdict::Keep;
        }
        let is_heading = activity.heading.load(Ordering::Relaxed);
        self.heading = match is_heading && !activity.is_http2() {
            true => self.heading.saturating_add(1),
            false => 0,
        };
        self.idle = self.idle.saturating_add(1);
        if self.heading >= patience.header_ticks {
            Verdict::Slow
        } else if self.idle >= patience.idle_ticks {
            Verdict::Idle
        } else {
            Verdict::Keep
        }
    }
}

/// A connection's bytes, of which notes are taken.
///
/// However fast bytes come, others have their turn after so many of them: of HTTP/2's frames they may be a thousand.
pub(super) struct Noted<I> {
    io: I,
    activity: Arc<Activity>,
    has_begun: bool,
    /// Bytes since there were none.
    turn: usize,
}

const TURN: usize = 16 * 1024;

impl<I> Noted<I> {
    pub(super) fn new(io: I, activity: Arc<Activity>) -> Self {
        Self {
            io,
            activity,
            has_begun: false,
            turn: 0,
        }
    }

    fn note_read(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if !self.has_begun {
            self.has_begun = true;
            self.activity
                .note_protocol(bytes.starts_with(HTTP2_PREFACE));
        }
        if !self.activity.is_in_call() {
            self.activity.heading.store(true, Ordering::Relaxed);
        }
    }

    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(1..)) = written {
            self.activity.note_progress();
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Noted<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turn >= TURN {
            self.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        self.note_read(bytes);
        self.turn = match read {
            Poll::Ready(_) => self.turn + bytes.len(),
            Poll::Pending => 0,
        };
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Noted<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, bytes);
        self.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::super::turns::Turns;
    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn watched() -> (Arc<Activity>, Watch) {
        let activity = Arc::new(Activity::new(&Arc::default(), Share::default()));
        (Arc::clone(&activity), Watch::new(activity))
    }

    fn look(watch: &mut Watch) -> Verdict {
        watch.look(Patience {
            header_ticks: 2,
            idle_ticks: 4,
        })
    }

    fn looks(watch: &mut Watch, times: usize) -> Vec<Verdict> {
        (0..times).map(|_| look(watch)).collect()
    }

    #[test]
    fn a_connection_without_calls_is_idle_after_a_while() {
        let (activity, mut watch) = watched();
        assert_eq!(
            looks(&mut watch, 4),
            [Verdict::Keep, Verdict::Keep, Verdict::Keep, Verdict::Idle]
        );
        let call = activity.begin();
        assert_eq!(activity.idle_since(), None);
        assert!(
            looks(&mut watch, 9)
                .iter()
                .all(|verdict| *verdict == Verdict::Keep)
        );
        drop(call);
        assert_eq!(
            look(&mut watch),
            Verdict::Keep,
            "the end of a call is progress"
        );
        assert_eq!(looks(&mut watch, 4).pop(), Some(Verdict::Idle));
        assert_eq!(activity.idle_since(), Some(1));
    }

    #[test]
    fn headers_that_do_not_end_are_slow_over_http1_and_not_over_http2() {
        for (first, expected) in [(&b"P"[..], Verdict::Slow), (b"PRI * HTTP/2", Verdict::Keep)] {
            let (activity, mut watch) = watched();
            let mut io = Noted::new((), Arc::clone(&activity));
            io.note_read(first);
            assert_eq!(look(&mut watch), Verdict::Keep);
            io.note_read(b"x");
            assert_eq!(look(&mut watch), expected);
        }
    }

    #[test]
    fn others_have_their_turn_however_fast_bytes_come() {
        let (activity, _) = watched();
        let mut io = Noted::new(tokio::io::repeat(b'x'), activity);
        let wakes = Arc::new(Wakes::default());
        let waker = Arc::clone(&wakes).into();
        let mut read = Vec::new();
        for _ in 0..20 {
            let mut bytes = [0; 4096];
            let mut buffer = ReadBuf::new(&mut bytes);
            let polled = Pin::new(&mut io).poll_read(&mut Context::from_waker(&waker), &mut buffer);
            assert_eq!(polled.is_ready(), buffer.filled().len() == 4096);
            read.push(polled.is_ready());
        }
        let turn = [true, true, true, true, false];
        assert_eq!(read, turn.repeat(4));
        assert_eq!(wakes.0.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn over_http1_one_call_begins_in_a_turn() {
        let share = Turns::new(1).share();
        let activity = Arc::new(Activity::new(&Arc::default(), share));
        let begin = || activity.begin().may_begin();
        assert_eq!([begin(), begin(), begin()], [true, false, false]);
        activity.share.count_turn();
        assert_eq!([begin(), begin()], [true, false]);
        activity.note_protocol(true);
        assert_eq!([begin(), begin()], [true, true]);
    }

    #[test]
    fn headers_that_end_are_in_time() {
        let (activity, mut watch) = watched();
        let mut io = Noted::new((), Arc::clone(&activity));
        for _ in 0..9 {
            io.note_read(b"POST /");
            assert_eq!(look(&mut watch), Verdict::Keep);
            drop(activity.begin());
        }
    }
}
