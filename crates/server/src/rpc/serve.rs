//! Serving connections, within limits: what [`axum::serve()`] leaves open to whoever connects.
//!
//! ```no_run
//! use runner_configuration_server::rpc::serve::{ConnectionOptions, bind, serve};
//!
//! # async fn example(service: impl runner_configuration_server::RunnerConfigurationService) -> std::io::Result<()> {
//! let service = runner_configuration_server::service(service);
//! let listener = bind(([127, 0, 0, 1], 8080).into())?;
//! // A program would end with a signal: tokio::signal::ctrl_c(), for example.
//! let stop = std::future::pending();
//! serve(listener, service, ConnectionOptions::default(), stop).await;
//! # Ok(())
//! # }
//! ```

mod activity;
mod backlog;
mod connection;
mod end;
mod guarded;
mod open;
mod outbox;
mod turns;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::serve::Listener;
use http::{Request, Response};
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tower::Service;

use self::activity::Patience;
pub use self::backlog::bind;
use self::open::Open;
use self::turns::{InTurn, Spawner, Turns};
use super::{Observer, Refusal};

/// What a connection may do, and how many there are. The defaults are safe for a server that faces a network.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionOptions {
    /// How many connections are open at once. For one more, the one is closed that has been idle for longest; if none is
    /// idle, the new one. One that is idle takes up to 30 KB of memory, and more with TLS; over HTTP/2, up to 32 KiB more while
    /// replies are sent. Default: 4,096.
    pub max_connections: usize,
    /// How long the headers of a request may take to arrive over HTTP/1.1, counted from their first byte; then the
    /// connection is closed. Default: 10 seconds. Times are kept to a quarter of this one.
    pub header_timeout: Duration,
    /// How long a connection may be without a call before it is closed. Default: 5 minutes.
    pub idle_timeout: Duration,
    /// The largest headers of a request, together, in bytes, at least 8 KiB; larger ones are answered with HTTP status 431.
    /// Over HTTP/1.1 the path with its query is part of them. Default: 16 KiB.
    pub max_header_bytes: u32,
    /// How many calls a connection may have in flight over HTTP/2. Default: 200.
    pub max_concurrent_streams: u32,
    /// How many streams a caller may open and reset over HTTP/2 before the server has taken note of them; then the connection
    /// is closed. Default: 20.
    pub max_pending_resets: usize,
    /// Is told of connections that are refused. Default: nobody.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            max_connections: 4 * 1024,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(5 * 60),
            max_header_bytes: 16 * 1024,
            max_concurrent_streams: 200,
            max_pending_resets: 20,
            observer: None,
        }
    }
}

/// The least that hyper takes for the buffer of a connection.
const MIN_HEADER_BYTES: u32 = 8 * 1024;

/// How often an HTTP/2 connection that is silent is asked whether it is still there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));

/// How much of one body, and of all bodies of a connection, may be on its way over HTTP/2 before the server reads it: what it holds
/// for callers whose requests it has not begun to count.
const WINDOW: (u32, u32) = (256 * 1024, 512 * 1024);

impl ConnectionOptions {
    fn builder(&self, spawner: Spawner) -> Builder<Spawner> {
        let header_bytes = self.max_header_bytes.max(MIN_HEADER_BYTES);
        let mut builder = Builder::new(spawner);
        builder.http1().max_buf_size(header_bytes as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .initial_stream_window_size(WINDOW.0)
            .initial_connection_window_size(WINDOW.1)
            .keep_alive_interval(PING.0)
            .keep_alive_timeout(PING.1)
            .max_header_list_size(header_bytes)
            .max_concurrent_streams(self.max_concurrent_streams)
            .max_pending_accept_reset_streams(self.max_pending_resets);
        builder
    }

    /// How often connections are looked at.
    fn tick(&self) -> Duration {
        (self.header_timeout / 4).max(Duration::from_millis(1))
    }

    /// The first tick may come at once.
    fn patience(&self) -> Patience {
        let ticks = |timeout: Duration| {
            let ticks = timeout.as_nanos().div_ceil(self.tick().as_nanos());
            u32::try_from(ticks).unwrap_or(u32::MAX).saturating_add(1)
        };
        Patience {
            header_ticks: ticks(self.header_timeout),
            idle_ticks: ticks(self.idle_timeout),
        }
    }
}

/// So many new connections are accepted before those that are open have their turn.
const ACCEPTED_AT_ONCE: u64 = 16;

/// Serves the connections of a listener until `stop` is ready, and then until the calls in flight are answered.
///
/// The listener is a [`TcpListener`](tokio::net::TcpListener), as [`bind()`] makes it, or a
/// [`TlsListener`](super::tls::TlsListener), for example.
pub async fn serve<L, S>(
    mut listener: L,
    service: S,
    options: ConnectionOptions,
    stop: impl Future<Output = ()>,
) where
    L: Listener,
    L::Addr: fmt::Debug,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let turns = Arc::new(Turns::new(Handle::current().metrics().num_workers()));
    let open = Arc::new(Open::new(options.max_connections));
    let serving = Serving::begin(&open, &turns, &options);
    let mut stop = pin!(stop);
    for number in 1_u64.. {
        if number.is_multiple_of(ACCEPTED_AT_ONCE) {
            tokio::task::yield_now().await;
        }
        let (io, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Some(place) = open.enter(turns.share()) else {
            if let Some(observer) = &options.observer {
                observer.on_refused(Refusal::Connections);
            }
            tracing::warn!(?address, "a connection was refused: too many are open");
            continue;
        };
        tracing::trace!(?address, "a connection is open");
        let spawner = Spawner::new(&turns, &place.activity.share);
        let builder = options.builder(spawner.clone());
        spawner.spawn(connection::serve(io, service.clone(), builder, place));
    }
    // The port is free for whoever comes next.
    drop(listener);
    open.end();
    open.empty().await;
    drop(serving);
}

/// Connections are watched until this is dropped; and told then that they are to end.
struct Serving {
    open: Arc<Open>,
    watch: AbortHandle,
}

impl Serving {
    fn begin(open: &Arc<Open>, turns: &Arc<Turns>, options: &ConnectionOptions) -> Self {
        let (tick, patience) = (options.tick(), options.patience());
        let watched = Arc::clone(open);
        let watch = async move { watched.watch(tick, patience).await };
        let watch = tokio::spawn(InTurn::new(turns, &turns.share(), watch));
        Self {
            open: Arc::clone(open),
            watch: watch.abort_handle(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.open.end();
        self.watch.abort();
    }
}
