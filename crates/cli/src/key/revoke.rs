//! `runnerconf key revoke`.

use std::time::SystemTime;

use runner_configuration_service::store::{ApiKey, ApiKeyRevoked, Change, Store};
use uuid::Uuid;

use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Revokes an API key, for good: calls with it are refused from now on, by every server on the store.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf key revoke 01a2030c-85d3-7712-a609-5255347c6526")]
pub(super) struct Arguments {
    /// Id of the key, as runnerconf key list shows it
    id: Uuid,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { id, store } = arguments;
    if id == ApiKey::ADMIN {
        return Err(Error::RevokesAdminKey(store.data.path()?));
    }
    let store = store.open_existing().await?;
    let change = Change::by_operator("key revoke", SystemTime::now());
    let revoked = store.revoke_api_key(change, id).await?;
    store.close().await?;
    match revoked {
        ApiKeyRevoked::Done => output::line(format_args!("revoked key {id}")),
        ApiKeyRevoked::Already => output::line(format_args!("key {id} was revoked already")),
        ApiKeyRevoked::NotFound => Err(Error::NoKey(id)),
    }
}
