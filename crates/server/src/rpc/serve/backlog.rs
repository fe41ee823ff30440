//! Listening, with room for the connections that nobody has accepted yet.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// So many connections may wait to be accepted: as many as are open by default. What is less is the system's limit
/// (`net.core.somaxconn` on Linux).
const BACKLOG: u32 = 4 * 1024;

/// Listens on an address, as [`TcpListener::bind`] does, but for more connections that come at once.
///
/// That one lets 128 wait until they are accepted. Of those beyond, some are established as far as their callers see and reset
/// later, and the others come back after a second. Here up to 4,096 may wait, or as many as the system allows.
///
/// # Errors
///
/// Where it can't listen there, for the reason that the system gives: another program does, or it may not.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// ```
/// # async fn example() -> std::io::Result<()> {
/// let listener = runner_configuration_server::rpc::serve::bind(([127, 0, 0, 1], 0).into())?;
/// println!("listening on {}", listener.local_addr()?);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // After a restart, too, while connections of before are forgotten. On Windows it would let two programs listen.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    /// More than others let wait.
    const MANY: usize = 600;

    /// Connections that fit in, without those of which the system does not allow more.
    fn expected() -> usize {
        let max = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let max = max.map_or(128, |max| max.trim().parse().unwrap());
        MANY.min(max)
    }

    #[tokio::test]
    async fn hundreds_of_connections_wait_until_they_are_accepted() {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut callers = Vec::new();
        for number in 0..expected() {
            let caller = timeout(Duration::from_millis(900), TcpStream::connect(address)).await;
            let mut caller = caller
                .unwrap_or_else(|_| panic!("connection {number} has to wait to be there"))
                .unwrap();
            caller.write_all(b"x").await.unwrap();
            callers.push(caller);
        }
        for _ in &callers {
            let (mut accepted, _) = listener.accept().await.unwrap();
            assert_eq!(accepted.read_u8().await.unwrap(), b'x');
        }
    }

    #[tokio::test]
    async fn an_address_is_free_again_though_connections_of_before_are_not_forgotten() {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut caller = TcpStream::connect(address).await.unwrap();
        // Who ends a connection remembers it for a minute.
        drop(listener.accept().await.unwrap());
        assert_eq!(caller.read(&mut [0]).await.unwrap(), 0);
        drop((caller, listener));
        bind(address).unwrap();
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = bind(any.parse().unwrap()) else {
                assert!(any.starts_with('['), "a machine may have no IPv6");
                continue;
            };
            let taken = bind(listener.local_addr().unwrap()).unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        }
    }
}
