//! `runnerconf runner apply`.

use std::time::SystemTime;

use runner_configuration_service::store::{Change, Runner, RunnerPut, Store};

use super::file::{self, RunnerFile};
use super::{present_key, title};
use crate::error::Error;
use crate::input::Source;
use crate::output;
use crate::place::StoreArguments;

/// Registers the runners of a file, or changes them.
///
/// A runner is registered when its id is new, and changed when it is there already. What it has besides (environment
/// classes, integrations, tokens) stays as it is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A runner file is YAML or JSON, with one runner or several documents:

  id: d2c94c27-3b76-4a42-b88c-95a85e392c68
  name: Frankfurt
  kind: remote                # or local_configuration; RUNNER_KIND_REMOTE is the same as remote
  provider: aws_ec2           # or gcp, managed, dev_agent
  publicKey: bm90IGEgcmVhbCBrZXksIGp1c3QgMzIgYnl0ZXMhISE=   # X25519, 32 bytes in base64
  schema:                     # gitpod.v1.RunnerConfigurationSchema in proto3 JSON
    version: \"1\"
    environmentClasses:
      - {id: cpu, name: CPUs, required: true, int: {min: 1, max: 128}}
    scm:
      - {scmId: github, name: GitHub, defaultHosts: [github.com], pat: {}}

publicKey and schema may come later: without them a runner keeps those that it has, and null takes them away.

Examples:
  runnerconf runner apply -f runner.yaml
  generate-runner | runnerconf runner apply -f -"
)]
pub(super) struct Arguments {
    /// The runner file; - reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: Source,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Error> {
    let text = arguments.file.read()?;
    let runners = file::parse(&text).map_err(|what| Error::RunnerFile {
        from: arguments.file.to_string(),
        what,
    })?;
    let store = arguments.store.open().await?;
    for runner in runners {
        let (runner, put) = apply(&store, runner).await?;
        let done = match put {
            RunnerPut::Created => "created",
            RunnerPut::Updated => "updated",
            RunnerPut::Unchanged => "unchanged:",
        };
        output::line(format_args!("{done} {}", title(&runner)))?;
        let stale = store.stale_secrets(runner.id, present_key(&runner)).await?;
        if !stale.is_empty() {
            output::note(format_args!(
                "{} of its secrets were sealed to another key and have to be entered again: runnerconf runner secrets {} \
                 lists them",
                stale.len(),
                runner.id
            ));
        }
    }
    store.close().await?;
    Ok(())
}

async fn apply(store: &impl Store, file: RunnerFile) -> Result<(Runner, RunnerPut), Error> {
    let current = store.runner(file.id).await?;
    let runner = file.over(current);
    let change = Change::by_operator("runner apply", SystemTime::now());
    let put = store.put_runner(change, runner.clone()).await?;
    Ok((runner, put))
}
