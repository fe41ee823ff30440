//! The servers themselves: many at a time, whom they let in, what they can be told, and how they stop.

#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::yield_now;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::try_join_all;
use runner_configuration::v1::*;
use runner_configuration_client::{Client, Protocol};
use runner_configuration_testing::{Error, NewRunner, TestServer};

#[tokio::test]
async fn a_hundred_at_once_have_nothing_in_common() {
    let start = Instant::now();
    let servers = try_join_all((0..100).map(|_| TestServer::start()))
        .await
        .unwrap();
    println!("100 servers in {:?}", start.elapsed());
    for server in servers.iter().step_by(2) {
        create_class(server).await.unwrap();
    }
    for (index, server) in servers.iter().enumerate() {
        let page = server
            .client()
            .environment_classes()
            .list(Default::default());
        let expected = if index % 2 == 0 { 1 } else { 0 };
        assert_eq!(page.await.unwrap().environment_classes.len(), expected);

        let next = &servers[(index + 1) % servers.len()];
        assert_ne!(server.url(), next.url());
        assert_ne!(server.runner().private_key(), next.runner().private_key());
        let stranger = Client::builder()
            .base_url(next.url())
            .api_key(server.admin().key());
        let refused = schema(&stranger.build().unwrap(), server.runner().id()).await;
        assert!(refused.unwrap_err().is_unauthenticated());
    }
}

#[tokio::test]
async fn each_role_has_a_key() {
    let server = TestServer::start().await.unwrap();
    let class = create_class(&server).await.unwrap();
    let user = server.user().client();
    user.environment_classes().get(&class).await.unwrap();
    let update = UpdateEnvironmentClassRequest {
        environment_class_id: class.clone(),
        enabled: Some(false),
        ..Default::default()
    };
    let refused = user.environment_classes().update(update.clone()).await;
    assert!(refused.unwrap_err().is_permission_denied());
    let admin = server.admin().client();
    admin
        .environment_classes()
        .update(update.clone())
        .await
        .unwrap();

    let token = CreateHostAuthenticationTokenRequest {
        runner_id: server.runner().id().into(),
        host: "github.com".into(),
        token: "t".into(),
        ..Default::default()
    };
    let created = user
        .host_authentication_tokens()
        .create(token)
        .await
        .unwrap();
    let id = created.token.unwrap().id;
    let other = server
        .new_user()
        .await
        .unwrap()
        .client()
        .host_authentication_tokens();
    assert!(other.get(&id).await.unwrap_err().is_not_found());
    let admin = server.client().host_authentication_tokens();
    admin.get(id).await.unwrap();

    let runner = server.runner().caller().client();
    runner.environment_classes().get(&class).await.unwrap();
    let refused = runner.environment_classes().update(update).await;
    assert!(refused.unwrap_err().is_permission_denied());
    let other = server.register_runner(NewRunner::new()).await.unwrap();
    let hidden = other.caller().client().environment_classes().get(class);
    assert!(hidden.await.unwrap_err().is_not_found());

    let nobody = Client::builder().base_url(server.url()).build().unwrap();
    let refused = schema(&nobody, server.runner().id()).await;
    assert!(refused.unwrap_err().is_unauthenticated());
}

#[tokio::test]
async fn every_protocol_is_served() {
    let server = TestServer::start().await.unwrap();
    for protocol in [Protocol::default(), Protocol::Grpc] {
        let client = server.admin().client_builder().protocol(protocol).build();
        schema(&client.unwrap(), TestServer::RUNNER_ID)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn runners_of_every_sort_can_be_registered() {
    let server = TestServer::builder()
        .without_runner()
        .start()
        .await
        .unwrap();
    let client = server.client();
    assert!(
        schema(&client, TestServer::RUNNER_ID)
            .await
            .unwrap_err()
            .is_not_found()
    );

    let new = NewRunner::new().without_schema().without_key_pair();
    let runner = server.register_runner(new).await.unwrap();
    assert!(
        schema(&client, runner.id())
            .await
            .unwrap_err()
            .is_failed_precondition()
    );
    assert_eq!(runner.private_key(), None);
    assert!(matches!(runner.open(b""), Err(Error::NoKeyPair)));

    // It registers again, with all that it lacked.
    let mut own = NewRunner::default_schema().unwrap();
    own.version = "2".into();
    let complete = NewRunner::new()
        .id(runner.id())
        .schema(own)
        .private_key([7; 32]);
    let runner = server.register_runner(complete).await.unwrap();
    assert_eq!(schema(&client, runner.id()).await.unwrap(), "2");
    assert_eq!(runner.private_key(), Some(&[7; 32]));
    assert!(matches!(runner.open(b"no box"), Err(Error::Open(_))));

    let managed = NewRunner::new()
        .provider(RunnerProvider::Managed)
        .name("Theirs");
    let managed = server
        .register_runner(managed.kind(RunnerKind::Remote))
        .await
        .unwrap();
    let request = CreateScmIntegrationRequest {
        runner_id: managed.id().into(),
        scm_id: "github".into(),
        host: "github.com".into(),
        pat: true,
        ..Default::default()
    };
    let refused = client.scm_integrations().create(request).await.unwrap_err();
    assert!(refused.message().contains("managed"), "{refused}");
}

#[tokio::test]
async fn a_runner_that_could_not_be_registered_is_refused() {
    let wrong_id = NewRunner::new().id("r1");
    let refused = TestServer::builder()
        .runner(wrong_id)
        .start()
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("\"r1\" is no UUID"),
        "{refused}"
    );

    let mut schema = NewRunner::default_schema().unwrap();
    schema.environment_classes[1].id = "cpu".into();
    let twice = NewRunner::new().schema(schema);
    let refused = TestServer::builder()
        .runner(twice)
        .start()
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Error::Schema(what) if what.contains("cpu")),
        "{refused}"
    );
}

