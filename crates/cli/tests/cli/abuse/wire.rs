//! HTTP as those write it who don't keep to it: by hand over HTTP/1.1, and with any body over HTTP/2.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tower::{Service as _, ServiceExt as _};

pub(crate) const LIST: &str = "/gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses";
pub(crate) const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A server, and a key for it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) port: u16,
    pub(crate) key: String,
}

impl Target {
    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// A connection over HTTP/2.
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address())).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// The head of a call, with further headers; each of them ends in a line break.
    pub(crate) fn head(&self, content_type: &str, headers: &str) -> String {
        let Self { key, .. } = self;
        format!(
            "POST {LIST} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: {content_type}\r\n{headers}\r\n"
        )
    }

    /// A call that is in order.
    pub(crate) fn call(&self) -> String {
        format!(
            "{}{{}}",
            self.head("application/json", "content-length: 2\r\n")
        )
    }

    /// A gRPC call with this body; how it ended.
    pub(crate) async fn grpc(
        &self,
        channel: &mut Channel,
        path: &str,
        encoding: &str,
        body: Pieces,
    ) -> String {
        let request = Request::post(path)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", format!("Bearer {}", self.key))
            .header("grpc-encoding", encoding)
            .body(tonic::body::Body::new(body))
            .unwrap();
        let response = channel.ready().await.unwrap().call(request);
        let Ok(response) = response.await else {
            return "broken".to_owned();
        };
        let head = response.headers().clone();
        let Ok(body) = response.into_body().collect().await else {
            return "broken".to_owned();
        };
        let trailers = body.trailers().cloned().unwrap_or_default();
        grpc_status(&trailers)
            .or_else(|| grpc_status(&head))
            .unwrap()
    }
}

fn grpc_status(headers: &HeaderMap) -> Option<String> {
    let status = headers.get("grpc-status")?;
    Some(format!("grpc {}", status.to_str().unwrap()))
}

/// A message with what stands before it in gRPC: whether it is compressed, and how long it says that it is.
pub(crate) fn framed(is_compressed: bool, length: usize, message: &[u8]) -> Bytes {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&[u8::from(is_compressed)][..], &length, message]
        .concat()
        .into()
}

/// A body in pieces, of which the last may be repeated, or followed by silence.
pub(crate) struct Pieces {
    pieces: VecDeque<Bytes>,
    repeated: (Bytes, usize),
    is_endless: bool,
}

impl Pieces {
    pub(crate) fn one(piece: impl Into<Bytes>) -> Self {
        Self {
            pieces: [piece.into()].into(),
            repeated: (Bytes::new(), 0),
            is_endless: false,
        }
    }

    /// Then this, so many times.
    pub(crate) fn then(mut self, piece: impl Into<Bytes>, times: usize) -> Self {
        self.repeated = (piece.into(), times);
        self
    }

    /// Then nothing, without an end.
    pub(crate) fn then_silence(mut self) -> Self {
        self.is_endless = true;
        self
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.pieces.pop_front().or_else(|| {
            let (piece, times) = &mut self.repeated;
            *times = times.checked_sub(1)?;
            Some(piece.clone())
        });
        match next {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            // Nobody is told to ask again: the end of the call ends this.
            None if self.is_endless => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

/// The replies that come over a connection in HTTP/1.1.
pub(crate) struct Replies<I> {
    io: I,
    unread: Vec<u8>,
}

/// That there is none any more.
pub(crate) const CLOSED: &str = "closed";

impl<I: AsyncRead + Unpin> Replies<I> {
    pub(crate) fn new(io: I) -> Self {
        Self {
            io,
            unread: Vec::new(),
        }
    }

    /// The next one's status, with the code of its error.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            if let Some((reply, length)) = reply(&self.unread) {
                self.unread.drain(..length);
                return reply;
            }
            let mut piece = [0; 16 * 1024];
            match self.io.read(&mut piece).await {
                Ok(read @ 1..) => self.unread.extend_from_slice(&piece[..read]),
                Ok(0) | Err(_) => return CLOSED.to_owned(),
            }
        }
    }
}

/// The first reply in these bytes, and its length, once it is whole.
fn reply(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let status = head.split(' ').nth(1).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(end..end + length)?;
    let error: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let code = error.and_then(|error| Some(format!("{status} {}", error["code"].as_str()?)));
    Some((code.unwrap_or_else(|| status.to_owned()), end + length))
}
