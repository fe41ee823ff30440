//! `runnerconf runner secrets`.

use runner_configuration_service::store::{StaleSecret, Store};
use uuid::Uuid;

use super::{fingerprint, present_key};
use crate::audit::kind;
use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;
use crate::table::table;

/// Shows the secrets that have to be entered again, because they were sealed to another key than the runner's present one.
///
/// A runner that has a new key can't open what was sealed to the old one, and nobody else can seal it anew. Update the object
/// with the secret, or delete it and create it again; an environment class is replaced by a new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf runner secrets d2c94c27-3b76-4a42-b88c-95a85e392c68")]
pub(super) struct Arguments {
    /// Id of the runner
    id: Uuid,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { id, store } = arguments;
    let store = store.open_existing().await?;
    let runner = store.runner(id).await?.ok_or(Error::NoRunner(id))?;
    let stale = store.stale_secrets(id, present_key(&runner)).await?;
    store.close().await?;
    if stale.is_empty() {
        return output::line(format_args!(
            "every secret is sealed to the present key of runner {id}"
        ));
    }
    table(HEADER, stale.iter().map(row))
        .into_iter()
        .try_for_each(output::line)
}

const HEADER: [&str; 4] = ["KIND", "OBJECT", "SECRET", "SEALED TO"];

fn row(secret: &StaleSecret) -> [String; 4] {
    [
        kind(secret.kind).to_owned(),
        secret.object.to_string(),
        secret.field.to_owned(),
        fingerprint(&secret.sealed_to),
    ]
}
