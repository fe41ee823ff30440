//! TLS, other origins, and what is not served without being asked for.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::process::Command;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Folder, Server, complaint, runnerconf};

/// An authority, and what it issues.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for localhost, and its key.
    pub(crate) fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (
            params.signed_by(&key, &self.0).unwrap().pem(),
            key.serialize_pem(),
        )
    }

    fn write(&self, folder: &Folder) {
        let (certificate, key) = self.issue();
        folder.file("server.crt", certificate);
        folder.file("server.key", key);
    }
}

fn serve_tls(folder: &Folder) -> Command {
    let mut serve = folder.serve();
    serve.arg("--tls-cert").arg(folder.path("server.crt"));
    serve.arg("--tls-key").arg(folder.path("server.key"));
    serve
}

/// The status line that a client gets that trusts this authority alone.
fn get(server: &Server, trusted: &Authority, client: Option<&Authority>) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(trusted.0.pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let (certificate, key) = authority.issue();
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config
                .with_client_auth_cert(vec![certificate], key)
                .unwrap()
        }
    };
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, server.connect());
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut reply = Vec::new();
    // Whether the server says goodbye does not matter here.
    match stream.read_to_end(&mut reply) {
        Err(error) if reply.is_empty() => return Err(error),
        _ => {}
    }
    let reply = String::from_utf8(reply).unwrap();
    Ok(reply.lines().next().unwrap_or_default().to_owned())
}

const ANSWER: &str = "HTTP/1.1 404 Not Found";

#[test]
fn a_new_certificate_is_used_after_sighup_and_a_broken_one_is_not() {
    let folder = Folder::new();
    let (first, second) = (Authority::new(), Authority::new());
    first.write(&folder);
    let server = Server::start(serve_tls(&folder), &folder);
    assert_eq!(get(&server, &first, None).unwrap(), ANSWER);
    assert!(get(&server, &second, None).is_err());

    second.write(&folder);
    server.signal("HUP");
    wait_until(|| get(&server, &second, None).is_ok());
    assert!(get(&server, &first, None).is_err());

    folder.file("server.key", "no key");
    server.signal("HUP");
    wait_until(|| {
        folder
            .logs()
            .contains("the TLS credentials stay as they were")
    });
    assert_eq!(get(&server, &second, None).unwrap(), ANSWER);
    server.stop();
}

#[test]
fn a_changed_file_is_noticed_without_a_signal() {
    let folder = Folder::new();
    let (first, second) = (Authority::new(), Authority::new());
    first.write(&folder);
    let server = Server::start(serve_tls(&folder), &folder);
    second.write(&folder);
    wait_until(|| get(&server, &second, None).is_ok());
}

#[test]
fn with_client_authorities_only_their_clients_get_in() {
    let folder = Folder::new();
    let (authority, clients) = (Authority::new(), Authority::new());
    authority.write(&folder);
    let mut serve = serve_tls(&folder);
    serve
        .arg("--tls-client-ca")
        .arg(folder.file("clients.crt", clients.0.pem()));
    let server = Server::start(serve, &folder);
    assert_eq!(get(&server, &authority, Some(&clients)).unwrap(), ANSWER);
    assert!(get(&server, &authority, Some(&authority)).is_err());
    assert!(get(&server, &authority, None).is_err());
}

#[test]
fn files_that_cannot_be_served_are_named() {
    let folder = Folder::new();
    assert!(complaint(serve_tls(&folder)).contains("server.crt: No such file"));
    let (one, other) = (Authority::new(), Authority::new());
    one.write(&folder);
    folder.file("server.key", other.issue().1);
    let unusable = complaint(serve_tls(&folder));
    assert!(
        unusable.contains("cannot serve TLS with") && unusable.contains("server.key"),
        "{unusable}"
    );
    assert!(!unusable.contains("PRIVATE KEY"), "{unusable}");
}

#[test]
fn plaintext_beyond_this_machine_has_to_be_asked_for() {
    let folder = Folder::new();
    let mut serve = runnerconf(["serve", "--listen", "0.0.0.0:0", "--data"]);
    serve.arg(folder.data());
    let refused = complaint(serve);
    assert!(
        refused.contains("--tls-cert") && refused.contains("--plaintext"),
        "{refused}"
    );
    assert!(!folder.data().exists());
}

#[test]
fn other_origins_may_call_only_where_they_are_configured() {
    let preflight = |server: &Server, origin: &str| {
        let mut connection = server.connect();
        let request = format!(
            "OPTIONS /gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses HTTP/1.1\r\nHost: localhost\r\n\
             Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: authorization,content-type\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        connection.read_to_string(&mut reply).unwrap();
        let allowed = reply
            .lines()
            .find_map(|line| line.strip_prefix("access-control-allow-origin: "));
        allowed.map(str::to_owned)
    };
    let folder = Folder::new();
    let closed = folder.start();
    assert_eq!(preflight(&closed, "https://app.example.com"), None);
    closed.stop();
    let mut serve = folder.serve();
    serve.args([
        "--cors-origin",
        "https://app.example.com",
        "--cors-origin",
        "http://localhost:3000",
    ]);
    let open = Server::start(serve, &folder);
    for origin in ["https://app.example.com", "http://localhost:3000"] {
        assert_eq!(preflight(&open, origin).as_deref(), Some(origin));
    }
    assert_eq!(preflight(&open, "https://evil.example.com"), None);
}

#[test]
#[cfg(target_os = "linux")]
fn core_dumps_are_off() {
    let folder = Folder::new();
    let server = folder.start();
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(
        core.split_whitespace().collect::<Vec<_>>()[4..6],
        ["0", "0"],
        "{core}"
    );
}

fn wait_until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(50));
    }
}
