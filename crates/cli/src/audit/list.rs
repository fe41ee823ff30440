//! `runnerconf audit list`.

use runner_configuration_service::store::Store;

use super::record::Record;
use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Shows the record of changes, oldest first, as one JSON object in a line.
///
/// by is a subject, or operator for what runnerconf itself did on this machine. outcome is created, updated, deleted,
/// revoked, or deleted-along for what went with another object, whose record follows with the same action.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runnerconf audit list
  runnerconf audit list --after 4711 --limit 100
  runnerconf audit list | jq 'select(.by == \"user:0195f2b1-7c00-7000-8000-000000000001\")'")]
pub(super) struct Arguments {
    /// Only changes after the one with this sequence number
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: u64,

    /// At most this many [default: all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,

    #[command(flatten)]
    store: StoreArguments,
}

/// How many are read at once, so that a long record does not have to fit into memory.
const PAGE: usize = 1000;

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let store = arguments.store.open_existing().await?;
    let mut after = arguments.after;
    let mut left = arguments.limit.unwrap_or(usize::MAX);
    while left > 0 {
        let page = store.changes(after, left.min(PAGE)).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        left -= page.len();
        for change in page {
            let record = serde_json::to_string(&Record::from(change)).map_err(Error::Json)?;
            output::line(record)?;
        }
    }
    store.close().await?;
    Ok(())
}
