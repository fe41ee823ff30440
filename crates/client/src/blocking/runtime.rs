use std::future::Future;
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::rpc::{Code, Error};

/// A thread that drives calls, until the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Runtime {
    handle: Handle,
    /// Dropped with the last clone, which the thread notices.
    _alive: Arc<oneshot::Sender<()>>,
}

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let handle = runtime.handle().clone();
        let (alive, is_dropped) = oneshot::channel();
        let run = move || {
            // An error means that the other side is gone, which is what this waits for.
            let _dropped = runtime.block_on(is_dropped);
        };
        let builder = thread::Builder::new().name("runner-configuration".to_owned());
        builder.spawn(run).map_err(no_thread)?;
        Ok(Self {
            handle,
            _alive: Arc::new(alive),
        })
    }

    /// Drives the future on the thread, and waits for it here.
    pub(super) fn block_on<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (outcome, wait) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Nobody waits any more only where the waiting thread is gone.
            let _sent = outcome.send(future.await);
        });
        wait.recv().unwrap_or_else(|_gone| {
            let text = "the call ended without an outcome";
            Err(Error::local(Code::Internal, text))
        })
    }
}

fn no_thread(error: std::io::Error) -> Error {
    let text = "no thread for calls can be started";
    Error::local(Code::Internal, text).with_source(error)
}
