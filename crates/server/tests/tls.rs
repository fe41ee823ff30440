//! The TLS listener: ALPN, clients that say nothing, other credentials, client certificates.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use runner_configuration_server::rpc::tls::{Credentials, Tls, TlsError, TlsListener};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

/// A certificate authority, and what it has issued.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Issued {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

impl Issued {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            certificate_pem: self.certificate.as_bytes(),
            key_pem: self.key.as_bytes(),
            client_authorities_pem: None,
        }
    }
}

async fn serve(tls: Tls) -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let router = axum::Router::new().route("/", get(|| async { "hello" }));
    tokio::spawn(async move { axum::serve(TlsListener::new(tcp, tls), router).await });
    address
}

/// The protocol that was agreed on, and the answer to an HTTP/1.1 request.
async fn request(
    address: SocketAddr,
    authority: &Authority,
    client: Option<&Issued>,
    alpn: &[&str],
) -> std::io::Result<(Option<Vec<u8>>, String)> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(issued) => {
            let chain = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![chain], key).unwrap()
        }
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await?;
    let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    if agreed.as_deref() == Some(b"h2") {
        return Ok((agreed, String::new()));
    }
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok((agreed, answer))
}

#[tokio::test]
async fn http2_and_http1_are_offered() {
    let authority = Authority::new();
    let address = serve(Tls::new(&authority.issue().credentials()).unwrap()).await;
    for (alpn, agreed) in [
        (&["http/1.1", "h2"][..], Some(&b"h2"[..])),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let (found, answer) = request(address, &authority, None, alpn).await.unwrap();
        assert_eq!(found.as_deref(), agreed);
        assert!(answer.is_empty() || answer.ends_with("hello"), "{answer}");
    }
}

#[tokio::test]
async fn a_silent_client_holds_up_no_other() {
    let authority = Authority::new();
    let address = serve(Tls::new(&authority.issue().credentials()).unwrap()).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let others = request(address, &authority, None, &[]);
    let (_, answer) = tokio::time::timeout(Duration::from_secs(5), others)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn credentials_can_be_replaced() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = Tls::new(&old.issue().credentials()).unwrap();
    let address = serve(tls.clone()).await;
    request(address, &old, None, &[]).await.unwrap();

    let mut mismatched = new.issue();
    mismatched.key = new.issue().key;
    tls.replace(&mismatched.credentials()).unwrap_err();
    request(address, &old, None, &[]).await.unwrap();

    tls.replace(&new.issue().credentials()).unwrap();
    request(address, &new, None, &[]).await.unwrap();
    request(address, &old, None, &[]).await.unwrap_err();
}

#[tokio::test]
async fn clients_can_be_asked_for_a_certificate() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let issued = servers.issue();
    let authorities = clients.pem();
    let tls = Tls::new(&Credentials {
        client_authorities_pem: Some(authorities.as_bytes()),
        ..issued.credentials()
    });
    let address = serve(tls.unwrap()).await;
    let (_, answer) = request(address, &servers, Some(&clients.issue()), &[])
        .await
        .unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
    request(address, &servers, None, &[]).await.unwrap_err();
    let foreign = servers.issue();
    request(address, &servers, Some(&foreign), &[])
        .await
        .unwrap_err();
}

#[test]
fn unusable_credentials_are_told_apart() {
    let issued = Authority::new().issue();
    let good = issued.credentials();
    let error = |credentials: Credentials<'_>| Tls::new(&credentials).unwrap_err();
    assert!(matches!(
        error(Credentials {
            certificate_pem: b"",
            ..good
        }),
        TlsError::NoCertificate {
            what: "the certificate"
        }
    ));
    assert!(matches!(
        error(Credentials {
            key_pem: b"none",
            ..good
        }),
        TlsError::Pem {
            what: "the key",
            ..
        }
    ));
    assert!(matches!(
        error(Credentials {
            client_authorities_pem: Some(b""),
            ..good
        }),
        TlsError::NoCertificate {
            what: "the client authorities"
        }
    ));
    assert!(!format!("{good:?}").contains("PRIVATE"));
}
