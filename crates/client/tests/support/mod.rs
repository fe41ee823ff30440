//! Servers on a free port of this machine, each on its own task.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;

/// Serves until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
