//! What operators see of a server from outside: metrics, probes, logs.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use prometheus_parse::{Scrape, Value as Sample};
use runner_configuration::v1::ListEnvironmentClassesRequest;
use runner_configuration_client::{Client, Protocol};
use serde_json::{Value, json};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::database::Server as DatabaseServer;
use crate::shutdown::begin;
use crate::support::{Folder, Server, path};

const SERVICE: &str = "gitpod.v1.RunnerConfigurationService";
const LIST: &str = "ListEnvironmentClasses";

/// A server with a listener for metrics, and the address of that.
fn start(folder: &Folder, more: &[&str]) -> (Server, SocketAddr) {
    let mut serve = folder.serve();
    serve.args(["--metrics-listen", "127.0.0.1:0"]).args(more);
    let server = Server::start(serve, folder);
    (server, metrics_address(&folder.logs()))
}

pub(crate) fn metrics_address(logs: &str) -> SocketAddr {
    let line = logs
        .lines()
        .rfind(|line| line.contains("metrics and probes"))
        .unwrap();
    line.split("address=").nth(1).unwrap().parse().unwrap()
}

/// Sends a request in HTTP/1.1; returns the status and the text.
pub(crate) fn ask(address: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head =
        format!("{head}Host: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body).unwrap();
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

fn get(address: SocketAddr, path: &str) -> (u16, String) {
    ask(address, &format!("GET {path} HTTP/1.1\r\n"), b"")
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// One call of each protocol.
fn call_in_every_protocol(server: &Server, key: &str) {
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let rpc = path(LIST);
    let authorization = format!("Authorization: Bearer {key}\r\n");
    for (content_type, body) in [
        ("application/json", &b"{}"[..]),
        ("application/proto", b""),
        ("application/grpc-web+proto", &[0; 5]),
    ] {
        let head =
            format!("POST {rpc} HTTP/1.1\r\nContent-Type: {content_type}\r\n{authorization}");
        assert_eq!(ask(address, &head, body).0, 200, "{content_type}");
    }
    let head = format!("GET {rpc}?encoding=json&message=%7B%7D HTTP/1.1\r\n{authorization}");
    assert_eq!(ask(address, &head, b"").0, 200);
    block_on(async {
        let client = Client::builder()
            .base_url(format!("http://{address}"))
            .api_key(key)
            .protocol(Protocol::Grpc)
            .build()
            .unwrap();
        let classes = client.environment_classes();
        classes
            .list(ListEnvironmentClassesRequest::default())
            .await
            .unwrap();
    });
}

/// The metrics, as a collector reads them.
pub(crate) struct Metrics(Scrape);

impl Metrics {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let (status, text) = get(address, "/metrics");
        assert_eq!(status, 200);
        assert!(text.ends_with("\n# EOF\n"), "{text}");
        let lines = text.lines().map(|line| Ok(line.to_owned()));
        Self(Scrape::parse(lines).unwrap())
    }

    fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Sample> {
        let mut samples = self.0.samples.iter().filter(|sample| {
            sample.metric == name
                && labels
                    .iter()
                    .all(|(label, value)| sample.labels.get(label) == Some(*value))
        });
        let found = samples.next().map(|sample| &sample.value);
        assert!(samples.next().is_none(), "{name} {labels:?} is ambiguous");
        found
    }

    pub(crate) fn number(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.find(name, labels).map(|sample| match sample {
            Sample::Counter(value) | Sample::Gauge(value) | Sample::Untyped(value) => *value,
            other => panic!("{name}: {other:?}"),
        })
    }

    /// How many observations a histogram has.
    fn observations(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let Sample::Histogram(buckets) = self.find(name, labels)? else {
            panic!("{name} is no histogram");
        };
        let last = buckets.last().unwrap();
        assert_eq!(last.less_than, f64::INFINITY);
        assert!(buckets.is_sorted_by(|one, next| one.count <= next.count));
        Some(last.count)
    }
}

#[test]
fn calls_are_counted_by_rpc_protocol_and_code() {
    let folder = Folder::new();
    let (server, address) = start(&folder, &[]);
    let key = folder.admin_key();
    call_in_every_protocol(&server, &key);
    let nothing = json!({"environmentClassId": "0195f2b1-7c00-7000-8000-000000000001"});
    let refused = server.call(&key, "GetEnvironmentClass", &nothing);
    assert_eq!(refused.code(), "not_found");
    assert_eq!(server.call("wrong", LIST, &json!({})).status, 401);

    let metrics = Metrics::of(address);
    let calls = |rpc, protocol, code| {
        let labels = [("rpc", rpc), ("protocol", protocol), ("code", code)];
        metrics.number("runnerconf_rpc_calls_total", &labels)
    };
    for (protocol, ended) in [
        ("connect", 2.0),
        ("connect-get", 1.0),
        ("grpc", 1.0),
        ("grpc-web", 1.0),
    ] {
        assert_eq!(calls(LIST, protocol, "ok"), Some(ended), "{protocol}");
        let labels = [("rpc", LIST), ("protocol", protocol)];
        let all = ended + calls(LIST, protocol, "unauthenticated").unwrap_or(0.0);
        let observed = metrics.observations("runnerconf_rpc_duration_seconds", &labels);
        assert_eq!(observed, Some(all), "{protocol}");
        assert_eq!(
            metrics.number("runnerconf_rpc_in_flight", &labels),
            Some(0.0)
        );
    }
    assert_eq!(
        calls("GetEnvironmentClass", "connect", "not_found"),
        Some(1.0)
    );
    assert_eq!(calls(LIST, "connect", "unauthenticated"), Some(1.0));
    assert_eq!(calls("CreateEnvironmentClass", "connect", "ok"), None);
    for reason in ["calls", "memory", "rate", "connections"] {
        let refused = metrics.number("runnerconf_refused_total", &[("reason", reason)]);
        assert_eq!(refused, Some(0.0), "{reason}");
    }
}

/// How often each limit turned something away.
fn refusals(metrics: &Metrics) -> Vec<(&'static str, f64)> {
    let reasons = ["calls", "memory", "rate", "connections"];
    let count = |reason| metrics.number("runnerconf_refused_total", &[("reason", reason)]);
    reasons
        .into_iter()
        .map(|reason| (reason, count(reason).unwrap()))
        .filter(|(_, count)| *count > 0.0)
        .collect()
}

#[test]
fn what_each_limit_turns_away_is_counted() {
    type Provoke = fn(&Server, &str);
    let refused: Provoke = |server, key| {
        assert_eq!(server.call(key, LIST, &json!({})).code(), "unavailable");
    };
    let often: Provoke = |server, key| {
        server.call(key, LIST, &json!({})).ok();
        let reply = server.call(key, LIST, &json!({}));
        assert_eq!(reply.code(), "resource_exhausted");
    };
    let one_too_many: Provoke = |server, key| {
        let _first = begin(server, key, LIST, "{}");
        let mut second = server.connect();
        // It is closed, and may be reset.
        assert!(!matches!(second.read(&mut [0]), Ok(1..)));
    };
    for (reason, arguments, provoke, code) in [
        ("calls", &["--max-calls", "0"][..], refused, "unavailable"),
        (
            "memory",
            &["--max-buffered-bytes", "1"],
            refused,
            "unavailable",
        ),
        (
            "rate",
            &["--rate", "0.001", "--rate-burst", "1"],
            often,
            "resource_exhausted",
        ),
        ("connections", &["--max-connections", "1"], one_too_many, ""),
    ] {
        let folder = Folder::new();
        let (server, address) = start(&folder, arguments);
        provoke(&server, &folder.admin_key());
        let metrics = Metrics::of(address);
        assert_eq!(refusals(&metrics), [(reason, 1.0)]);
        let labels = [("rpc", LIST), ("protocol", "connect"), ("code", code)];
        let calls = metrics.number("runnerconf_rpc_calls_total", &labels);
        assert_eq!(calls, (!code.is_empty()).then_some(1.0), "{reason}");
    }
}

#[test]
fn the_store_the_process_and_the_program_are_told_of() {
    let folder = Folder::new();
    let (server, address) = start(&folder, &[]);
    server.call(&folder.admin_key(), LIST, &json!({})).ok();

    let metrics = Metrics::of(address);
    let operation = |name| {
        metrics.observations(
            "runnerconf_store_operation_duration_seconds",
            &[("operation", name)],
        )
    };
    assert_eq!(operation("environment_classes"), Some(1.0));
    assert_eq!(operation("api_key"), Some(1.0));
    assert_eq!(operation("delete_llm_integration"), None);
    let version = [("version", env!("RUNNERCONF_VERSION"))];
    assert_eq!(metrics.number("runnerconf_build_info", &version), Some(1.0));
    assert_eq!(metrics.number("runnerconf_ready", &[]), Some(1.0));
    // It is on disk.
    assert_eq!(metrics.number("runnerconf_store_pool_limit", &[]), None);
    if cfg!(target_os = "linux") {
        let memory = metrics
            .number("process_resident_memory_bytes", &[])
            .unwrap();
        assert!(memory > 1e6, "{memory}");
        assert!(metrics.number("process_open_fds", &[]).unwrap() > 3.0);
    }
}

/// Sends the head of a request byte by byte, until the server hangs up; `None` if it never does.
fn dawdle(address: SocketAddr) -> Option<usize> {
    let mut connection = TcpStream::connect(address).unwrap();
    let pause = Duration::from_millis(100);
    connection.set_read_timeout(Some(pause)).unwrap();
    let head = b"GET /metrics HTTP/1.1\r\nX-Slow: ";
    for sent in 0..600 {
        let byte = head.get(sent).unwrap_or(&b'a');
        if connection.write_all(&[*byte]).is_err() {
            return Some(sent);
        }
        match connection.read(&mut [0; 64]) {
            Ok(0) => return Some(sent),
            Ok(_) => panic!("there is an answer to half a request"),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return Some(sent),
        }
    }
    None
}

#[test]
fn the_listener_for_metrics_hangs_up_on_slow_headers_and_answers_others_meanwhile() {
    let folder = Folder::new();
    let (_server, address) = start(&folder, &["--header-timeout", "2"]);
    let slow = std::thread::spawn(move || dawdle(address));
    while !slow.is_finished() {
        assert_eq!(get(address, "/healthz").0, 200);
        assert_eq!(get(address, "/metrics").0, 200);
        sleep(Duration::from_millis(50));
    }
    let sent = slow.join().unwrap();
    assert!(sent.is_some_and(|sent| sent > 1), "{sent:?}");
}

#[test]
fn the_listener_for_metrics_has_a_bounded_number_of_connections() {
    let folder = Folder::new();
    let (_server, address) = start(&folder, &["--max-connections", "3"]);
    let silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    // For each of them an older one that is idle has to go.
    assert_eq!(get(address, "/healthz").0, 200);
    let closed = |mut connection: &TcpStream| {
        let patience = Duration::from_millis(200);
        connection.set_read_timeout(Some(patience)).unwrap();
        let read = connection.read(&mut [0]);
        !read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    let open = silent.iter().filter(|one| !closed(one)).count();
    assert!(open <= 3, "{open}");
}

#[test]
fn without_the_listener_there_are_probes_and_no_metrics() {
    let folder = Folder::new();
    let server = folder.start();
    let address = SocketAddr::from(([127, 0, 0, 1], server.port()));
    assert_eq!(get(address, "/healthz"), (200, "alive\n".into()));
    assert_eq!(get(address, "/readyz"), (200, "ready\n".into()));
    assert_eq!(get(address, "/metrics").0, 404);
    assert!(!folder.logs().contains("metrics and probes"));
}

/// What gRPC's health check says.
fn grpc_health(address: SocketAddr, service: &str) -> ServingStatus {
    block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut client = HealthClient::new(endpoint.connect().await.unwrap());
        let service = service.to_owned();
        let reply = client.check(HealthCheckRequest { service }).await.unwrap();
        reply.into_inner().status()
    })
}

/// Waits until /readyz tells this, and looks whether everything else tells the same.
fn expect_readiness(main: SocketAddr, metrics: SocketAddr, status: u16, sentence: &str) {
    let expected = (status, format!("{sentence}\n"));
    let start = Instant::now();
    while get(metrics, "/readyz") != expected {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{:?}",
            get(metrics, "/readyz")
        );
        sleep(Duration::from_millis(20));
    }
    assert_eq!(get(main, "/readyz"), expected);
    assert_eq!(get(main, "/healthz"), (200, "alive\n".into()));
    assert_eq!(get(metrics, "/healthz"), (200, "alive\n".into()));
    let (health, number) = match status {
        200 => (ServingStatus::Serving, 1.0),
        _ => (ServingStatus::NotServing, 0.0),
    };
    // It is told a moment later.
    while grpc_health(main, SERVICE) != health {
        assert!(start.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(20));
    }
    assert_eq!(grpc_health(main, ""), health);
    let ready = Metrics::of(metrics).number("runnerconf_ready", &[]);
    assert_eq!(ready, Some(number));
}

