//! Each limit does what the configuration file says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use serde_json::json;

use crate::http2::{PREFACE, goaway, resets, setting};
use crate::support::{Folder, Reply, Server, head, path};

/// A server with this line among its limits, and the key for it.
fn serve(line: &str) -> (Server, String) {
    let folder = Folder::new();
    let file = folder.file("config.toml", format!("[limits]\n{line}\n"));
    let mut serve = folder.serve();
    serve.arg("--config").arg(file);
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    (server, key)
}

fn list() -> String {
    path("ListEnvironmentClasses")
}

/// A request for a list that has this length, and further headers.
fn request(key: &str, length: usize, headers: &str) -> String {
    let body = format!("{{{}}}", " ".repeat(length - 2));
    head(Some(key), &list(), &body, headers) + &body
}

/// Sends this, and reads all that comes until the server closes the connection.
fn exchange(server: &Server, sent: &[u8]) -> Vec<u8> {
    read_to_end(send(server, sent))
}

/// The same, where the server waits until the client has closed its end.
fn exchange_http2(server: &Server, sent: &[u8]) -> Vec<u8> {
    let connection = send(server, sent);
    connection.shutdown(Shutdown::Write).unwrap();
    read_to_end(connection)
}

fn send(server: &Server, sent: &[u8]) -> TcpStream {
    let mut connection = server.connect();
    connection.write_all(sent).unwrap();
    connection
}

fn read_to_end(mut connection: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn larger_messages_than_there_may_be_are_refused() {
    for (line, code) in [
        ("max_message_bytes = 1000", "resource_exhausted"),
        ("max_buffered_bytes = 1000", "unavailable"),
    ] {
        let (server, key) = serve(line);
        let post = |length: usize| {
            server.post(
                Some(&key),
                &list(),
                &format!("{{{}}}", " ".repeat(length - 2)),
            )
        };
        post(1000).ok();
        assert_eq!(post(1001).code(), code, "{line}");
    }
}

#[test]
fn what_takes_too_long_is_ended() {
    for (line, text) in [
        ("call_timeout = 1", "the call took longer than its deadline"),
        (
            "body_timeout = 1",
            "the request took longer than 1 s to arrive",
        ),
    ] {
        let (server, key) = serve(line);
        let mut connection = server.connect();
        let request = request(&key, 100, "");
        connection
            .write_all(&request.as_bytes()[..request.len() - 1])
            .unwrap();
        let reply = Reply::read(connection);
        assert_eq!(reply.code(), "deadline_exceeded", "{line}");
        assert_eq!(reply.body["message"], text, "{line}");
    }
}

#[test]
fn more_calls_than_there_may_be_are_unavailable() {
    let (server, key) = serve("max_calls = 0");
    let refused = server.call(&key, "ListEnvironmentClasses", &json!({}));
    assert_eq!(refused.code(), "unavailable");
    let (server, key) = serve("max_calls = 1");
    server.call(&key, "ListEnvironmentClasses", &json!({})).ok();
}

#[test]
fn a_caller_may_call_as_often_as_its_rate_says() {
    let (server, key) = serve("rate = 0.01\nrate_burst = 3");
    for _ in 0..3 {
        server.call(&key, "ListEnvironmentClasses", &json!({})).ok();
    }
    let request = request(&key, 2, "Connection: close\r\n");
    let refused = String::from_utf8(exchange(&server, request.as_bytes())).unwrap();
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(
        refused.contains("this caller may make 0.01 a second"),
        "{refused}"
    );
    // A call in 100 s: some of them have passed.
    let (_, seconds) = refused.split_once("retry-after: ").unwrap();
    let seconds: u32 = seconds.lines().next().unwrap().parse().unwrap();
    assert!((11..=100).contains(&seconds), "{refused}");

    let (server, key) = serve("rate = 0\nrate_burst = 1");
    for _ in 0..9 {
        server.call(&key, "ListEnvironmentClasses", &json!({})).ok();
    }
}

#[test]
fn replies_are_compressed_from_their_size_on() {
    for (line, is_compressed) in [
        ("compress_from_bytes = 1", true),
        ("compress_from_bytes = 9999", false),
    ] {
        let (server, key) = serve(line);
        let reply = exchange(
            &server,
            request(&key, 2, "Accept-Encoding: gzip\r\nConnection: close\r\n").as_bytes(),
        );
        let head = String::from_utf8_lossy(&reply);
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(
            head.contains("content-encoding: gzip\r\n"),
            is_compressed,
            "{head}"
        );
    }
}

/// Whether a connection ends without an answer.
fn is_closed(connection: &mut TcpStream) -> bool {
    matches!(connection.read(&mut [0]), Ok(0))
}

#[test]
fn for_more_connections_than_there_may_be_one_is_closed() {
    let (server, key) = serve("max_connections = 1");
    let mut first = server.connect();
    first.write_all(request(&key, 2, "").as_bytes()).unwrap();
    first.read_exact(&mut [0; 100]).unwrap();
    server.call(&key, "ListEnvironmentClasses", &json!({})).ok();
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).unwrap();
}

#[test]
fn headers_have_to_arrive_in_time() {
    let (patient, _key) = serve("header_timeout = 600");
    let (server, _key) = serve("header_timeout = 1");
    let [mut waiting, mut closed] = [&patient, &server].map(|server| {
        let mut connection = server.connect();
        connection.write_all(b"POST / HTTP/1.1\r\n").unwrap();
        connection
    });
    assert!(is_closed(&mut closed));
    waiting.set_nonblocking(true).unwrap();
    waiting.read(&mut [0]).unwrap_err();
}

#[test]
fn connections_are_idle_only_so_long() {
    let (server, _key) = serve("idle_timeout = 1");
    // By default, it is longer than this waits.
    assert!(is_closed(&mut server.connect()));
}

#[test]
fn headers_are_only_so_large() {
    for (line, status) in [
        ("max_header_bytes = 8192", "HTTP/1.1 431 "),
        ("max_header_bytes = 65536", "HTTP/1.1 200 "),
    ] {
        let (server, key) = serve(line);
        let large = format!("X-Large: {}\r\nConnection: close\r\n", "x".repeat(20_000));
        let mut connection = server.connect();
        // It may be refused before all of it is sent.
        let _ = connection.write_all(request(&key, 2, &large).as_bytes());
        let mut answer = [0; 13];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), status, "{line}");
    }
}

#[test]
fn a_connection_has_only_so_many_streams() {
    const MAX_CONCURRENT_STREAMS: u8 = 3;
    let (server, _key) = serve("max_concurrent_streams = 7");
    let answer = exchange_http2(&server, PREFACE);
    assert_eq!(setting(&answer, MAX_CONCURRENT_STREAMS), Some(7));
}

#[test]
fn a_connection_may_reset_only_so_many_streams_at_once() {
    const ENHANCE_YOUR_CALM: u8 = 11;
    for (line, ends) in [
        ("max_pending_resets = 5", true),
        ("max_pending_resets = 1000", false),
    ] {
        let (server, _key) = serve(line);
        let answer = exchange_http2(&server, &resets(100));
        assert_eq!(goaway(&answer) == Some(ENHANCE_YOUR_CALM), ends, "{line}");
    }
}
