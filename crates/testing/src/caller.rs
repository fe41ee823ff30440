use std::fmt;
use std::time::SystemTime;

use runner_configuration::v1::Subject;
use runner_configuration_client::secrecy::{ExposeSecret as _, SecretString};
use runner_configuration_client::{Client, ClientBuilder};
use runner_configuration_service::store::{
    ApiKey, ApiKeyCreated, Change, KeyHash, Role, Store, SubjectKey,
};

use crate::Error;
use crate::runner::{random_bytes, random_id};

/// Somebody with an API key for a [`TestServer`](crate::TestServer).
#[derive(Clone)]
pub struct TestCaller {
    url: String,
    key: SecretString,
    subject: SubjectKey,
    client: Client,
}

impl TestCaller {
    /// The API key: what goes behind `Authorization: Bearer`.
    pub fn key(&self) -> &str {
        self.key.expose_secret()
    }

    /// Who the key stands for: the owner of the host authentication tokens that are created with it.
    pub fn subject(&self) -> Subject {
        self.subject.into()
    }

    /// A client with this key. All clients of a caller share their connections.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client with this key, to be given other options: gRPC instead of Connect, or a time-out.
    ///
    /// ```
    /// use runner_configuration_client::Protocol;
    /// use runner_configuration_testing::TestServer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = TestServer::start().await?;
    /// let client = server.user().client_builder().protocol(Protocol::Grpc).build()?;
    /// client.configuration().schema(server.runner().id()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder()
            .base_url(self.url.as_str())
            .api_key(self.key.clone())
    }
}

impl fmt::Debug for TestCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCaller")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Makes a key that stands for this subject, and has the store accept it.
pub(crate) async fn issue(
    store: &impl Store,
    url: &str,
    subject: SubjectKey,
    role: Role,
) -> Result<TestCaller, Error> {
    let key = SecretString::from(new_key(role)?);
    let now = SystemTime::now();
    let api_key = ApiKey {
        id: random_id()?,
        name: String::new(),
        subject,
        role,
        read_only: false,
        created_at: now,
        expires_at: None,
        revoked_at: None,
    };
    let change = Change::by_operator("issue a key", now);
    let hash = KeyHash::of(key.expose_secret());
    match store.create_api_key(change, api_key, hash).await? {
        ApiKeyCreated::Done => {}
        // The runner was registered just now, and the key is random.
        ApiKeyCreated::RunnerNotFound | ApiKeyCreated::Taken => return Err(Error::Key),
    }
    let client = Client::builder().base_url(url).api_key(key.clone());
    Ok(TestCaller {
        url: url.to_owned(),
        client: client.build()?,
        key,
        subject,
    })
}

/// Makes a key for a user that nobody else is.
pub(crate) async fn issue_to_new_user(store: &impl Store, url: &str) -> Result<TestCaller, Error> {
    issue(store, url, SubjectKey::user(random_id()?), Role::User).await
}

/// Says what it is, for whoever reads a recorded request.
fn new_key(role: Role) -> Result<String, Error> {
    let role = match role {
        Role::Admin => "admin",
        Role::User => "user",
        Role::Runner => "runner",
    };
    let random = u128::from_le_bytes(random_bytes()?);
    Ok(format!("test_{role}_{random:032x}"))
}
