use std::fmt;

use runner_configuration::v1::{RunnerConfigurationSchema, RunnerKind, RunnerProvider};
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::{Encoded, Runner};
use runner_configuration_service::{Randomness as _, SystemRandomness, schema};
use uuid::Uuid;

use crate::{Error, TestCaller};

/// A runner that a [`TestServer`](crate::TestServer) knows, with the private key that a real one keeps to itself.
#[derive(Clone)]
pub struct TestRunner {
    id: String,
    key: Option<[u8; 32]>,
    caller: TestCaller,
}

impl TestRunner {
    pub(crate) fn new(id: Uuid, key: Option<[u8; 32]>, caller: TestCaller) -> Self {
        Self {
            id: id.to_string(),
            key,
            caller,
        }
    }

    /// The id, a UUID as requests take it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The private X25519 key; `None` for a runner [without a key pair](NewRunner::without_key_pair).
    pub fn private_key(&self) -> Option<&[u8; 32]> {
        self.key.as_ref()
    }

    /// The runner as a caller: it reads what belongs to it.
    pub fn caller(&self) -> &TestCaller {
        &self.caller
    }

    /// Opens what the service sealed to this runner, such as the `encrypted_client_secret` of an SCM integration.
    ///
    /// # Errors
    ///
    /// [`Error::NoKeyPair`]; [`Error::Open`] for what was not sealed to this runner, or is not whole.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.key.as_ref().ok_or(Error::NoKeyPair)?;
        let opened = KeyPair::from_private_key(key).open(sealed)?;
        Ok(opened.to_vec())
    }
}

impl fmt::Debug for TestRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRunner")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What a runner registers with.
///
/// Unless it is told otherwise it is a remote runner on AWS EC2 with a new id, a new key pair and
/// [a schema](NewRunner::default_schema).
///
/// ```
/// use runner_configuration::v1::RunnerProvider;
/// use runner_configuration_testing::{NewRunner, TestServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = TestServer::start().await?;
/// let managed = NewRunner::new().provider(RunnerProvider::Managed);
/// let managed = server.register_runner(managed).await?;
/// assert_ne!(managed.id(), server.runner().id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a server knows it once it is registered"]
pub struct NewRunner {
    id: Option<String>,
    name: String,
    kind: RunnerKind,
    provider: RunnerProvider,
    schema: Option<Schema>,
    key: Key,
}

#[derive(Clone)]
enum Schema {
    Default,
    Own(Box<RunnerConfigurationSchema>),
}

#[derive(Clone)]
enum Key {
    New,
    Own([u8; 32]),
    None,
}

impl Default for NewRunner {
    fn default() -> Self {
        Self {
            id: None,
            name: "Test runner".to_owned(),
            kind: RunnerKind::Remote,
            provider: RunnerProvider::AwsEc2,
            schema: Some(Schema::Default),
            key: Key::New,
        }
    }
}

impl NewRunner {
    /// A remote runner on AWS EC2.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id, a UUID.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the kind.
    pub fn kind(mut self, kind: RunnerKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the provider. A runner of [`RunnerProvider::Managed`] takes no SCM integrations.
    pub fn provider(mut self, provider: RunnerProvider) -> Self {
        self.provider = provider;
        self
    }

    /// Sets what can be configured.
    pub fn schema(mut self, schema: RunnerConfigurationSchema) -> Self {
        self.schema = Some(Schema::Own(Box::new(schema)));
        self
    }

    /// Leaves the schema out, as for a runner that has yet to start.
    pub fn without_schema(mut self) -> Self {
        self.schema = None;
        self
    }

    /// Sets the private X25519 key.
    pub fn private_key(mut self, key: [u8; 32]) -> Self {
        self.key = Key::Own(key);
        self
    }

    /// Leaves the key pair out: no secret can be stored for such a runner.
    pub fn without_key_pair(mut self) -> Self {
        self.key = Key::None;
        self
    }

    /// The schema that a runner has unless it is given another: fields of every type for environment classes, of which
    /// `cpu` (from 1 to 128) and `memory` are required and `registryPassword` is secret; and the hosts `github` and `gitlab`
    /// with OAuth and personal access tokens, and `azuredevops_server` with the latter.
    ///
    /// # Errors
    ///
    /// None that this version of the crate could have.
    pub fn default_schema() -> Result<RunnerConfigurationSchema, Error> {
        serde_json::from_str(include_str!("schema.json"))
            .map_err(|error| Error::Schema(error.to_string()))
    }

    /// The same, with this id unless it has one.
    pub(crate) fn or_id(mut self, id: &str) -> Self {
        self.id.get_or_insert_with(|| id.to_owned());
        self
    }

    /// What the store is given, and the private key.
    pub(crate) fn build(self) -> Result<(Runner, Option<[u8; 32]>), Error> {
        let id = match self.id {
            None => random_id()?,
            Some(id) => Uuid::try_parse(&id).map_err(|_| Error::RunnerId(id))?,
        };
        let pair = match self.key {
            Key::New => Some(KeyPair::generate(&SystemRandomness)?),
            Key::Own(key) => Some(KeyPair::from_private_key(&key)),
            Key::None => None,
        };
        let schema = match self.schema {
            None => None,
            Some(Schema::Default) => Some(Self::default_schema()?),
            Some(Schema::Own(schema)) => Some(checked(*schema)?),
        };
        let key = pair.as_ref().map(|pair| *pair.private_key());
        let runner = Runner {
            id,
            name: self.name,
            kind: self.kind,
            provider: self.provider,
            public_key: pair.as_ref().map(|pair| *pair.public_key().as_bytes()),
            schema: schema.as_ref().map(Encoded::new),
        };
        Ok((runner, key))
    }
}

impl fmt::Debug for NewRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRunner")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

fn checked(schema: RunnerConfigurationSchema) -> Result<RunnerConfigurationSchema, Error> {
    let problems = schema::check(&schema);
    if problems.is_empty() {
        return Ok(schema);
    }
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(Error::Schema(problems.join("; ")))
}

pub(crate) fn random_bytes() -> Result<[u8; 16], Error> {
    let mut bytes = [0; 16];
    SystemRandomness.fill(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn random_id() -> Result<Uuid, Error> {
    Ok(uuid::Builder::from_random_bytes(random_bytes()?).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schema_is_one_that_a_runner_could_register() {
        let schema = NewRunner::default_schema().unwrap();
        assert_eq!(schema::check(&schema), []);
        assert_eq!(schema.environment_classes.len(), 7);
        assert_eq!(schema.scm.len(), 3);
    }

    #[test]
    fn debug_shows_no_private_key() {
        let shown = format!("{:?}", NewRunner::new().private_key([0xab; 32]));
        assert!(!shown.contains("171") && !shown.contains("abab"), "{shown}");
    }
}
