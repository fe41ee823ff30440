//! Connections that do not behave, each beside one that does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

#[path = "support/call.rs"]
#[expect(dead_code, reason = "each test program uses another part")]
mod call;
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use call::{PATH, PROTOCOLS, Protocol, call, ok, request};
use http::HeaderMap;
use runner_configuration_server::rpc::serve::{ConnectionOptions, serve};
use runner_configuration_server::rpc::{Authenticate, Dispatch, Options};
use runner_configuration_server::{FromTonic, Server, service};
use support::{ANSWER, Ours, SLOW, Tonics};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tonic::Status;

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Serves with options that differ from the defaults.
async fn serve_with(change: impl FnOnce(&mut ConnectionOptions)) -> Served {
    serve_service(service(Ours), change).await
}

async fn serve_service<D: Dispatch, A: Authenticate>(
    service: Server<D, A>,
    change: impl FnOnce(&mut ConnectionOptions),
) -> Served {
    let mut options = ConnectionOptions::default();
    change(&mut options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    let server = tokio::spawn(serve(listener, service, options, stopped));
    Served {
        address,
        stop,
        server,
    }
}

/// A request over HTTP/1.1 that asks for the class that is answered, or is slow.
fn http1(id: &str) -> String {
    let body = format!(r#"{{"environmentClassId":"{id}"}}"#);
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads until the first line of a reply has come, or the connection is closed; returns that line.
async fn reply(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.contains(&b'\n') {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => text.extend_from_slice(&piece[..read]),
        }
    }
    String::from_utf8_lossy(&text)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn headers_that_do_not_end_close_their_connection_and_no_other() {
    let served = serve_with(|options| options.header_timeout = Duration::from_millis(200)).await;
    let mut slow = TcpStream::connect(served.address).await.unwrap();
    let mut good = TcpStream::connect(served.address).await.unwrap();
    let trickle = async {
        slow.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
        let (mut reading, mut writing) = slow.split();
        let closed = async {
            let mut end = Vec::new();
            let _ = reading.read_to_end(&mut end).await;
            assert!(end.is_empty(), "{}", String::from_utf8_lossy(&end));
        };
        let forever = async {
            while writing.write_all(b"a: b\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = closed => {}
            () = forever => {}
        }
    };
    let calls = async {
        loop {
            good.write_all(http1(ANSWER).as_bytes()).await.unwrap();
            assert_eq!(reply(&mut good).await, "HTTP/1.1 200 OK");
        }
    };
    tokio::select! {
        () = trickle => {}
        () = calls => {}
    }
}

#[tokio::test]
async fn idle_connections_are_closed_and_those_with_calls_in_flight_are_not() {
    let served = serve_with(|options| {
        options.header_timeout = Duration::from_millis(40);
        options.idle_timeout = Duration::from_millis(200);
    })
    .await;
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    let mut used = TcpStream::connect(served.address).await.unwrap();
    let mut waiting = TcpStream::connect(served.address).await.unwrap();
    waiting.write_all(http1(SLOW).as_bytes()).await.unwrap();
    used.write_all(http1(ANSWER).as_bytes()).await.unwrap();
    assert_eq!(reply(&mut used).await, "HTTP/1.1 200 OK");
    for stream in [&mut silent, &mut used] {
        assert_eq!(reply(stream).await, "");
    }
    let longer = tokio::time::timeout(Duration::from_millis(500), reply(&mut waiting)).await;
    assert!(longer.is_err(), "its call goes on: {longer:?}");
}

#[tokio::test]
async fn for_a_connection_too_many_the_one_that_is_idle_is_closed() {
    let served = serve_with(|options| options.max_connections = 2).await;
    let mut busy = TcpStream::connect(served.address).await.unwrap();
    busy.write_all(http1(SLOW).as_bytes()).await.unwrap();
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    idle.write_all(http1(ANSWER).as_bytes()).await.unwrap();
    assert_eq!(reply(&mut idle).await, "HTTP/1.1 200 OK");
    for protocol in PROTOCOLS {
        let outcome = call(served.address, protocol, &request(ANSWER), &[]).await;
        assert_eq!(outcome, ok(), "{protocol:?}");
    }
    assert_eq!(reply(&mut idle).await, "");

    // When both are busy, whoever comes next is refused. Should the second not be busy yet, it is closed: once more.
    loop {
        let mut second = TcpStream::connect(served.address).await.unwrap();
        second.write_all(http1(SLOW).as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut third = TcpStream::connect(served.address).await.unwrap();
        let _ = third.write_all(http1(ANSWER).as_bytes()).await;
        if reply(&mut third).await.is_empty() {
            break;
        }
    }
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let served = serve_with(|options| options.max_header_bytes = 8192).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let large = format!("POST {PATH} HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let _ = stream.write_all(large.as_bytes()).await;
    let line = reply(&mut stream).await;
    assert!(line.starts_with("HTTP/1.1 431"), "{line}");

    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<axum::body::Body>();
    let large = http::Request::post(format!("http://{}{PATH}", served.address))
        .header("x", "y".repeat(20_000))
        .body(axum::body::Body::empty())
        .unwrap();
    let refused = client.request(large).await;
    assert!(refused.is_err() || refused.is_ok_and(|reply| reply.status() == 431));
    assert_eq!(
        call(served.address, Protocol::Grpc, &request(ANSWER), &[]).await,
        ok()
    );
}

#[tokio::test]
async fn a_server_that_stops_answers_what_is_in_flight_and_takes_nothing_new() {
    let served = serve_service(service(FromTonic(Tonics)), |_| {}).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    let mut sending = TcpStream::connect(served.address).await.unwrap();
    let text = http1(ANSWER);
    let (head, rest) = text.split_at(text.len() - 1);
    sending.write_all(head.as_bytes()).await.unwrap();
    // Answered, so the connections before it were accepted.
    while call(served.address, Protocol::Grpc, &request(ANSWER), &[]).await != ok() {}
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.send(()).unwrap();
    assert_eq!(reply(&mut idle).await, "");
    sending.write_all(rest.as_bytes()).await.unwrap();
    assert_eq!(reply(&mut sending).await, "HTTP/1.1 200 OK");
    served.server.await.unwrap();
    TcpStream::connect(served.address).await.unwrap_err();
}

#[tokio::test]
async fn a_server_that_is_dropped_leaves_no_idle_connection() {
    let served = serve_with(|_| {}).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    idle.write_all(http1(ANSWER).as_bytes()).await.unwrap();
    assert_eq!(reply(&mut idle).await, "HTTP/1.1 200 OK");
    served.server.abort();
    let closed = tokio::time::timeout(Duration::from_secs(5), reply(&mut idle)).await;
    assert_eq!(closed.unwrap(), "");
}

/// CVE-2023-44487: streams that are opened and reset at once.
#[tokio::test]
async fn rapid_resets_close_their_connection() {
    let served = serve_with(|_| {}).await;
    let mut attacker = TcpStream::connect(served.address).await.unwrap();
    let mut attack = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..10_000_u32 {
        let id = (2 * stream + 1).to_be_bytes();
        // HEADERS: GET, http, /, all from HPACK's static table; then RST_STREAM with CANCEL.
        attack.extend_from_slice(&[0, 0, 3, 1, 5, id[0], id[1], id[2], id[3], 0x82, 0x86, 0x84]);
        attack.extend_from_slice(&[0, 0, 4, 3, 0, id[0], id[1], id[2], id[3], 0, 0, 0, 8]);
    }
    let (mut reading, mut writing) = attacker.split();
    let mut answer = Vec::new();
    let (_, _) = tokio::join!(writing.write_all(&attack), reading.read_to_end(&mut answer));
    // GOAWAY, whose error code is ENHANCE_YOUR_CALM.

    let goaway = answer
        .windows(17)
        .any(|frame| frame[3] == 7 && frame[5..9] == [0; 4] && frame[13..17] == [0, 0, 0, 11]);
    assert!(goaway, "{} bytes", answer.len());
    assert_eq!(
        call(served.address, Protocol::Grpc, &request(ANSWER), &[]).await,
        ok()
    );
}

/// Lets nobody in without a number, and tells when it has refused somebody.
struct Numbered(Arc<Semaphore>);

impl Authenticate for Numbered {
    type Caller = ();

    async fn authenticate(&self, headers: &HeaderMap) -> Result<(), Status> {
        if headers.contains_key("x-number") {
            return Ok(());
        }
        self.0.add_permits(1);
        Err(Status::unauthenticated("a number is needed"))
    }
}

#[tokio::test]
async fn a_body_that_is_read_for_nobody_takes_no_place_of_a_caller() {
    let refused = Arc::new(Semaphore::new(0));
    let mut options = Options::default();
    options.max_calls = 1;
    let service = service(Ours)
        .authenticate(Numbered(Arc::clone(&refused)))
        .options(options);
    let served = serve_service(service, |options| options.max_connections = 2).await;
    let unfinished = http1(ANSWER);
    let unfinished = &unfinished.as_bytes()[..unfinished.len() - 1];
    let mut nobody = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(unfinished).await.unwrap();
        nobody.push(stream);
    }
    let _both = refused.acquire_many(2).await.unwrap();
    let mut known = TcpStream::connect(served.address).await.unwrap();
    let call = http1(ANSWER).replacen("host: x", "host: x\r\nx-number: 1", 1);
    known.write_all(call.as_bytes()).await.unwrap();
    assert_eq!(reply(&mut known).await, "HTTP/1.1 200 OK");
    // The other one is still answered.
    let answers = [reply(&mut nobody[0]).await, reply(&mut nobody[1]).await];
    assert_eq!(answers[1], "HTTP/1.1 401 Unauthorized");
    assert_eq!(answers[0], "", "the first to come gave way");
}
