//! How the server ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{DEMO_RUNNER, Folder, Reply, Server, head, path};

fn start(folder: &Folder, shutdown_timeout: &str) -> Server {
    let mut serve = folder.serve();
    serve.args(["--demo", "--shutdown-timeout", shutdown_timeout]);
    Server::start(serve, folder)
}

/// Sends the head of a request, and returns when the server waits for its body.
pub(crate) fn begin(server: &Server, key: &str, rpc: &str, body: &str) -> TcpStream {
    let mut connection = server.connect();
    let head = head(Some(key), &path(rpc), body, "Expect: 100-continue\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    answer.read_line(&mut line).unwrap();
    connection
}

#[test]
fn a_call_in_flight_is_finished_and_no_other_is_taken() {
    let folder = Folder::new();
    let mut server = start(&folder, "60");
    let key = folder.admin_key();
    let class = json!({
        "runnerId": DEMO_RUNNER, "displayName": "Last one", "description": "In flight at the end",
        "configuration": [{"key": "cpu", "value": "1"}, {"key": "memory", "value": "512"}],
    })
    .to_string();
    let mut connection = begin(&server, &key, "CreateEnvironmentClass", &class);

    server.signal("TERM");
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", server.port())).is_ok() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "it still takes connections"
        );
    }
    connection.write_all(class.as_bytes()).unwrap();
    let id = Reply::read(connection).ok()["id"].clone();
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));

    let server = folder.start();
    let request = json!({"environmentClassId": id});
    server.call(&key, "GetEnvironmentClass", &request).ok();
}

#[test]
fn a_call_that_does_not_end_is_cut_off_at_the_deadline() {
    let folder = Folder::new();
    let mut server = start(&folder, "1");
    let mut connection = begin(&server, &folder.admin_key(), "ListEnvironmentClasses", "{}");
    let start = Instant::now();
    server.signal("INT");
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    let elapsed = start.elapsed();
    assert!((1.0..10.0).contains(&elapsed.as_secs_f64()), "{elapsed:?}");
    assert!(folder.logs().contains("cut off"), "{}", folder.logs());
    // It may be reset instead, as it was not read to its end.
    assert!(!matches!(connection.read(&mut [0]), Ok(1)));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = Folder::new();
    let mut server = start(&folder, "600");
    let _connection = begin(&server, &folder.admin_key(), "ListEnvironmentClasses", "{}");
    server.signal("TERM");
    while !folder.logs().contains("finishing the calls in flight") {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.signal("TERM");
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(1));
    // Nothing that was acknowledged is lost.
    folder.start().stop();
}

#[test]
fn idle_connections_hold_nothing_up() {
    let folder = Folder::new();
    let mut server = start(&folder, "60");
    let silent = server.connect();
    let mut used = server.connect();
    let head = head(
        Some(&folder.admin_key()),
        &path("ListEnvironmentClasses"),
        "{}",
        "",
    );
    used.write_all(format!("{head}{{}}").as_bytes()).unwrap();
    let mut start_of_reply = [0; 15];
    used.read_exact(&mut start_of_reply).unwrap();
    assert_eq!(&start_of_reply, b"HTTP/1.1 200 OK");

    let start = Instant::now();
    server.signal("TERM");
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(10));
    drop((silent, used));
}
