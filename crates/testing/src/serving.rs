//! The thread on which a server runs.
//!
//! A server has a thread and a runtime of its own, so that it answers whatever the test does meanwhile: wait for a child
//! process, or use a blocking client.

use std::future::IntoFuture as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;

use axum::serve::ListenerExt as _;
use runner_configuration_server::rpc::Dispatch;
use runner_configuration_server::{Authenticate, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::make::Shared;

/// A server that runs; dropped, it is cut off.
#[derive(Debug)]
pub(crate) struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<Stop>,
}

/// To stop, and whom to tell when it is done.
type Stop = oneshot::Sender<()>;

impl Serving {
    /// Serves on a free port of this machine.
    pub(crate) async fn start<D, A>(server: Server<D, A>) -> io::Result<Self>
    where
        D: Dispatch,
        A: Authenticate,
    {
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new()
            .name("test-server".to_owned())
            .spawn(move || run(server, ready, stopped))?;
        let gone = |_| io::Error::other("the server's thread ended before it served");
        let address = is_ready.await.map_err(gone)??;
        Ok(Self { address, stop })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes the calls in flight. When it returns nobody listens any more.
    pub(crate) async fn stop(self) {
        let (done, is_done) = oneshot::channel();
        if self.stop.send(done).is_ok() {
            let _ = is_done.await;
        }
    }
}

fn run<D, A>(
    server: Server<D, A>,
    ready: oneshot::Sender<io::Result<SocketAddr>>,
    stop: oneshot::Receiver<Stop>,
) where
    D: Dispatch,
    A: Authenticate,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match listen().await {
            Ok((listener, address)) => {
                let _ = ready.send(Ok(address));
                listener
            }
            Err(error) => return drop(ready.send(Err(error))),
        };
        serve(server, listener, stop).await;
    });
    // With the runtime go the connections that are left.
}

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn serve<D, A>(server: Server<D, A>, listener: TcpListener, stop: oneshot::Receiver<Stop>)
where
    D: Dispatch,
    A: Authenticate,
{
    // Replies are small and written at once: there is nothing to wait for.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let (finish, is_to_finish) = oneshot::channel::<()>();
    let serve = axum::serve(listener, Shared::new(server)).with_graceful_shutdown(async {
        let _ = is_to_finish.await;
    });
    let mut serve = pin!(serve.into_future());
    tokio::select! {
        _ = &mut serve => {}
        stop = stop => {
            // An error: whoever could stop the server was dropped.
            if let Ok(done) = stop {
                drop(finish);
                let _ = serve.await;
                let _ = done.send(());
            }
        }
    }
}
