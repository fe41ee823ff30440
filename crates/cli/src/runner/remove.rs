//! `runnerconf runner remove`.

use std::time::SystemTime;

use runner_configuration_service::store::{Change, RunnerRemoved, Store};
use uuid::Uuid;

use super::describe;
use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Removes a runner.
///
/// A runner that still has environment classes, integrations or tokens is removed with --force only, and they are
/// removed with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf runner remove d2c94c27-3b76-4a42-b88c-95a85e392c68")]
pub(super) struct Arguments {
    /// Id of the runner
    id: Uuid,

    /// Remove it also where it still has objects, and them with it
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { id, force, store } = arguments;
    let store = store.open_existing().await?;
    let change = Change::by_operator("runner remove", SystemTime::now());
    let removed = store.remove_runner(change, id, force).await?;
    store.close().await?;
    match removed {
        RunnerRemoved::Done(counts) if counts.total() == 0 => {
            output::line(format_args!("removed runner {id}"))
        }
        RunnerRemoved::Done(counts) => output::line(format_args!(
            "removed runner {id} and its {}",
            describe(&counts)
        )),
        RunnerRemoved::NotFound => Err(Error::NoRunner(id)),
        RunnerRemoved::HasObjects(counts) => Err(Error::HasObjects { id, counts }),
    }
}
