//! The product's client, set up as a case asks for.

use std::collections::HashMap;
use std::sync::Mutex;

use prost::Message as _;
use runner_configuration_client::rpc::Channel;
use runner_configuration_client::{Client, Codec, Protocol};
use runner_configuration_conformance_connect::v1;

/// Clients by what is asked of them: cases that ask for the same share one, and its connections.
#[derive(Default)]
pub(crate) struct Channels(Mutex<HashMap<Vec<u8>, Channel>>);

impl Channels {
    pub(crate) fn get(&self, wanted: &v1::ClientCompatRequest) -> Result<Channel, String> {
        let wanted = what_a_client_is_made_from(wanted);
        let mut channels = self.0.lock().map_err(|error| error.to_string())?;
        let key = wanted.encode_to_vec();
        if let Some(channel) = channels.get(&key) {
            return Ok(channel.clone());
        }
        let channel = channel(&wanted)?;
        channels.insert(key, channel.clone());
        Ok(channel)
    }
}

fn what_a_client_is_made_from(wanted: &v1::ClientCompatRequest) -> v1::ClientCompatRequest {
    v1::ClientCompatRequest {
        http_version: wanted.http_version,
        protocol: wanted.protocol,
        codec: wanted.codec,
        compression: wanted.compression,
        host: wanted.host.clone(),
        port: wanted.port,
        server_tls_cert: wanted.server_tls_cert.clone(),
        client_tls_creds: wanted.client_tls_creds.clone(),
        message_receive_limit: wanted.message_receive_limit,
        use_get_http_method: wanted.use_get_http_method,
        ..Default::default()
    }
}

fn channel(wanted: &v1::ClientCompatRequest) -> Result<Channel, String> {
    let is_tls = !wanted.server_tls_cert.is_empty();
    let scheme = if is_tls { "https" } else { "http" };
    let mut client = Client::builder()
        .base_url(format!("{scheme}://{}:{}", wanted.host, wanted.port))
        .protocol(protocol(wanted)?)
        .timeout(None)
        // The suite counts the requests of a case.
        .retries(0);
    if wanted.http_version() == v1::HttpVersion::HttpVersion2 {
        client = client.http2_prior_knowledge();
    }
    match wanted.compression() {
        v1::Compression::Identity => {}
        v1::Compression::Gzip => client = client.compress_requests(0),
        other => return Err(format!("no such compression: {other:?}")),
    }
    if is_tls {
        client = client.add_root_certificate(wanted.server_tls_cert.clone());
    }
    if let Some(credentials) = &wanted.client_tls_creds {
        let key = String::from_utf8(credentials.key.clone()).map_err(|error| error.to_string())?;
        client = client.client_certificate(credentials.cert.clone(), key);
    }
    if let Ok(limit @ 1..) = usize::try_from(wanted.message_receive_limit) {
        client = client.max_response_bytes(limit);
    }
    let client = client.build().map_err(|error| format!("{error:?}"))?;
    Ok(client.channel().clone())
}

fn protocol(wanted: &v1::ClientCompatRequest) -> Result<Protocol, String> {
    let codec = match wanted.codec() {
        v1::Codec::Proto => Codec::Proto,
        v1::Codec::Json => Codec::Json,
        other => return Err(format!("no such codec: {other:?}")),
    };
    match (wanted.protocol(), codec) {
        (v1::Protocol::Connect, codec) => Ok(Protocol::Connect {
            codec,
            get: wanted.use_get_http_method,
        }),
        (v1::Protocol::Grpc, Codec::Proto) => Ok(Protocol::Grpc),
        other => Err(format!("no such protocol: {other:?}")),
    }
}
