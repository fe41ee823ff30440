//! The attacks. Each tells how its connections or calls ended.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::io::ErrorKind;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::bombs;
use super::http2::{PREFACE, goaway, resets};
use super::wire::{CLOSED, HEALTH, LIST, Pieces, Replies, Target, framed};

/// How often there was which outcome.
pub(crate) type Tally = BTreeMap<String, usize>;

/// How the only call of a connection ended.
async fn outcome(reading: impl AsyncRead + Unpin) -> String {
    Replies::new(reading).next().await
}

/// Does something that often, all at once.
async fn many<F>(times: usize, attack: impl Fn(usize) -> F) -> Tally
where
    F: Future<Output = String> + Send + 'static,
{
    let mut attacks: JoinSet<String> = (0..times).map(attack).collect();
    let mut tally = Tally::new();
    while let Some(outcome) = attacks.join_next().await {
        *tally.entry(outcome.unwrap()).or_default() += 1;
    }
    tally
}

/// Headers that come line by line, and have no end.
pub(crate) async fn slow_headers(target: Target) -> Tally {
    many(500, |_| slow_header(target.clone())).await
}

async fn slow_header(target: Target) -> String {
    let (reading, mut writing) = target.connect().await.into_split();
    let trickle = async {
        let mut line = &b"POST / HTTP/1.1\r\n"[..];
        while writing.write_all(line).await.is_ok() {
            line = b"a: b\r\n";
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        pending().await
    };
    tokio::select! {
        outcome = outcome(reading) => outcome,
        never = trickle => never,
    }
}

/// Headers that are as large as they may be, but for their end.
pub(crate) async fn large_headers(target: Target) -> Tally {
    let headers = format!("POST / HTTP/1.1\r\na: {}", "b".repeat(16_000));
    let mut connections = Vec::new();
    for _ in 0..5000 {
        let mut connection = target.connect().await;
        // The server may have had enough before.
        let _ = connection.write_all(headers.as_bytes()).await;
        connections.push(Mutex::new(Some(connection)));
    }
    many(connections.len(), |number| {
        outcome(connections[number].lock().unwrap().take().unwrap())
    })
    .await
}

/// Bodies of which the rest does not come: with a key, and without.
pub(crate) async fn slow_bodies(target: Target) -> Tally {
    many(500, |number| slow_body(number % 5, target.clone())).await
}

async fn slow_body(kind: usize, mut target: Target) -> String {
    if kind > 1 {
        target.key = "nobody's".to_owned();
    }
    let (path, length) = match kind {
        4 => (HEALTH, 4_000_000),
        _ => (LIST, 100),
    };
    if matches!(kind, 0 | 2) {
        let mut connection = target.connect().await;
        let head = target.head("application/json", "content-length: 100\r\n");
        let sent = connection.write_all(format!("{head}{{").as_bytes()).await;
        sent.unwrap();
        return outcome(connection).await;
    }
    let body = Pieces::one(framed(false, length, b"x")).then_silence();
    target
        .grpc(&mut target.channel().await, path, "identity", body)
        .await
}

/// How many connections are idle at once, and how many of them a server keeps.
pub(crate) const IDLE: usize = 10_000;
const MAX_OPEN: usize = 4096;

/// Connections without a call: a third has been silent, a third has made a call, and the others speak HTTP/2.
pub(crate) async fn idle_connections(target: Target) -> Tally {
    let mut connections = Vec::new();
    for number in 0..IDLE {
        let mut connection = connect_from(number, &target).await;
        match 3 * number / IDLE {
            0 => {}
            1 => {
                let probe = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
                connection.write_all(probe).await.unwrap();
                assert_eq!(Replies::new(&mut connection).next().await, "200");
            }
            _ => {
                connection.write_all(PREFACE).await.unwrap();
                // The head of its SETTINGS.
                connection.read_exact(&mut [0; 9]).await.unwrap();
            }
        }
        connections.push(connection);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let open = connections.iter().filter(|connection| is_open(connection));
    let open = open.count();
    // The others are those of the caller that behaves well.
    let kept = MAX_OPEN - 10..MAX_OPEN;
    assert!(kept.contains(&open), "{open} of {IDLE} are open");
    // Whoever was there first has been idle for longest.
    let last = &connections[IDLE - kept.start..];
    assert!(last.iter().all(is_open));
    [("opened".to_owned(), connections.len())].into()
}

fn is_open(connection: &TcpStream) -> bool {
    loop {
        match connection.try_read(&mut [0; 1024]) {
            Ok(1..) => {}
            Ok(0) => return false,
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// One address has too few ports for all connections of a test, with those that have just been closed.
async fn connect_from(number: usize, target: &Target) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let last = 2 + u8::try_from(number % 8).unwrap();
    socket.bind(([127, 0, 0, last], 0).into()).unwrap();
    socket.connect(target.address()).await.unwrap()
}

/// CVE-2023-44487: streams that are opened and reset at once.
pub(crate) async fn rapid_resets(target: Target) -> Tally {
    let attack = Bytes::from(resets(10_000));
    many(50, |_| rapid_reset(target.clone(), attack.clone())).await
}

async fn rapid_reset(target: Target, attack: Bytes) -> String {
    let (mut reading, mut writing) = target.connect().await.into_split();
    let mut answer = Vec::new();
    let (_, _) = tokio::join!(writing.write_all(&attack), reading.read_to_end(&mut answer));
    goaway(&answer).map_or(CLOSED.to_owned(), |error| format!("goaway {error}"))
}

/// Messages that unpack to gigabytes, over both protocols, four of each at once.
pub(crate) async fn compressed_bombs(target: Target) -> Tally {
    let bombs = [
        ("gzip", bombs::gzip()),
        ("zstd", bombs::zstd(17)),
        ("zstd", bombs::zstd(27)),
        ("br", bombs::brotli(22)),
        ("br", bombs::brotli(24)),
    ];
    send_bombs(target, &bombs).await
}

/// The same, with a window of a gigabyte.
pub(crate) async fn large_window_bombs(target: Target) -> Tally {
    send_bombs(
        target,
        &[("br", bombs::brotli(30)), ("zstd", bombs::zstd(31))],
    )
    .await
}

async fn send_bombs(target: Target, bombs: &[(&'static str, Vec<u8>)]) -> Tally {
    many(8 * bombs.len(), |number| {
        let (encoding, bomb) = bombs[number / 8].clone();
        send_bomb(target.clone(), number.is_multiple_of(2), encoding, bomb)
    })
    .await
}

async fn send_bomb(target: Target, is_grpc: bool, encoding: &str, bomb: Vec<u8>) -> String {
    if is_grpc {
        let body = Pieces::one(framed(true, bomb.len(), &bomb));
        return target
            .grpc(&mut target.channel().await, LIST, encoding, body)
            .await;
    }
    let length = bomb.len();
    let headers = format!("content-length: {length}\r\ncontent-encoding: {encoding}\r\n");
    let head = target.head("application/json", &headers);
    send(&target, head.as_bytes(), &bomb).await
}

/// A request over a connection of its own.
async fn send(target: &Target, head: &[u8], body: &[u8]) -> String {
    let mut connection = target.connect().await;
    connection.write_all(head).await.unwrap();
    // The server may have had enough before.
    let _ = connection.write_all(body).await;
    outcome(connection).await
}

/// Bodies of a gigabyte: announced, in chunks, as one message, and as more than the message's length says.
pub(crate) async fn huge_bodies(target: Target) -> Tally {
    many(10, |number| huge_body(number % 5, target.clone())).await
}

const HUGE: usize = 1 << 30;
const HUGE_PIECE: usize = 1 << 20;

async fn huge_body(kind: usize, target: Target) -> String {
    let (length, pieces) = match kind {
        0 => return huge_json(target, "content-length: 1073741824\r\n", b"").await,
        1 => return huge_json(target, "transfer-encoding: chunked\r\n", b"100000\r\n").await,
        2 => (HUGE, HUGE / HUGE_PIECE),
        3 => (10, HUGE / HUGE_PIECE),
        _ => (HUGE, 0),
    };
    let piece = Bytes::from(vec![0; HUGE_PIECE]);
    let body = Pieces::one(framed(false, length, b"12345")).then(piece, pieces);
    target
        .grpc(&mut target.channel().await, LIST, "identity", body)
        .await
}

async fn huge_json(target: Target, headers: &str, before: &[u8]) -> String {
    let (reading, mut writing) = target.connect().await.into_split();
    let head = target.head("application/json", headers);
    let piece = [before, &vec![b' '; HUGE_PIECE], b"\r\n"].concat();
    let send = async {
        let mut sent = writing.write_all(head.as_bytes()).await;
        for _ in 0..HUGE / HUGE_PIECE {
            if sent.is_err() {
                break;
            }
            sent = writing.write_all(&piece).await;
        }
        pending().await
    };
    tokio::select! {
        outcome = outcome(reading) => outcome,
        never = send => never,
    }
}

/// More large messages at once than there may be in memory.
pub(crate) async fn many_large_bodies(target: Target) -> Tally {
    let tally = many(80, |number| {
        large_body(number.is_multiple_of(2), target.clone())
    })
    .await;
    let mut answered = Tally::new();
    for (outcome, times) in tally {
        // Which of them find room, depends on how fast they come.
        let outcome = match &*outcome {
            "200" | "503 unavailable" => "200 or 503 unavailable",
            "grpc 0" | "grpc 14" => "grpc 0 or 14",
            other => other,
        };
        *answered.entry(outcome.to_owned()).or_default() += times;
    }
    answered
}

async fn large_body(is_grpc: bool, target: Target) -> String {
    const LENGTH: usize = 4_000_000;
    // Field 100, which nobody knows: its number, its length, and zeros.
    let message = [&[0xa2, 6, 0xfa, 0x91, 0xf4, 1][..], &[0; LENGTH - 6]].concat();
    if is_grpc {
        let body = Pieces::one(framed(false, LENGTH, &message));
        return target
            .grpc(&mut target.channel().await, LIST, "identity", body)
            .await;
    }
    let length = format!("content-length: {LENGTH}\r\n");
    let head = target.head("application/proto", &length);
    send(&target, head.as_bytes(), &message).await
}

/// A million of brackets, and of groups in binary.
pub(crate) async fn deep_messages(target: Target) -> Tally {
    const DEPTH: usize = 1_000_000;
    let messages = [
        ("application/json", "[".repeat(DEPTH)),
        ("application/json", "{\"a\":".repeat(DEPTH * 4 / 5)),
        (
            "application/json",
            "{\"filter\":".to_owned() + &"[".repeat(DEPTH),
        ),
        (
            "application/json",
            "{\"filter\":{\"x\":".to_owned() + &"[".repeat(DEPTH),
        ),
        // Field 9, the start of a group.
        ("application/proto", "\x4b".repeat(DEPTH)),
        // Beyond what a message may have.
        ("application/json", "{\"a\":".repeat(DEPTH)),
    ];
    many(2 * messages.len(), |number| {
        let (content_type, message) = messages[number / 2].clone();
        deep_message(target.clone(), content_type, message)
    })
    .await
}

async fn deep_message(target: Target, content_type: &str, message: String) -> String {
    let headers = format!("content-length: {}\r\n", message.len());
    let head = target.head(content_type, &headers);
    send(&target, head.as_bytes(), message.as_bytes()).await
}

/// One key that calls as fast as it can for a second, and until it is refused, over 64 connections in JSON, and over 8 in gRPC with 50 calls each.
pub(crate) async fn hog(target: Target) -> Tally {
    many(64 + 8, |number| calls_of_hog(number, target.clone())).await
}

/// How calls ended, but for those that were served: how many these are, is nobody's business here.
async fn calls_of_hog(number: usize, target: Target) -> String {
    let end = Instant::now() + Duration::from_secs(1);
    let mut outcomes = BTreeSet::new();
    if number < 64 {
        const AT_ONCE: usize = 32;
        let calls = target.call().repeat(AT_ONCE);
        let (reading, mut writing) = target.connect().await.into_split();
        let mut replies = Replies::new(reading);
        while Instant::now() < end || !outcomes.iter().any(is_refusal) {
            writing.write_all(calls.as_bytes()).await.unwrap();
            for _ in 0..AT_ONCE {
                outcomes.insert(replies.next().await);
            }
        }
    } else {
        let channel = target.channel().await;
        while Instant::now() < end || !outcomes.iter().any(is_refusal) {
            let calls = many(50, |_| hog_in_grpc(target.clone(), channel.clone()));
            outcomes.extend(calls.await.into_keys());
        }
    }
    let refusals = outcomes.into_iter().filter(is_refusal);
    refusals.collect::<Vec<_>>().join(", ")
}

fn is_refusal(outcome: &String) -> bool {
    outcome != "200" && outcome != "grpc 0"
}

async fn hog_in_grpc(target: Target, mut channel: Channel) -> String {
    let empty = Pieces::one(framed(false, 0, &[]));
    target.grpc(&mut channel, LIST, "identity", empty).await
}
