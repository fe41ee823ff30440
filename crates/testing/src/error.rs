use runner_configuration_service::NoRandomness;
use runner_configuration_service::seal::OpenError;
use runner_configuration_service::store::StoreError;

/// Why a test server does not start, or does not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine gives no port or no thread.
    #[error("cannot serve on this machine: {0}")]
    Serve(#[from] std::io::Error),

    /// The store in memory fails.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// There are no random bytes for keys.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),

    /// The schema makes no sense, so that no real runner could have registered it.
    #[error("the runner's schema is wrong: {0}")]
    Schema(String),

    /// The runner's id is no UUID.
    #[error("the runner's id {0:?} is no UUID, such as d2c94c27-3b76-4a42-b88c-95a85e392c68")]
    RunnerId(String),

    /// A client cannot be made.
    #[error("cannot make a client: {0}")]
    Client(#[from] runner_configuration_client::Error),

    /// The store takes no new API key.
    #[error("the server takes no new key")]
    Key,

    /// A runner without a key pair opens nothing.
    #[error("this runner has no key pair, so nothing was sealed to it")]
    NoKeyPair,

    /// A sealed box that was not sealed to this runner, or is not whole.
    #[error(transparent)]
    Open(#[from] OpenError),
}
