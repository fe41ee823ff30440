//! A call of the client, and its HTTP client with the same bytes.

use std::hint::black_box;
use std::sync::Arc;

use benches_common::{Failure, objects};
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use prost::Message as _;
use runner_configuration::v1::GetEnvironmentClassRequest;
use runner_configuration_client::Client;

use super::meter::{Clocks, Measured};

const KEY: &str = "a-key-that-is-about-as-long-as-others";
const AUTHORIZATION_VALUE: &str = "Bearer a-key-that-is-about-as-long-as-others";

/// Both, for a server at this URL.
pub(crate) struct Calls {
    client: Client,
    http: reqwest::Client,
    url: String,
    request: GetEnvironmentClassRequest,
}

impl Calls {
    pub(crate) fn new(server: &str) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::builder().base_url(server).api_key(KEY).build()?,
            http: reqwest::Client::builder()
                .tls_backend_preconfigured(no_tls()?)
                .user_agent("runner-configuration-client/0.1.0")
                .build()?,
            url: format!("{server}/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass"),
            request: objects::get(),
        })
    }

    /// Runs a contender.
    pub(crate) async fn measure(&self, contender: &str, count: usize) -> Result<Measured, Failure> {
        match contender {
            "ours" => self.calls(count).await,
            "http-client" => self.posts(count).await,
            _ => Err(format!("no contender {contender}").into()),
        }
    }

    async fn calls(&self, count: usize) -> Result<Measured, Failure> {
        let classes = self.client.environment_classes();
        let clocks = Clocks::start();
        for _ in 0..count {
            let id = self.request.environment_class_id.as_str();
            black_box(classes.get(id).await?);
        }
        Ok(clocks.stop())
    }

    async fn posts(&self, count: usize) -> Result<Measured, Failure> {
        let body = self.request.encode_to_vec();
        let clocks = Clocks::start();
        for _ in 0..count {
            let response = self
                .http
                .post(&self.url)
                .header(CONTENT_TYPE, HeaderValue::from_static("application/proto"))
                .header(AUTHORIZATION, HeaderValue::from_static(AUTHORIZATION_VALUE))
                .header("connect-protocol-version", HeaderValue::from_static("1"))
                .header("connect-timeout-ms", HeaderValue::from_static("60000"))
                .body(body.clone())
                .send()
                .await?;
            black_box(response.bytes().await?);
        }
        Ok(clocks.stop())
    }
}

/// reqwest wants a configuration, which nothing uses.
fn no_tls() -> Result<rustls::ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(config)
}