#[test]
fn a_server_that_drains_is_not_ready_and_still_answers() {
    let folder = Folder::new();
    let (mut server, metrics) = start(&folder, &["--drain-delay", "600"]);
    let main = SocketAddr::from(([127, 0, 0, 1], server.port()));
    expect_readiness(main, metrics, 200, "ready");
    server.signal("TERM");
    expect_readiness(main, metrics, 503, "not ready: the server is shutting down");
    server.call(&folder.admin_key(), LIST, &json!({})).ok();
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(1));
}

#[test]
fn a_server_whose_store_does_not_answer_is_not_ready_until_it_does() {
    let Some(database) = DatabaseServer::start(&[]) else {
        return;
    };
    let url = database.url(&database.create_database());
    let folder = Folder::new();
    let (server, metrics) = start(&folder, &["--database", &url]);
    let main = SocketAddr::from(([127, 0, 0, 1], server.port()));
    expect_readiness(main, metrics, 200, "ready");
    let limit = Metrics::of(metrics).number("runnerconf_store_pool_limit", &[]);
    assert!(limit.is_some_and(|limit| limit > 0.0));
    assert_eq!(
        Metrics::of(metrics).number("runnerconf_store_pool_waiting", &[]),
        Some(0.0)
    );

    database.stop("immediate");
    expect_readiness(main, metrics, 503, "not ready: the store does not answer");
    let reply = server.call(&folder.admin_key(), LIST, &json!({}));
    assert_eq!(reply.code(), "unavailable");
    let failed = Metrics::of(metrics).0.samples.into_iter().any(|sample| {
        sample.metric == "runnerconf_store_errors_total"
            && sample.labels.get("kind") == Some("unavailable")
    });
    assert!(failed);
    // Operators are told why, and others are not.
    assert!(
        folder
            .logs()
            .contains("not ready: the store does not answer")
    );

    database.resume();
    expect_readiness(main, metrics, 200, "ready");
    server.call(&folder.admin_key(), LIST, &json!({})).ok();
}

