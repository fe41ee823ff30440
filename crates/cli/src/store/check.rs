//! `runnerconf store check`.

use runner_configuration_service::store::check::check;

use crate::error::Error;
use crate::output;
use crate::place::StoreArguments;

/// Checks whether what is stored is what it has to be.
///
/// Looks at the database's structure (SQLite) and at every row: whether messages can be decoded, and agree with the
/// columns beside them; whether what they refer to is there; whether what must be there once is there once. Every fault
/// is a line of standard output, and if there is one, the exit code is 1. Servers may go on meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runnerconf store check
  runnerconf store check --database sqlite://backup.db
  runnerconf store check --database postgres://runnerconf@db.example.com/runnerconf")]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let place = arguments.store.place()?;
    let mut tables = place.existing_tables("--data or --database").await?;
    let (mut faults, mut printed) = (0, Ok(()));
    let looked_at = check(tables.as_mut(), &mut |fault| {
        faults += 1;
        if printed.is_ok() {
            printed = output::line(fault);
        }
    })
    .await?;
    printed?;
    if faults > 0 {
        return Err(Error::Faults(faults));
    }
    output::line(format_args!("no fault in {looked_at} rows"))
}
