//! The server under test: reads what is wanted of it, serves the suite's service, and says where.

mod service;

use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;

use runner_configuration_conformance_connect::{frame, v1};
use runner_configuration_server::rpc::tls::{Credentials, Tls, TlsListener};
use runner_configuration_server::rpc::{Options, Server};
use tokio::net::TcpListener;

use crate::service::Conformance;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The requests come back inside `google.protobuf.Any`, in JSON too.
    v1::json::register_json_types();
    let wanted: v1::ServerCompatRequest = frame::read(&mut std::io::stdin().lock())?;
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let response = v1::ServerCompatResponse {
        host: Ipv4Addr::LOCALHOST.to_string(),
        port: tcp.local_addr()?.port().into(),
        pem_cert: certificate(&wanted),
    };
    let router = Server::new(v1::ConformanceServiceDispatcher::new(Conformance))
        .options(options(&wanted))
        .into_router();
    let tls = wanted
        .use_tls
        .then(|| Tls::new(&credentials(&wanted)))
        .transpose()?;
    frame::write(&mut std::io::stdout().lock(), &response)?;
    match tls {
        Some(tls) => axum::serve(TlsListener::new(tcp, tls), router).await?,
        None => axum::serve(tcp, router).await?,
    }
    Ok(())
}

fn options(wanted: &v1::ServerCompatRequest) -> Options {
    let mut options = Options::default();
    // The suite has its own time-outs; the server's would only hide a call that hangs.
    options.timeout = Duration::from_secs(3600);
    // Its messages are small: everything that may be compressed is.
    options.compress_from_bytes = 1;
    if let Ok(limit) = wanted.message_receive_limit.try_into()
        && limit > 0
    {
        options.max_message_bytes = limit;
    }
    options
}

fn certificate(wanted: &v1::ServerCompatRequest) -> Vec<u8> {
    match &wanted.server_creds {
        Some(credentials) if wanted.use_tls => credentials.cert.clone(),
        _ => Vec::new(),
    }
}

fn credentials(wanted: &v1::ServerCompatRequest) -> Credentials<'_> {
    let (certificate_pem, key_pem): (&[u8], &[u8]) = match &wanted.server_creds {
        Some(credentials) => (&credentials.cert, &credentials.key),
        None => (&[], &[]),
    };
    let authorities = &*wanted.client_tls_cert;
    Credentials {
        certificate_pem,
        key_pem,
        client_authorities_pem: (!authorities.is_empty()).then_some(authorities),
    }
}
