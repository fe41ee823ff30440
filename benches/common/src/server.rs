//! What all servers that are compared have in common.

use std::future::Future;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::Failure;

/// What a server was started with.
pub struct Arguments {
    pub port: u16,
    /// The folder of replies; each is there as `NAME.bin`, encoded as protobuf, and as `NAME.json`.
    pub replies: PathBuf,
}

impl Arguments {
    /// `PORT [REPLIES]`.
    pub fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let (port, replies) = match arguments {
            [port] => (port, ""),
            [port, replies] => (port, *replies),
            _ => return Err("a port is needed, and a folder of replies".into()),
        };
        Ok(Self {
            port: port.parse()?,
            replies: replies.into(),
        })
    }

    /// A reply, encoded: `get`, `list-25`, `list-100`, `create` or `validate`, with its ending.
    pub fn reply(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let path = self.replies.join(name);
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    pub async fn listen(&self) -> Result<TcpListener, Failure> {
        Ok(TcpListener::bind(("127.0.0.1", self.port)).await?)
    }
}

/// One worker thread, in everything that is compared.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}

/// Runs a server on the worker thread.
pub fn run(
    server: impl Future<Output = Result<(), Failure>> + Send + 'static,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    let server = runtime.spawn(server);
    runtime.block_on(server)?
}
