//! `runnerconf audit forget`.

use std::time::SystemTime;

use runner_configuration_service::store::Store;

use crate::duration::Span;
use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Forgets the changes that are older than this.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  runnerconf audit forget --older-than 365d")]
pub(super) struct Arguments {
    /// Days or hours, as in 365d or 12h
    #[arg(long, value_name = "AGE")]
    older_than: Span,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let store = arguments.store.open_existing().await?;
    let before = arguments.older_than.before(SystemTime::now());
    let forgotten = store.forget_changes(before).await?;
    store.close().await?;
    let changes = if forgotten == 1 { "change" } else { "changes" };
    output::line(format_args!("forgot {forgotten} {changes}"))
}
