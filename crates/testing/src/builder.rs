use std::sync::Arc;
use std::time::SystemTime;

use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::{
    ADMIN_SUBJECT, ApiKeys, Clock, Role, Service, SystemClock, SystemRandomness,
};

use crate::caller::{issue, issue_to_new_user};
use crate::serving::Serving;
use crate::{Error, NewRunner, TestServer};

/// What a [`TestServer`] can be told.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use runner_configuration::v1::CreateLlmIntegrationRequest;
/// use runner_configuration::v1::SupportedModel;
/// use runner_configuration_testing::{NewRunner, TestServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = TestServer::builder()
///     .runner(NewRunner::new().without_key_pair())
///     .fixed_time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_323_200))
///     .start()
///     .await?;
/// let with_a_secret = CreateLlmIntegrationRequest {
///     runner_id: server.runner().id().to_owned(),
///     models: vec![SupportedModel::Sonnet45.into()],
///     api_key: "key".to_owned(),
///     ..Default::default()
/// };
/// let error = server.client().llm_integrations().create(with_a_secret).await.unwrap_err();
/// assert!(error.message().contains("runner does not have a public key"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until it is started"]
pub struct TestServerBuilder {
    runner: Option<NewRunner>,
    clock: Arc<dyn Clock>,
}

impl Default for TestServerBuilder {
    fn default() -> Self {
        Self {
            runner: Some(NewRunner::default()),
            clock: Arc::new(SystemClock),
        }
    }
}

impl TestServerBuilder {
    /// Sets what the runner is like that the server starts with. It has the id [`TestServer::RUNNER_ID`], unless it is
    /// given another.
    pub fn runner(mut self, runner: NewRunner) -> Self {
        self.runner = Some(runner);
        self
    }

    /// Starts without any runner.
    pub fn without_runner(mut self) -> Self {
        self.runner = None;
        self
    }

    /// Lets it always be this time for the service, which puts it into the ids of what is created.
    pub fn fixed_time(self, time: SystemTime) -> Self {
        self.clock(FixedTime(time))
    }

    /// Gives the service another clock than the machine's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the server. It answers when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] and [`Error::RunnerId`] where the runner is wrong; the others where the machine has no more
    /// ports, threads or random bytes.
    pub async fn start(self) -> Result<TestServer, Error> {
        let store = Arc::new(SqliteStore::in_memory()?);
        let clock = AnyClock(self.clock);
        let keys = ApiKeys::with(Arc::clone(&store), clock.clone());
        let service = Service::with(Arc::clone(&store), clock, SystemRandomness);
        let service = runner_configuration_server::service(service).authenticate(keys);
        let serving = Serving::start(service).await?;
        let url = format!("http://{}", serving.address());
        let mut server = TestServer {
            admin: issue(&*store, &url, ADMIN_SUBJECT, Role::Admin).await?,
            user: issue_to_new_user(&*store, &url).await?,
            url,
            runner: None,
            store,
            serving,
        };
        if let Some(runner) = self.runner {
            let runner = runner.or_id(TestServer::RUNNER_ID);
            server.runner = Some(server.register_runner(runner).await?);
        }
        Ok(server)
    }
}

impl std::fmt::Debug for TestServerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestServerBuilder")
            .field("runner", &self.runner)
            .finish_non_exhaustive()
    }
}

struct FixedTime(SystemTime);

impl Clock for FixedTime {
    fn now(&self) -> SystemTime {
        self.0
    }
}

#[derive(Clone)]
struct AnyClock(Arc<dyn Clock>);

impl Clock for AnyClock {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}