#[test]
fn a_call_is_one_line_of_the_log_with_what_is_known_of_it() {
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.args(["--log-format", "json"]);
    serve.env("RUST_LOG", "debug,h2=warn,hyper=warn");
    let server = Server::start(serve, &folder);
    let key = folder.admin_key();
    let headers = "request-of-the-test\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let reply = server.post_with(&key, &path(LIST), "{}", ("x-request-id", headers));
    reply.ok();
    assert_eq!(server.call("wrong", LIST, &json!({})).status, 401);
    server.stop();

    let logs = folder.logs();
    assert!(!logs.contains(&key));
    let lines: Vec<Value> = logs
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let calls: Vec<&Value> = lines
        .iter()
        .filter(|line| line["span"]["name"] == "rpc")
        .collect();
    let [answered, refused] = calls[..] else {
        panic!("{calls:?}");
    };
    assert_eq!(
        (&answered["level"], &answered["message"]),
        (&json!("DEBUG"), &json!("answered"))
    );
    for (field, value) in [
        ("rpc", LIST),
        ("protocol", "connect"),
        ("codec", "json"),
        ("code", "ok"),
        ("request_id", "request-of-the-test"),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
        (
            "subject",
            "service-account:01995f2b-7c00-7000-8000-000000000001",
        ),
    ] {
        assert_eq!(answered["span"][field], value, "{answered}");
    }
    assert!(answered["span"]["duration_us"].is_u64(), "{answered}");
    assert_eq!(refused["span"]["code"], "unauthenticated");
    assert_eq!(refused["span"]["subject"], Value::Null);
    assert_eq!(refused["span"]["trace_id"], Value::Null);
}

