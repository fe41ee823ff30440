//! Which calls are made again, how often, and how long is waited before.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use runner_configuration_client::rpc::{Channel, Clock, Transport, UnaryRequest, UnaryResponse};
use runner_configuration_client::{Client, ClientBuilder, Code, Codec, Error};

/// Answers with these errors, then with an empty message; and keeps the requests.
#[derive(Clone, Default)]
struct Script {
    errors: Arc<Mutex<Vec<Error>>>,
    requests: Arc<Mutex<Vec<UnaryRequest>>>,
}

impl Script {
    fn new(errors: impl IntoIterator<Item = Error>) -> Self {
        let mut errors: Vec<_> = errors.into_iter().collect();
        errors.reverse();
        Self {
            errors: Arc::new(Mutex::new(errors)),
            requests: Arc::default(),
        }
    }

    /// How many attempts there were since this was last asked.
    fn attempts(&self) -> usize {
        std::mem::take(&mut *self.requests.lock().unwrap()).len()
    }
}

impl Transport for Script {
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        self.requests.lock().unwrap().push(request);
        let error = self.errors.lock().unwrap().pop();
        error.map_or_else(|| Ok(UnaryResponse::new(Codec::Proto, "")), Err)
    }
}

/// Notes how long is waited, and waits for nothing.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<u128>>>);

impl Clock for Waits {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.lock().unwrap().push(duration.as_millis());
        Box::pin(std::future::ready(()))
    }
}

impl Waits {
    fn take(&self) -> Vec<u128> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn client(script: &Script, waits: &Waits) -> ClientBuilder {
    let builder = Client::builder().transport(script.clone());
    builder.clock(waits.clone()).jitter(|| 0.0)
}

fn unavailable() -> Error {
    Error::new(Code::Unavailable, "later")
}

fn refused() -> Error {
    Error::new(Code::ResourceExhausted, "too much")
}

#[tokio::test]
async fn a_reading_call_is_made_again_twice() {
    for (failures, attempts) in [(0, 1), (1, 2), (2, 3), (3, 3)] {
        let script = Script::new(std::iter::repeat_n(unavailable(), failures));
        let waits = Waits::default();
        let client = client(&script, &waits).build().unwrap();
        let outcome = client.environment_classes().get("x").await;
        assert_eq!(outcome.is_ok(), failures < 3, "{outcome:?}");
        assert_eq!(script.attempts(), attempts);
        assert_eq!(waits.take(), [500, 1000][..attempts - 1]);
    }
}

#[tokio::test]
async fn a_changing_call_is_made_again_where_the_server_cannot_have_acted() {
    for (error, attempts) in [(unavailable(), 1), (refused(), 3)] {
        let script = Script::new([error.clone(), error]);
        let client = client(&script, &Waits::default()).build().unwrap();
        let call = client.environment_classes().create(Default::default());
        assert_eq!(call.await.is_ok(), attempts == 3);
        assert_eq!(script.attempts(), attempts);
    }
}

#[tokio::test]
async fn the_number_is_set_for_a_client_or_a_call() {
    let script = Script::new(std::iter::repeat_n(unavailable(), 100));
    let builder = || client(&script, &Waits::default());
    for (client, number, attempts) in [
        (builder(), None, 3),
        (builder().retries(0), None, 1),
        (builder().retries(4), None, 5),
        (builder().retries(4), Some(0), 1),
        (builder().retries(0), Some(1), 2),
    ] {
        let call = client.build().unwrap().environment_classes().get("x");
        let call = match number {
            None => call,
            Some(number) => call.retries(number),
        };
        assert!(call.await.unwrap_err().is_unavailable());
        assert_eq!(script.attempts(), attempts);
    }
    assert_eq!(Channel::DEFAULT_RETRIES, 2);
}

#[tokio::test]
async fn every_attempt_is_the_same_and_the_last_error_is_told() {
    let script = Script::new([
        unavailable(),
        unavailable(),
        Error::new(Code::NotFound, "n"),
    ]);
    let client = client(&script, &Waits::default()).api_key("k");
    let client = client.retries(5).build().unwrap();
    let error = client.environment_classes().get("x").await.unwrap_err();
    assert!(error.is_not_found());
    let requests = script.requests.lock().unwrap();
    assert_eq!(requests.len(), 3);
    for request in &*requests {
        assert_eq!(request.message(), requests[0].message());
        assert_eq!(request.headers(), requests[0].headers());
        assert_eq!(request.timeout(), Some(Duration::from_secs(60)));
    }
}

#[tokio::test]
async fn waits_are_what_the_server_asks_for_else_grow_less_jitter() {
    let asking = |name, value| {
        let name = HeaderName::from_static(name);
        let headers = [(name, HeaderValue::from_static(value))];
        unavailable().with_headers(headers.into_iter().collect::<HeaderMap>())
    };
    let script = Script::new([
        asking("retry-after", "7"),
        unavailable(),
        asking("retry-after", "61"),
        asking("retry-after-ms", "20"),
        asking("retry-after", "Thu, 01 Jan 1970 00:00:03 GMT"),
        unavailable(),
        unavailable(),
    ]);
    let waits = Waits::default();
    let client = client(&script, &waits).retries(7).jitter(|| 1.0).build();
    let call = client.unwrap().environment_classes().get("x");
    assert!(call.await.is_ok());
    assert_eq!(waits.take(), [7000, 750, 1500, 20, 3000, 6000, 6000]);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_that_of_an_attempt() {
    struct Never;
    impl Transport for Never {
        async fn unary(&self, _: UnaryRequest) -> Result<UnaryResponse, Error> {
            std::future::pending().await
        }
    }
    let client = Client::builder().transport(Never).jitter(|| 0.0);
    let client = client.timeout(Duration::from_secs(10)).build().unwrap();
    let start = tokio::time::Instant::now();
    let error = client.environment_classes().get("x").await.unwrap_err();
    assert_eq!(error.message(), "no answer within 10s");
    // Three attempts, and the system clock's waits before two of them; timers are exact to a millisecond.
    let took = start.elapsed().as_millis();
    assert!((31_500..31_510).contains(&took), "{took}");

    let start = tokio::time::Instant::now();
    let call = client.environment_classes().create(Default::default());
    assert!(call.await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 10);
}
