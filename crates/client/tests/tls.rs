//! TLS: certificate authorities of one's own, and client certificates.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use runner_configuration_client::{Client, ClientBuilder, Error, Protocol};
use runner_configuration_server::rpc::tls::{Credentials, Tls, TlsListener};
use tokio::net::TcpListener;

const PROTOCOLS: [fn() -> Protocol; 2] = [Protocol::default, || Protocol::Grpc];

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key, in PEM.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

async fn not_found(headers: HeaderMap) -> Response {
    if headers["content-type"] == "application/grpc" {
        let headers = [("content-type", "application/grpc"), ("grpc-status", "5")];
        return headers.into_response();
    }
    let headers = [("content-type", "application/json")];
    (StatusCode::NOT_FOUND, headers, r#"{"code":"not_found"}"#).into_response()
}

/// A server that answers each call with `not_found`, to those with a certificate of the second authority, if any.
async fn serve(authority: &Authority, clients: Option<&Authority>) -> String {
    let (certificate, key) = authority.issue();
    let clients = clients.map(|clients| clients.0.pem());
    let tls = Tls::new(&Credentials {
        certificate_pem: certificate.as_bytes(),
        key_pem: key.as_bytes(),
        client_authorities_pem: clients.as_ref().map(|pem| pem.as_bytes()),
    });
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    let listener = TlsListener::new(tcp, tls.unwrap());
    let router = axum::Router::new().fallback(not_found);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("https://localhost:{port}")
}

async fn failed(builder: ClientBuilder) -> Error {
    let client = builder.retries(0).build().unwrap();
    client.environment_classes().get("x").await.unwrap_err()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_where_it_is_named() {
    let authority = Authority::new();
    let base_url = serve(&authority, None).await;
    for protocol in PROTOCOLS {
        let builder = || Client::builder().base_url(&*base_url).protocol(protocol());
        let error = failed(builder()).await;
        assert!(error.is_connect() && error.is_tls(), "{error:?}");
        let other = builder().add_root_certificate(Authority::new().0.pem());
        assert!(failed(other).await.is_connect());
        for pem in [
            authority.0.pem(),
            Authority::new().0.pem() + &authority.0.pem(),
        ] {
            let error = failed(builder().add_root_certificate(pem)).await;
            assert!(error.is_not_found(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_those_who_ask() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let base_url = serve(&authority, Some(&clients)).await;
    for protocol in PROTOCOLS {
        let builder = || {
            let builder = Client::builder().base_url(&*base_url).protocol(protocol());
            builder.add_root_certificate(authority.0.pem())
        };
        let error = failed(builder()).await;
        assert!(
            error.is_unavailable() && !error.is_from_server(),
            "{error:?}"
        );
        for (issuer, is_known) in [(&clients, true), (&authority, false)] {
            let (certificate, key) = issuer.issue();
            let builder = builder().client_certificate(certificate, key);
            assert_eq!(failed(builder).await.is_not_found(), is_known);
        }
    }
}

#[test]
fn what_is_no_certificate_or_key_is_refused_and_not_shown() {
    let (certificate, key) = Authority::new().issue();
    let (_, other_key) = Authority::new().issue();
    let cut = key.replace("-----END PRIVATE KEY-----", "");
    let builder = || Client::builder().base_url("https://localhost");
    for (wrong, says) in [
        (builder().add_root_certificate(""), "the root certificate"),
        (
            builder().add_root_certificate(&*key),
            "the root certificate",
        ),
        (
            builder().client_certificate("", &*key),
            "the client certificate is",
        ),
        (builder().client_certificate(&*certificate, ""), "key"),
        (builder().client_certificate(&*certificate, cut), "key"),
        (
            builder().client_certificate(&*certificate, other_key),
            "with its key",
        ),
    ] {
        let shown = format!("{wrong:?}");
        let error = wrong.build().unwrap_err();
        assert!(error.is_invalid_argument() && !error.is_from_server());
        assert!(error.message().contains(says), "{error:?}");
        let shown = format!("{shown} {error:?}");
        // The first line of the key itself.
        let secret = key.lines().nth(1).unwrap();
        assert!(!shown.contains(secret), "{shown}");
    }
    let right = builder().client_certificate(certificate, key);
    assert!(right.build().is_ok());
}
