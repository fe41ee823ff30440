//! The collector, as OpenTelemetry's exporters reach it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError, ResponseBodyTooLarge};
use reqwest::redirect;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::runtime::Handle;
use tonic::async_trait;

use crate::error::Error;

/// How long the collector may take over an answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read: it says no more than what was not taken.
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// How often the log tells of the same trouble.
const BETWEEN_REPORTS: Duration = Duration::from_secs(60);

/// Sends over HTTP, in the runtime of the server: metrics are exported by a thread that has none. Clones share connections.
#[derive(Clone)]
pub(super) struct CollectorClient {
    http: reqwest::Client,
    runtime: Handle,
    reports: Arc<Reports>,
}

impl CollectorClient {
    /// For the runtime that this is called in.
    pub(super) fn new(is_https: bool) -> Result<Self, Error> {
        let cannot = |reason: Box<dyn std::error::Error + Send + Sync>| Error::Otlp(reason);
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| cannot(error.into()))?;
        let tls = match is_https {
            true => builder
                .with_platform_verifier()
                .map_err(|error| cannot(error.into()))?,
            // Reading the platform's certificates takes time.
            false => builder.with_root_certificates(RootCertStore::empty()),
        };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.with_no_client_auth())
            .user_agent(concat!("runnerconf/", env!("CARGO_PKG_VERSION")))
            // One to another origin would take the collector's key there.
            .redirect(redirect::Policy::none())
            .referer(false)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| cannot(error.into()))?;
        Ok(Self {
            http,
            runtime: Handle::current(),
            reports: Arc::default(),
        })
    }
}

impl fmt::Debug for CollectorClient {
    // Requests hold the collector's key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectorClient")
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(send(self.http.clone(), request)).await?;
        let trouble = match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!(
                "it answered with HTTP status {}",
                response.status().as_u16()
            )),
            Err(error) => Some(reason(error)),
        };
        if let Some(reason) = trouble
            && self.reports.is_due()
        {
            tracing::warn!(reason, "the OpenTelemetry collector takes nothing");
        }
        sent
    }
}

async fn send(
    http: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let mut reply = http.execute(request.try_into()?).await?;
    let mut body = BytesMut::new();
    while let Some(chunk) = reply.chunk().await? {
        if body.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(Box::new(ResponseBodyTooLarge::new()));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    *response.status_mut() = reply.status();
    *response.headers_mut() = std::mem::take(reply.headers_mut());
    Ok(response)
}

/// Without the URL, and without what the collector said.
fn reason(error: &HttpError) -> String {
    match error.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => format!("no answer within {} s", TIMEOUT.as_secs()),
        Some(error) if error.is_connect() => "no connection can be made".into(),
        Some(_) => "the connection broke".into(),
        None => "its answer cannot be read".into(),
    }
}

/// Keeps the log short.
#[derive(Debug, Default)]
pub(super) struct Reports(Mutex<Option<Instant>>);

impl Reports {
    /// Whether it has been long enough since the last one; then this is the last one.
    pub(super) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    fn is_due_at(&self, now: Instant) -> bool {
        let mut last = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_due = last.is_none_or(|last| now.duration_since(last) >= BETWEEN_REPORTS);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_once_in_a_minute() {
        let reports = Reports::default();
        let start = Instant::now();
        for (seconds, is_due) in [
            (0, true),
            (1, false),
            (59, false),
            (60, true),
            (119, false),
            (121, true),
        ] {
            assert_eq!(
                reports.is_due_at(start + Duration::from_secs(seconds)),
                is_due,
                "{seconds}"
            );
        }
    }
}