#[tokio::test]
#[should_panic(expected = "a server that was started with a runner")]
async fn a_server_without_a_runner_has_none_to_give() {
    let server = TestServer::builder()
        .without_runner()
        .start()
        .await
        .unwrap();
    server.runner();
}

#[tokio::test]
async fn the_time_can_be_chosen() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_323_200_123);
    let server = TestServer::builder()
        .fixed_time(time)
        .start()
        .await
        .unwrap();
    for _ in 0..2 {
        let id = create_class(&server).await.unwrap();
        // UUIDv7: 48 bits of milliseconds.
        let millis = u64::from_str_radix(&id.replace('-', "")[..12], 16);
        assert_eq!(millis, Ok(1_772_323_200_123));
    }
}

#[tokio::test]
async fn a_test_may_block_its_only_thread() {
    let server = TestServer::start().await.unwrap();
    let mut connection = connect(&server);
    let body = "{}";
    connection
        .write_all(list_head(&server, body).as_bytes())
        .unwrap();
    connection.write_all(body.as_bytes()).unwrap();
    assert!(reply(connection).starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn shutdown_lets_calls_in_flight_finish() {
    let server = TestServer::start().await.unwrap();
    let (mut connection, probe) = (connect(&server), port(&server));
    let body = r#"{"filter": {}}"#;
    let head = list_head(&server, body).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    // The server says that it waits for the body: the call is in flight.
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    connection.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 "));
    let stopped = tokio::spawn(server.shutdown());
    while TcpStream::connect(("127.0.0.1", probe)).is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!stopped.is_finished());
    connection.write_all(body.as_bytes()).unwrap();
    assert!(reply(connection).starts_with("HTTP/1.1 200"));
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = TestServer::start().await.unwrap();
    let (client, port) = (server.client(), port(&server));
    schema(&client, TestServer::RUNNER_ID).await.unwrap();
    let mut waiting = connect(&server);
    drop(server);
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        yield_now();
    }
    // Its connections are cut off.
    assert!(matches!(waiting.read(&mut [0]), Ok(0) | Err(_)));
    let error = schema(&client, TestServer::RUNNER_ID).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
}

async fn create_class(server: &TestServer) -> Result<String, runner_configuration_client::Error> {
    let field = |key: &str, value: &str| FieldValue {
        key: key.into(),
        value: value.into(),
    };
    let request = CreateEnvironmentClassRequest {
        runner_id: server.runner().id().into(),
        display_name: "Large".into(),
        description: "For builds".into(),
        configuration: vec![field("cpu", "8"), field("memory", "16384")],
    };
    let created = server
        .client()
        .environment_classes()
        .create(request)
        .await?;
    Ok(created.id)
}

/// The version of the runner's schema.
async fn schema(
    client: &Client,
    runner_id: &str,
) -> Result<String, runner_configuration_client::Error> {
    let reply = client.configuration().schema(runner_id).await?;
    Ok(reply.schema.unwrap_or_default().version)
}

fn port(server: &TestServer) -> u16 {
    server.url().rsplit(':').next().unwrap().parse().unwrap()
}

fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port(server))).unwrap()
}

/// The head of a call in plain HTTP/1.1.
fn list_head(server: &TestServer, body: &str) -> String {
    format!(
        "POST /gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses HTTP/1.1\r\n\
         Host: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        server.admin().key(),
        body.len()
    )
}

fn reply(mut connection: TcpStream) -> String {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}
