//! How often a server writes to a connection.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

#[path = "support/call.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod call;
#[expect(dead_code, reason = "each test program uses another part")]
mod support;

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::serve::Listener;
use call::{PATH, request};
use futures_util::future::join_all;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use runner_configuration_server::rpc::serve::{ConnectionOptions, serve};
use runner_configuration_server::service;
use support::{LARGE, Ours};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

struct CountedListener {
    listener: TcpListener,
    writes: Arc<AtomicUsize>,
}

struct Counted {
    stream: TcpStream,
    writes: Arc<AtomicUsize>,
}

impl Listener for CountedListener {
    type Io = Counted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Counted, SocketAddr) {
        let (stream, address) = self.listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let writes = Arc::clone(&self.writes);
        (Counted { stream, writes }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Calls over one connection, which is open.
struct Caller {
    address: SocketAddr,
    client: Client<HttpConnector, Body>,
    writes: Arc<AtomicUsize>,
}

impl Caller {
    async fn connect() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let writes = Arc::new(AtomicUsize::new(0));
        let listener = CountedListener {
            listener,
            writes: Arc::clone(&writes),
        };
        let options = ConnectionOptions::default();
        tokio::spawn(serve(
            listener,
            service(Ours),
            options,
            std::future::pending(),
        ));
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build(connector);
        let caller = Self {
            address,
            client,
            writes,
        };
        // Settings and windows are agreed upon.
        for _ in 0..3 {
            caller.call().await;
        }
        caller
    }

    /// One call over gRPC. The reply is headers, a message that h2 does not copy, and trailers.
    async fn call(&self) {
        let message = request(LARGE);
        let frame = [&[0, 0, 0, 0, message.len() as u8][..], &message].concat();
        let request = Request::post(format!("http://{}{PATH}", self.address))
            .header("content-type", "application/grpc")
            .body(Body::from(frame))
            .unwrap();
        let reply = self.client.request(request).await.unwrap();
        let body = reply.into_body().collect().await.unwrap();
        let ended: Option<&HeaderMap> = body.trailers();
        assert_eq!(ended.unwrap()["grpc-status"], "0");
        assert!(body.to_bytes().len() > 1000);
    }

    fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn replies_that_are_ready_together_share_a_write() {
    const CALLS: usize = 64;
    let caller = Caller::connect().await;
    let before = caller.writes();
    join_all((0..CALLS).map(|_| caller.call())).await;
    let writes = caller.writes() - before;
    assert!(writes <= CALLS / 4, "{writes} for {CALLS} replies");
}

#[tokio::test]
async fn a_reply_that_is_alone_is_one_write() {
    const CALLS: usize = 20;
    let caller = Caller::connect().await;
    let before = caller.writes();
    for _ in 0..CALLS {
        caller.call().await;
    }
    let writes = caller.writes() - before;
    assert_eq!(writes, CALLS);
}
