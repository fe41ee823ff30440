use std::sync::Arc;
use std::time::SystemTime;

use runner_configuration_client::Client;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{Change, Role, Store as _, SubjectKey};

use crate::caller::{issue, issue_to_new_user};
use crate::serving::Serving;
use crate::{Error, NewRunner, TestCaller, TestRunner, TestServerBuilder};

/// The reference service, served to one test on a free port of this machine.
///
/// Each server has a store, keys and runners of its own. It answers on a thread of its own, and stops when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    pub(crate) url: String,
    pub(crate) admin: TestCaller,
    pub(crate) user: TestCaller,
    pub(crate) runner: Option<TestRunner>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) serving: Serving,
}

impl TestServer {
    /// The id of the runner that a server starts with: the one of the API's documentation.
    pub const RUNNER_ID: &str = "d2c94c27-3b76-4a42-b88c-95a85e392c68";

    /// Starts a server with one [runner](Self::runner).
    ///
    /// # Errors
    ///
    /// As [`TestServerBuilder::start`].
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// What a server can be told.
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder::default()
    }

    /// The base URL for any client, such as `http://127.0.0.1:38127`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client that may do everything: that of [`admin`](Self::admin).
    pub fn client(&self) -> Client {
        self.admin.client()
    }

    /// The administrator, who may do everything.
    pub fn admin(&self) -> &TestCaller {
        &self.admin
    }

    /// A user: sees the configuration of all runners, and has host authentication tokens of its own.
    pub fn user(&self) -> &TestCaller {
        &self.user
    }

    /// One more user, who sees nothing of what belongs to the others.
    ///
    /// ```
    /// use runner_configuration_testing::TestServer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = TestServer::start().await?;
    /// let other = server.new_user().await?;
    /// assert_ne!(other.subject(), server.user().subject());
    /// other.client().host_authentication_tokens().list(Default::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`], [`Error::Client`] and [`Error::Store`], where the machine is at its end.
    pub async fn new_user(&self) -> Result<TestCaller, Error> {
        issue_to_new_user(&*self.store, &self.url).await
    }

    /// The runner that the server started with.
    ///
    /// # Panics
    ///
    /// Where it was started [without one](TestServerBuilder::without_runner).
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test that asks for it is wrong")]
    pub fn runner(&self) -> &TestRunner {
        let runner = self.runner.as_ref();
        runner.expect("a server that was started with a runner")
    }

    /// Registers one more runner. One with the id of a runner that is there replaces it: so a schema or a key pair comes
    /// later, or changes. What the runner has, such as environment classes, stays.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] and [`Error::RunnerId`] for what no runner could register with; [`Error::NoRandomness`].
    pub async fn register_runner(&self, runner: NewRunner) -> Result<TestRunner, Error> {
        let (runner, key) = runner.build()?;
        let id = runner.id;
        let change = Change::by_operator("register runner", SystemTime::now());
        let _created_or_updated = self.store.put_runner(change, runner).await?;
        let subject = SubjectKey::runner(id);
        let caller = issue(&*self.store, &self.url, subject, Role::Runner).await?;
        Ok(TestRunner::new(id, key, caller))
    }

    /// Stops the server after the calls in flight. When it returns nobody listens on the port any more.
    ///
    /// Dropping the server stops it, too, and cuts those calls off.
    pub async fn shutdown(self) {
        self.serving.stop().await;
    }
}
