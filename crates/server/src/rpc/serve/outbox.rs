//! What a connection writes in a turn is sent at the end of it, in one piece.
//!
//! Over HTTP/2 a reply is written in several: h2 sends each frame of data that it does not copy by itself, and trailers behind it.
//! And the calls of a connection are answered one by one, though they came together. A write to a socket costs as much as a small
//! call, and wakes the caller. So what is written over HTTP/2 is kept until the connection has nothing to do; and where calls
//! are in flight, for one more turn, in which they may be answered.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use crate::rpc::copy::append;

/// So many bytes are kept at most. What is more goes to the socket without being copied.
const ROOM: usize = 32 * 1024;

/// A connection's bytes, for whoever reads and writes them, and for whoever sends what is kept.
pub(super) struct Outbox<I> {
    wire: Arc<Mutex<Wire<I>>>,
    activity: Arc<Activity>,
}

struct Wire<I> {
    io: I,
    kept: Vec<u8>,
    /// How many of them have been sent.
    sent: usize,
}

impl<I> Outbox<I> {
    pub(super) fn new(io: I, activity: Arc<Activity>) -> Self {
        let wire = Wire {
            io,
            kept: Vec::new(),
            sent: 0,
        };
        Self {
            wire: Arc::new(Mutex::new(wire)),
            activity,
        }
    }

    /// Whether something is kept, and calls in flight may add to it.
    pub(super) fn may_grow(&self) -> bool {
        self.activity.is_in_call() && !self.wire().kept.is_empty()
    }

