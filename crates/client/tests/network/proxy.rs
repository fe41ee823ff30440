//! A proxy that does to each exchange what it is told, before a server that counts what reaches it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// What becomes of an exchange.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The server acts on the request, and the connection is cut before a reply.
    CutAfterRequest,
    /// The server acts on the request, and the connection is cut in the middle of the reply.
    CutInReply,
    /// The server acts on the request, and the reply never comes.
    Delay,
    /// This reply, of which the server knows nothing: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Bytes),
}

/// Where to send calls, and what became of them.
#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    /// Bound, but not listening yet.
    socket: Arc<Mutex<Option<TcpSocket>>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    /// Requests that reached the proxy, and those that reached the server.
    met: Arc<AtomicUsize>,
    acted: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy at an address that nobody listens on until [`Proxy::listen`].
    pub(crate) fn refusing() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket: Arc::new(Mutex::new(Some(socket))),
            faults: Arc::default(),
            met: Arc::default(),
            acted: Arc::default(),
        }
    }

    pub(crate) fn start() -> Self {
        let proxy = Self::refusing();
        proxy.listen();
        proxy
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Does this to the next exchanges.
    pub(crate) fn fail(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults.iter().cloned());
    }

    /// How many requests reached the proxy.
    pub(crate) fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }

    /// How many requests the server acted on.
    pub(crate) fn acted(&self) -> usize {
        self.acted.load(Ordering::SeqCst)
    }

    pub(crate) fn listen(&self) {
        let socket = self.socket.lock().unwrap().take().unwrap();
        let listener: TcpListener = socket.listen(16).unwrap();
        let proxy = self.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let proxy = proxy.clone();
                tokio::spawn(proxy.connection(TokioIo::new(connection)));
            }
        });
    }

    /// Serves a connection until it is to be cut.
    async fn connection(self, connection: TokioIo<tokio::net::TcpStream>) {
        let (cut, mut is_cut) = watch::channel(false);
        let cut = Arc::new(cut);
        let service = service_fn(move |request| {
            let (proxy, cut) = (self.clone(), Arc::clone(&cut));
            async move { Ok::<_, Infallible>(proxy.exchange(request, cut).await) }
        });
        let builder = auto::Builder::new(TokioExecutor::new());
        tokio::select! {
            _ = builder.serve_connection(connection, service) => {}
            _ = is_cut.wait_for(|is_cut| *is_cut) => {}
        }
    }

    async fn exchange(
        self,
        request: Request<hyper::body::Incoming>,
        cut: Arc<watch::Sender<bool>>,
    ) -> Response<Body> {
        self.met.fetch_add(1, Ordering::SeqCst);
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let request = Request::from_parts(parts, Body::from(body));
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => self.act(request).await,
            Some(Fault::Answer(status, headers, body)) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                let is_grpc = response.headers_ref().unwrap().get(header::CONTENT_TYPE);
                let is_grpc = is_grpc.is_some_and(|value| value == GRPC) && !body.is_empty();
                let body = if is_grpc {
                    well(body)
                } else {
                    Body::from(body)
                };
                response.body(body).unwrap()
            }
            Some(Fault::Delay) => {
                self.act(request).await;
                std::future::pending().await
            }
            Some(Fault::CutAfterRequest) => {
                self.act(request).await;
                cut.send_replace(true);
                std::future::pending().await
            }
            Some(Fault::CutInReply) => {
                let (parts, body) = self.act(request).await.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let part = Bytes::copy_from_slice(&body[..body.len() / 2]);
                // The first part is sent before the second is asked for.
                let frames = futures_util::stream::unfold(Some(part), move |part| {
                    let cut = Arc::clone(&cut);
                    async move {
                        let Some(part) = part else {
                            tokio::task::yield_now().await;
                            cut.send_replace(true);
                            return std::future::pending().await;
                        };
                        Some((Ok::<_, Infallible>(Frame::data(part)), None))
                    }
                });
                Response::from_parts(parts, Body::new(StreamBody::new(frames)))
            }
        }
    }

    /// What the server does: it counts, and answers with a message that holds something.
    async fn act(&self, request: Request<Body>) -> Response<Body> {
        self.acted.fetch_add(1, Ordering::SeqCst);
        let content_type = request.headers()[header::CONTENT_TYPE].to_str().unwrap();
        let content_type = content_type.to_owned();
        // Field 1, eight bytes: an id, or a message with one.
        let message = Bytes::from_static(b"\x0a\x08\x0a\x06abcdef");
        let body = if content_type == GRPC {
            well(grpc_frame(0, &message))
        } else {
            Body::from(message)
        };
        let response = Response::builder().header(header::CONTENT_TYPE, content_type);
        response.body(body).unwrap()
    }
}

const GRPC: &str = "application/grpc";

/// A gRPC message with its prefix.
pub(crate) fn grpc_frame(flags: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags][..], &length, message].concat().into()
}

/// The body of a gRPC reply that went well.
fn well(frame: Bytes) -> Body {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let trailers = std::future::ready(Some(Ok(trailers)));
    Body::new(Full::new(frame).with_trailers(trailers))
}
