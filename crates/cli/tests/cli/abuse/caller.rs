//! The caller that behaves well.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tonic::transport::Channel;

use super::wire::{LIST, Pieces, Replies, Target, framed};

/// How often it calls.
const INTERVAL: Duration = Duration::from_millis(20);

/// Within this time it has to be answered, on a slow machine, too.
const PATIENCE: Duration = Duration::from_secs(120);

/// Calls in JSON over HTTP/1.1 and in gRPC, over connections that it keeps, and now and then over a new one; panics where
/// it is not answered.
pub(crate) struct Caller {
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Caller {
    pub(crate) fn start(target: Target) -> Self {
        let (answered, stop) = (Arc::default(), Arc::default());
        let calls = Calls {
            target,
            answered: Arc::clone(&answered),
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(calls.make())
        });
        Self {
            answered,
            stop,
            thread,
        }
    }

    /// Waits until it was answered a few times more.
    pub(crate) fn wait_for_answers(&self) {
        let enough = self.answered.load(Ordering::Relaxed) + 10;
        while self.answered.load(Ordering::Relaxed) < enough && !self.thread.is_finished() {
            sleep(Duration::from_millis(1));
        }
    }

    /// How long each of its calls took.
    pub(crate) fn stop(self) -> Vec<Duration> {
        self.wait_for_answers();
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

struct Calls {
    target: Target,
    answered: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Calls {
    async fn make(&self) -> Vec<Duration> {
        let mut times = Vec::new();
        let mut kept = self.target.connect().await;
        let mut channel = self.target.channel().await;
        for round in 1_u64.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            times.push(self.timed("200", json(&self.target, &mut kept)).await);
            times.push(self.timed("grpc 0", grpc(&self.target, &mut channel)).await);
            if round.is_multiple_of(5) {
                let new = async { json(&self.target, &mut self.target.connect().await).await };
                times.push(self.timed("200", new).await);
            }
            tokio::time::sleep(INTERVAL).await;
        }
        times
    }

    async fn timed(&self, expected: &str, call: impl Future<Output = String>) -> Duration {
        let start = Instant::now();
        let outcome = tokio::time::timeout(PATIENCE, call).await;
        let outcome = outcome.expect("the caller that behaves well is not answered");
        assert_eq!(outcome, expected, "to the caller that behaves well");
        self.answered.fetch_add(1, Ordering::Relaxed);
        start.elapsed()
    }
}

async fn json(target: &Target, connection: &mut tokio::net::TcpStream) -> String {
    let sent = connection.write_all(target.call().as_bytes()).await;
    sent.expect("the connection of the caller that behaves well was closed");
    Replies::new(connection).next().await
}

async fn grpc(target: &Target, channel: &mut Channel) -> String {
    let empty = Pieces::one(framed(false, 0, &[]));
    target.grpc(channel, LIST, "identity", empty).await
}