    fn wire(&self) -> MutexGuard<'_, Wire<I>> {
        // Nobody waits for it: it is only used in turns of the connection.
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I> Clone for Outbox<I> {
    fn clone(&self) -> Self {
        Self {
            wire: Arc::clone(&self.wire),
            activity: Arc::clone(&self.activity),
        }
    }
}

impl<I: AsyncWrite + Unpin> Outbox<I> {
    /// Sends what is kept.
    pub(super) fn poll_send(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.wire();
        ready!(wire.poll_send(context))?;
        if !self.activity.is_in_call() {
            // One that is idle takes no memory for it.
            wire.kept = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> Wire<I> {
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.kept.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while let Some(unsent @ [_, ..]) = self.kept.get(self.sent..) {
            match ready!(Pin::new(&mut self.io).poll_write(context, unsent))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.clear();
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.sent = 0;
    }

    /// Keeps these bytes, or sends them behind those that are kept.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = bytes.iter().map(|slice| slice.len()).sum();
        if self.kept.len() + length <= ROOM {
            self.kept.reserve(length);
            bytes.iter().for_each(|slice| append(&mut self.kept, slice));
            return Poll::Ready(Ok(length));
        }
        while let Some(unsent @ [_, ..]) = self.kept.get(self.sent..) {
            // h2 writes two: frames that it has copied, and the data of one that it has not.
            let mut slices = [IoSlice::new(unsent), IoSlice::new(&[]), IoSlice::new(&[])];
            for (place, slice) in slices[1..].iter_mut().zip(bytes) {
                *place = *slice;
            }
            let sent = match ready!(Pin::new(&mut self.io).poll_write_vectored(context, &slices))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => sent,
            };
            match sent.checked_sub(unsent.len()) {
                Some(0) => self.clear(),
                Some(more) => {
                    self.clear();
                    return Poll::Ready(Ok(more));
                }
                None => self.sent += sent,
            }
        }
        Pin::new(&mut self.io).poll_write_vectored(context, bytes)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Outbox<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire().io).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Outbox<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.wire();
        match self.activity.is_http2() {
            true => wire.poll_write(context, &[IoSlice::new(bytes)]),
            false => Pin::new(&mut wire.io).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.wire();
        match self.activity.is_http2() {
            true => wire.poll_write(context, bytes),
            false => Pin::new(&mut wire.io).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.wire().io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.activity.is_http2() {
            // At the end of the turn.
            true => Poll::Ready(Ok(())),
            false => Pin::new(&mut self.wire().io).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.wire();
        ready!(wire.poll_send(context))?;
        Pin::new(&mut wire.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::super::turns::Share;
    use super::*;

    /// Takes so many bytes at a time, and none every other time.
    struct Socket {
        takes: usize,
        is_ready: bool,
        writes: Vec<Vec<u8>>,
    }

    impl Socket {
        fn new(takes: usize) -> Self {
            Self {
                takes,
                is_ready: true,
                writes: Vec::new(),
            }
        }

        /// Takes what it is given at once.
        fn ready() -> Self {
            Self::new(usize::MAX)
        }
    }

    impl AsyncWrite for Socket {
        fn poll_write(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(context, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            if self.takes < usize::MAX {
                self.is_ready = !self.is_ready;
            }
            if !self.is_ready {
                return Poll::Pending;
            }
            let all = bytes.iter().flat_map(|slice| slice.iter().copied());
            let taken: Vec<u8> = all.take(self.takes).collect();
            let length = taken.len();
            self.writes.push(taken);
            Poll::Ready(Ok(length))
        }

        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.writes.push(b"end".to_vec());
            Poll::Ready(Ok(()))
        }
    }

    fn outbox(socket: Socket, http2: bool) -> Outbox<Socket> {
        let activity = Arc::new(Activity::new(&Arc::default(), Share::default()));
        activity.note_protocol(http2);
        Outbox::new(socket, activity)
    }

    fn write(outbox: &mut Outbox<Socket>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        let slices: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let context = &mut Context::from_waker(Waker::noop());
        Pin::new(outbox).poll_write_vectored(context, &slices)
    }

    fn flush(outbox: &mut Outbox<Socket>) {
        let flushed = Pin::new(outbox).poll_flush(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(flushed, Poll::Ready(Ok(()))));
    }

    fn send(outbox: &Outbox<Socket>) -> Poll<io::Result<()>> {
        outbox.poll_send(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_is_written_in_a_turn_over_http2_is_sent_in_one_piece() {
        let mut outbox = outbox(Socket::ready(), true);
        for piece in [&b"headers"[..], b"data", b"trailers"] {
            let written = write(&mut outbox, &[b"", piece]);
            assert!(matches!(written, Poll::Ready(Ok(length)) if length == piece.len()));
            flush(&mut outbox);
        }
        assert!(outbox.wire().io.writes.is_empty());
        assert!(send(&outbox).is_ready());
        assert!(send(&outbox).is_ready(), "there is nothing to send");
        assert_eq!(outbox.wire().io.writes, [b"headersdatatrailers"]);
    }

    #[test]
    fn over_http1_it_is_sent_at_once() {
        let mut outbox = outbox(Socket::ready(), false);
        let written = write(&mut outbox, &[b"headers", b"body"]);
        assert!(matches!(written, Poll::Ready(Ok(11))));
        assert_eq!(outbox.wire().io.writes, [b"headersbody"]);
        assert!(!outbox.may_grow());
    }

    #[test]
    fn what_there_is_no_room_for_goes_out_behind_what_is_kept_in_one_write() {
        let mut outbox = outbox(Socket::ready(), true);
        let large = vec![b'l'; ROOM];
        assert!(write(&mut outbox, &[b"small"]).is_ready());
        let written = write(&mut outbox, &[b"head", &large]);
        assert!(matches!(written, Poll::Ready(Ok(length)) if length == ROOM + 4));
        let expected = [b"smallhead", &large[..]].concat();
        assert_eq!(outbox.wire().io.writes, [expected]);
        assert!(write(&mut outbox, &[&large]).is_ready());
        assert_eq!(outbox.wire().kept.len(), ROOM, "as much as there is room");
    }

    #[test]
    fn a_socket_that_takes_little_gets_every_byte_once_and_in_order() {
        for takes in [1, 7, 5000] {
            let mut outbox = outbox(Socket::new(takes), true);
            let bytes: Vec<u8> = (0..3 * ROOM).map(|number| (number % 251) as u8).collect();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.len().min(9));
                let tail = &tail[..tail.len().min(ROOM / 3)];
                if let Poll::Ready(written) = write(&mut outbox, &[head, tail]) {
                    rest = &rest[written.unwrap()..];
                }
                let _ = send(&outbox);
            }
            while send(&outbox).is_pending() {}
            assert!(outbox.wire().io.writes.concat() == bytes);
        }
    }

    #[test]
    fn what_is_kept_is_sent_before_the_end() {
        let mut outbox = outbox(Socket::new(3), true);
        assert!(write(&mut outbox, &[b"last"]).is_ready());
        let context = &mut Context::from_waker(Waker::noop());
        while Pin::new(&mut outbox).poll_shutdown(context).is_pending() {}
        assert_eq!(outbox.wire().io.writes, [&b"las"[..], b"t", b"end"]);
    }

    #[test]
    fn a_socket_that_takes_no_more_is_an_error() {
        let mut outbox = outbox(Socket::ready(), true);
        outbox.wire().io.takes = 0;
        outbox.wire().io.is_ready = false;
        assert!(write(&mut outbox, &[b"last"]).is_ready());
        assert!(
            matches!(send(&outbox), Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::WriteZero)
        );
    }

    #[test]
    fn it_waits_for_calls_in_flight_and_takes_no_memory_without_any() {
        let mut outbox = outbox(Socket::ready(), true);
        let activity = Arc::clone(&outbox.activity);
        let call = activity.begin();
        assert!(!outbox.may_grow(), "nothing is kept");
        assert!(write(&mut outbox, &[b"answer"]).is_ready());
        assert!(outbox.may_grow());
        drop(call);
        assert!(!outbox.may_grow());
        assert!(send(&outbox).is_ready());
        assert_eq!(outbox.wire().kept.capacity(), 0);
    }
}
