//! A transport of one's own: calls without a network.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use runner_configuration::v1::{
    EnvironmentClass, GetEnvironmentClassRequest, GetEnvironmentClassResponse,
};
use runner_configuration::validate::{Violation, Violations};
use runner_configuration_client::rpc::{Transport, UnaryRequest, UnaryResponse};
use runner_configuration_client::{Client, Code, Codec, Error};

/// Answers with the id that is asked for, and keeps the request.
#[derive(Clone, Default)]
struct Fake(Codec, Arc<Mutex<Vec<UnaryRequest>>>);

impl Transport for Fake {
    fn codec(&self) -> Codec {
        self.0
    }

    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        self.1.lock().unwrap().push(request.clone());
        let asked: GetEnvironmentClassRequest = request.decode()?;
        match asked.environment_class_id.as_str() {
            "never" => std::future::pending().await,
            "wrong" => {
                let violation = Violation {
                    rule_id: Some("r".to_owned()),
                    ..Default::default()
                };
                let violations = Violations {
                    violations: vec![violation],
                };
                Err(Error::new(Code::InvalidArgument, "wrong").with_detail(&violations))
            }
            id => UnaryResponse::encode(&GetEnvironmentClassResponse {
                environment_class: Some(EnvironmentClass {
                    id: id.to_owned(),
                    ..Default::default()
                }),
            }),
        }
    }
}

#[tokio::test]
async fn calls_go_to_it_and_its_answers_come_back() {
    for codec in [Codec::Proto, Codec::Json] {
        let fake = Fake(codec, Arc::default());
        let client = Client::builder().transport(fake.clone()).api_key("k");
        let client = client.timeout(Duration::from_secs(5)).build().unwrap();
        let reply = client.environment_classes().get("a").await.unwrap();
        assert_eq!(reply.environment_class.unwrap().id, "a");

        let [request] = &fake.1.lock().unwrap()[..] else {
            panic!("one call, one request")
        };
        assert_eq!(request.rpc().name(), "GetEnvironmentClass");
        assert_eq!(
            request.rpc().path(),
            "/gitpod.v1.RunnerConfigurationService/GetEnvironmentClass"
        );
        assert!(request.rpc().no_side_effects());
        assert_eq!(request.codec(), codec);
        assert_eq!(request.headers()["authorization"], "Bearer k");
        assert_eq!(request.timeout(), Some(Duration::from_secs(5)));
        assert!(!format!("{request:?} {:?}", request.headers()).contains("Bearer"));
    }
}

#[tokio::test]
async fn its_errors_come_back_too() {
    let client = Client::builder()
        .transport(Fake::default())
        .build()
        .unwrap();
    let error = client.environment_classes().get("wrong").await.unwrap_err();
    assert!(error.is_invalid_argument() && error.is_from_server());
    assert_eq!(error.violations().unwrap().violations[0].rule_id(), "r");
    assert_eq!(error.details()[0].type_name(), "buf.validate.Violations");
    assert!(error.detail::<Violation>().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_client_keeps_the_timeout() {
    let client = Client::builder()
        .transport(Fake::default())
        .build()
        .unwrap();
    let error = client.environment_classes().get("never").await.unwrap_err();
    assert!(error.is_timeout() && !error.is_from_server());
    assert_eq!(error.message(), "no answer within 60s");
}

#[tokio::test]
async fn calls_can_be_spawned() {
    let client = Client::builder()
        .transport(Fake::default())
        .build()
        .unwrap();
    let classes = client.environment_classes();
    let calls: Vec<_> = ["a", "b"]
        .map(|id| tokio::spawn(classes.get(id).into_future()))
        .into();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
}
