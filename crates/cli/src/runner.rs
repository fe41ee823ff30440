//! `runnerconf runner`: the runners, worked on in the store itself. Servers on the same store see changes at once.

mod apply;
pub(crate) mod file;
pub(crate) mod folder;
mod list;
mod plan;
mod remove;
mod schema;
mod secrets;

use clap::Subcommand;
use runner_configuration_service::seal::PublicKey;
use runner_configuration_service::store::{KeyFingerprint, ObjectCounts, Runner};

use crate::error::Error;
use crate::place;

/// Registers, shows and removes runners.
///
/// These commands work on the store itself, also while servers use it: they see the changes at once.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Apply(apply::Arguments),
    Plan(plan::Arguments),
    List(list::Arguments),
    Secrets(secrets::Arguments),
    Remove(remove::Arguments),
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    place::block_on(async {
        match arguments.command {
            Command::Apply(arguments) => apply::run(arguments).await,
            Command::Plan(arguments) => plan::run(arguments).await,
            Command::List(arguments) => list::run(arguments).await,
            Command::Secrets(arguments) => secrets::run(arguments).await,
            Command::Remove(arguments) => remove::run(arguments).await,
        }
    })
}

/// The key that secrets of this runner are sealed to at present.
fn present_key(runner: &Runner) -> Option<KeyFingerprint> {
    let key = PublicKey::new(runner.public_key.as_ref()?).ok()?;
    Some(key.fingerprint())
}

/// Enough of it to tell keys apart.
fn fingerprint(key: &KeyFingerprint) -> String {
    format!("{key:?}").chars().take(16).collect()
}

/// A runner as messages call it.
fn title(runner: &Runner) -> String {
    format!("runner {} ({})", runner.id, runner.name)
}

/// As in `3 objects (2 environment classes, 1 SCM integration)`.
pub(crate) fn describe(counts: &ObjectCounts) -> String {
    let kinds = [
        (
            counts.environment_classes,
            "environment class",
            "environment classes",
        ),
        (
            counts.host_authentication_tokens,
            "host authentication token",
            "host authentication tokens",
        ),
        (
            counts.scm_integrations,
            "SCM integration",
            "SCM integrations",
        ),
        (
            counts.llm_integrations,
            "LLM integration",
            "LLM integrations",
        ),
    ];
    let kinds: Vec<String> = kinds
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    let objects = if counts.total() == 1 {
        "object"
    } else {
        "objects"
    };
    format!("{} {objects} ({})", counts.total(), kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_words() {
        let counts = ObjectCounts {
            environment_classes: 2,
            scm_integrations: 1,
            ..ObjectCounts::default()
        };
        assert_eq!(
            describe(&counts),
            "3 objects (2 environment classes, 1 SCM integration)"
        );
        let counts = ObjectCounts {
            llm_integrations: 1,
            ..ObjectCounts::default()
        };
        assert_eq!(describe(&counts), "1 object (1 LLM integration)");
    }
}