/// All texts of a JSON document that ask for metrics.
fn queries(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "expr" || name == "query" => {
                        found.push(text.clone());
                    }
                    value => queries(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

/// The names of metrics in a query.
fn metrics_of(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("runnerconf_") || word.starts_with("process_"))
}

/// The names under which a collector finds a metric of `/metrics`.
fn series(text: &str) -> Vec<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .flat_map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let suffixes: &[&str] = match kind {
                "counter" => &["_total"],
                "gauge" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_count", "_sum"],
                other => panic!("{other}"),
            };
            suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
        })
        .collect()
}

#[test]
fn the_dashboard_shows_metrics_that_there_are_and_leaves_none_out() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../packaging/grafana/runnerconf.json"
    );
    let dashboard = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut queries_found = Vec::new();
    queries(&dashboard, &mut queries_found);
    let shown: BTreeSet<&str> = queries_found
        .iter()
        .flat_map(|query| metrics_of(query))
        .collect();

    let folder = Folder::new();
    let (_server, address) = start(&folder, &[]);
    let (_, text) = get(address, "/metrics");
    let series = series(&text);
    for metric in &shown {
        assert!(series.iter().any(|name| name == metric), "{metric}");
    }
    // Of a histogram one is enough.
    for name in &series {
        let stem = |name: &str| {
            let suffixes = ["_bucket", "_count", "_sum"];
            let stem = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
            stem.unwrap_or(name).to_owned()
        };
        let is_shown = shown.iter().any(|metric| stem(metric) == stem(name));
        assert!(is_shown, "{name}");
    }
}

#[test]
fn a_call_beyond_the_rate_is_refused_and_counted() {
    let folder = Folder::new();
    let (server, address) = start(&folder, &["--rate", "0.001", "--rate-burst", "1"]);
    let key = folder.admin_key();
    server.call(&key, LIST, &json!({})).ok();
    let refused = server.call(&key, LIST, &json!({}));
    assert_eq!(refused.code(), "resource_exhausted");
    let metrics = Metrics::of(address);
    let refused = metrics.number("runnerconf_refused_total", &[("reason", "rate")]);
    assert_eq!(refused, Some(1.0));
}
