//! A network that fails, over Connect and gRPC: what is made again, what is told, and that nothing is created twice.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::proxy::{Fault, Proxy, grpc_frame};
use bytes::Bytes;
use runner_configuration_client::rpc::Clock;
use runner_configuration_client::{Client, Code, Error, Protocol};

const LIMIT: usize = 1000;

const PROTOCOLS: [fn() -> Protocol; 2] = [Protocol::default, || Protocol::Grpc];

/// Notes how long is waited, and waits for nothing. Nobody listens at the proxy before this many waits.
#[derive(Clone)]
struct Waits(Arc<Mutex<Vec<u128>>>, Option<(usize, Proxy)>);

impl Clock for Waits {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut waits = self.0.lock().unwrap();
        waits.push(duration.as_millis());
        if let Some((number, proxy)) = &self.1
            && waits.len() == *number
        {
            proxy.listen();
        }
        Box::pin(std::future::ready(()))
    }
}

/// What came of a call.
struct Outcome {
    result: Result<(), Error>,
    /// How long was waited before each retry, in milliseconds.
    waits: Vec<u128>,
    /// How many requests the proxy and the server behind it saw.
    met: usize,
    acted: usize,
}

impl Outcome {
    fn error(&self) -> &Error {
        let error = self.result.as_ref().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        error
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Which {
    Get,
    Create,
}

/// Makes a call through a proxy with these faults, on a new connection or one that has carried a call.
async fn call(protocol: Protocol, which: Which, warm: bool, faults: &[Fault]) -> Outcome {
    let proxy = Proxy::start();
    let waits = Waits(Arc::default(), None);
    let client = client(&proxy, protocol, &waits);
    if warm {
        client.environment_classes().get("x").await.unwrap();
    }
    proxy.fail(faults);
    let (met, acted) = (proxy.met(), proxy.acted());
    let result = make(&client, which).await;
    let waits = waits.0.lock().unwrap().clone();
    let (met, acted) = (proxy.met() - met, proxy.acted() - acted);
    Outcome {
        result,
        waits,
        met,
        acted,
    }
}

fn client(proxy: &Proxy, protocol: Protocol, waits: &Waits) -> Client {
    let builder = Client::builder().base_url(proxy.base_url());
    let builder = builder.protocol(protocol).api_key("hunter2");
    let builder = builder.clock(waits.clone()).jitter(|| 0.0);
    builder.max_response_bytes(LIMIT).build().unwrap()
}

async fn make(client: &Client, which: Which) -> Result<(), Error> {
    // Enough for what is answered at all, and soon over for what is not.
    let timeout = Duration::from_secs(1);
    let classes = client.environment_classes();
    match which {
        Which::Get => classes.get("x").timeout(timeout).await.map(drop),
        Which::Create => {
            let call = classes.create(Default::default()).timeout(timeout);
            call.await.map(drop)
        }
    }
}

/// Calls of both kinds over each protocol, on new connections and used ones.
async fn each(faults: impl Fn(Protocol) -> Vec<Fault>, check: impl Fn(Protocol, Which, Outcome)) {
    for protocol in PROTOCOLS {
        for which in [Which::Get, Which::Create] {
            for warm in [false, true] {
                let faults = faults(protocol());
                let outcome = call(protocol(), which, warm, &faults).await;
                if which == Which::Create {
                    assert!(outcome.acted <= 1, "created {} times", outcome.acted);
                }
                check(protocol(), which, outcome);
            }
        }
    }
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Fault {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Fault::Answer(status, headers.collect(), body.into())
}

#[tokio::test]
async fn refused_connections_are_tried_again_whatever_the_call() {
    for protocol in PROTOCOLS {
        for which in [Which::Get, Which::Create] {
            for (listens_after, is_reached) in [(1, true), (2, true), (3, false)] {
                let proxy = Proxy::refusing();
                let waits = Waits(Arc::default(), Some((listens_after, proxy.clone())));
                let result = make(&client(&proxy, protocol(), &waits), which).await;
                let expected = if is_reached { 1 } else { 0 };
                assert_eq!((proxy.met(), proxy.acted()), (expected, expected));
                assert_eq!(
                    *waits.0.lock().unwrap(),
                    [500, 1000][..listens_after.min(2)]
                );
                match result {
                    Ok(()) => assert!(is_reached),
                    Err(error) => assert!(!is_reached && error.is_refused(), "{error:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn after_a_cut_only_what_changes_nothing_is_made_again() {
    for fault in [Fault::CutAfterRequest, Fault::CutInReply] {
        let faults = |_| vec![fault.clone()];
        each(faults, |protocol, which, outcome| match which {
            Which::Get => {
                assert!(outcome.result.is_ok(), "{protocol:?} {:?}", outcome.result);
                assert_eq!((outcome.acted, &*outcome.waits), (2, &[500][..]));
            }
            Which::Create => {
                let error = outcome.error();
                assert!(error.is_broken() && !error.is_from_server(), "{error:?}");
                assert_eq!((outcome.met, outcome.acted), (1, 1));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn after_a_timeout_only_what_changes_nothing_is_made_again() {
    let faults = |_| vec![Fault::Delay];
    each(faults, |protocol, which, outcome| match which {
        Which::Get => {
            assert!(outcome.result.is_ok(), "{protocol:?} {:?}", outcome.result);
            assert_eq!(outcome.acted, 2);
        }
        Which::Create => {
            assert!(outcome.error().is_timeout());
            assert_eq!((outcome.met, outcome.acted), (1, 1));
        }
    })
    .await;
}

/// The form that an error has in a protocol: the HTTP status, or gRPC's.
fn status(
    protocol: Protocol,
    http: u16,
    grpc: &'static str,
    more: &[(&'static str, &str)],
) -> Fault {
    let mut headers = more.to_vec();
    if protocol == Protocol::Grpc {
        headers.extend([("content-type", "application/grpc"), ("grpc-status", grpc)]);
        return answer(200, &headers, "");
    }
    answer(http, &headers, "")
}

#[tokio::test]
async fn after_429_every_call_waits_as_it_is_told() {
    let seconds = [("retry-after", "3")];
    let none = [];
    let faults = |protocol| {
        vec![
            status(protocol, 429, "8", &seconds),
            status(protocol, 429, "8", &none),
        ]
    };
    each(faults, |protocol, _, outcome| {
        assert!(outcome.result.is_ok(), "{protocol:?} {:?}", outcome.result);
        assert_eq!((outcome.met, outcome.acted), (3, 1));
        assert_eq!(outcome.waits, [3000, 1000]);
    })
    .await;
}

#[tokio::test]
async fn a_proxys_429_counts_over_grpc_too() {
    for which in [Which::Get, Which::Create] {
        let faults = [answer(429, &[("content-type", "text/html")], "busy")];
        let outcome = call(Protocol::Grpc, which, false, &faults).await;
        assert!(outcome.result.is_ok());
        assert_eq!((outcome.met, outcome.acted), (2, 1));
    }
}

#[tokio::test]
async fn after_503_only_what_changes_nothing_is_made_again() {
    let faults = |protocol| vec![status(protocol, 503, "14", &[])];
    each(faults, |_, which, outcome| match which {
        Which::Get => {
            assert!(outcome.result.is_ok());
            assert_eq!((outcome.met, outcome.acted), (2, 1));
            assert_eq!(outcome.waits, [500]);
        }
        Which::Create => {
            assert!(outcome.error().is_unavailable() && outcome.error().is_from_server());
            assert_eq!((outcome.met, outcome.acted), (1, 0));
        }
    })
    .await;
}

#[tokio::test]
async fn the_server_can_ask_for_a_retry_or_for_none() {
    for (value, is_again) in [("true", true), ("false", false)] {
        let asking = [("x-should-retry", value), ("retry-after-ms", "40")];
        let faults = |protocol| vec![status(protocol, 503, "14", &asking)];
        each(faults, |_, _, outcome| {
            assert_eq!(outcome.result.is_ok(), is_again);
            assert_eq!(outcome.met, if is_again { 2 } else { 1 });
            assert_eq!(outcome.waits, [40][..outcome.met - 1]);
        })
        .await;
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Proxy::start();
    let location = format!("{}/login?key=hunter2", elsewhere.base_url());
    let headers = [("location", &*location)];
    for status in [301, 302, 303, 307, 308] {
        let faults = |_| vec![answer(status, &headers, "")];
        each(faults, |_, _, outcome| {
            let error = outcome.error();
            assert_eq!(error.code(), Code::Unknown);
            let origin = format!("a redirect to {}/login, ", elsewhere.base_url());
            assert!(error.message().contains(&origin), "{error}");
            assert_eq!((outcome.met, outcome.acted), (1, 0));
        })
        .await;
    }
    assert_eq!(elsewhere.met(), 0);
}

#[tokio::test]
async fn an_html_page_counts_by_its_status() {
    for (status, is_again) in [(500, true), (502, true), (404, false), (200, false)] {
        let html = [("content-type", "text/html; charset=utf-8")];
        let faults = |_| vec![answer(status, &html, "<h1>sorry</h1>")];
        each(faults, |_, which, outcome| {
            let is_again = is_again && which == Which::Get;
            assert_eq!(
                outcome.result.is_ok(),
                is_again,
                "{status} {:?}",
                outcome.result
            );
            assert_eq!(outcome.met, if is_again { 2 } else { 1 });
            if !is_again {
                let expected = if status == 200 { "text/html" } else { "HTTP " };
                assert!(outcome.error().message().contains(expected));
            }
        })
        .await;
    }
}

/// A reply that went well, with this message; compressed, where it was.
fn reply(protocol: Protocol, message: &[u8], is_gzip: bool) -> Fault {
    let (content_type, encoding, body) = if protocol == Protocol::Grpc {
        let frame = grpc_frame(u8::from(is_gzip), message);
        ("application/grpc", "grpc-encoding", frame)
    } else {
        let message = Bytes::copy_from_slice(message);
        ("application/proto", "content-encoding", message)
    };
    let mut headers = vec![("content-type", content_type)];
    headers.extend(is_gzip.then_some((encoding, "gzip")));
    answer(200, &headers, body)
}

#[tokio::test]
async fn a_huge_reply_is_an_error_and_final() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 100 * LIMIT]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(
        bomb.len() < LIMIT - 5,
        "it is the inflated size that counts"
    );
    for (message, is_gzip) in [(vec![0; LIMIT + 1], false), (bomb, true)] {
        let faults = |protocol| vec![reply(protocol, &message, is_gzip)];
        each(faults, |protocol, _, outcome| {
            let error = outcome.error();
            assert!(error.is_resource_exhausted(), "{protocol:?} {error}");
            assert!(!error.is_from_server());
            assert_eq!((outcome.met, outcome.acted), (1, 0));
        })
        .await;
    }
}
