//! The spans of calls, and what they don't show.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::proxy::{Fault, Proxy};
use runner_configuration::v1::CreateEnvironmentClassRequest;
use runner_configuration_client::{Client, Protocol};
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_call_is_a_span_that_shows_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    for (protocol, unavailable) in [(Protocol::default(), 503), (Protocol::Grpc, 503)] {
        let proxy = Proxy::start();
        let wait = vec![("retry-after-ms", "1".to_owned())];
        proxy.fail(&[Fault::Answer(unavailable, wait.clone(), "".into())]);
        let client = Client::builder().base_url(proxy.base_url());
        let client = client
            .protocol(protocol)
            .api_key("hunter2")
            .build()
            .unwrap();
        client.environment_classes().get("x").await.unwrap();
        proxy.fail(&[Fault::Answer(unavailable, wait, "".into())]);
        let request = CreateEnvironmentClassRequest {
            description: "hunter3".to_owned(),
            ..Default::default()
        };
        let created = client.environment_classes().create(request).await;
        assert!(created.unwrap_err().is_unavailable());

        let text = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
        for expected in [
            r#"call{rpc="gitpod.v1.RunnerConfigurationService/GetEnvironmentClass" attempt=2 code="ok"}"#,
            r#"call{rpc="gitpod.v1.RunnerConfigurationService/CreateEnvironmentClass" attempt=1 code="unavailable"}"#,
            "the call is made again",
        ] {
            assert!(text.contains(expected), "{expected} is not in:\n{text}");
        }
        for secret in ["hunter2", "hunter3"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
