//! `runnerconf runner plan`.

use std::path::PathBuf;

use runner_configuration_service::store::Store as _;

use super::folder;
use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Shows what the runner files of a folder would change, and changes nothing.
///
/// runnerconf serve --runners makes these changes when it starts, and at SIGHUP. Runners that no file names stay as they are.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The folder's files whose names end in .yaml, .yml or .json are runner files: runnerconf runner apply --help shows
what they hold.

Example:
  runnerconf runner plan --folder /etc/runnerconf/runners"
)]
pub(super) struct Arguments {
    /// The folder of runner files
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let files = folder::read(&arguments.folder)?;
    let store = arguments.store.open_existing().await?;
    let steps = folder::plan(&store, files).await?;
    store.close().await?;
    steps.iter().try_for_each(output::line)
}
