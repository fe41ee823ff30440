use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The time, as far as retries depend on it: what a date in `Retry-After` is compared with, and how waiting is done.
///
/// A test can have its own, to wait for nothing and see what would be waited for:
///
/// ```
/// use std::pin::Pin;
/// use std::sync::{Arc, Mutex};
/// use std::time::{Duration, SystemTime};
///
/// use runner_configuration_client::Client;
/// use runner_configuration_client::rpc::Clock;
///
/// #[derive(Clone, Default)]
/// struct Waits(Arc<Mutex<Vec<Duration>>>);
///
/// impl Clock for Waits {
///     fn now(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
///
///     fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
///         self.0.lock().unwrap().push(duration);
///         Box::pin(std::future::ready(()))
///     }
/// }
///
/// let waits = Waits::default();
/// let client = Client::builder().clock(waits.clone()).jitter(|| 0.0).build();
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time of day.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use runner_configuration_client::rpc::Clock;
    ///
    /// fn has_begun(clock: &dyn Clock, start: SystemTime) -> bool {
    ///     clock.now() >= start
    /// }
    /// ```
    fn now(&self) -> SystemTime;

    /// Ends after this time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use runner_configuration_client::rpc::Clock;
    ///
    /// async fn wait(clock: &dyn Clock) {
    ///     clock.sleep(Duration::from_secs(1)).await;
    /// }
    /// ```
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (**self).sleep(duration)
    }
}

/// The system's time, and tokio's timers.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
