//! `runnerconf config`.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command, Subcommand};

use super::key::{KEYS, Key};
use super::layers::{Layers, Source, argument};
use crate::error::Error;
use crate::{output, place, serve};

/// Shows the settings of runnerconf serve, and says what is wrong with them.
///
/// Both commands take the arguments of runnerconf serve, and start nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Config,
}

#[derive(Debug, Subcommand)]
enum Config {
    /// Says what is wrong with the settings: all that can be told without a database or another server.
    Check(serve::Arguments),
    /// Shows all settings as a configuration file, with where each comes from.
    Show(serve::Arguments),
}

/// Runs it; `given` is the whole command line before it was completed, and `matches` after that.
pub(crate) fn show_or_check(
    arguments: &Arguments,
    program: &Command,
    given: &[OsString],
    matches: &ArgMatches,
) -> Result<(), Error> {
    match &arguments.command {
        Config::Check(arguments) => {
            let faults = arguments.faults();
            if !faults.is_empty() {
                let faults = faults.iter().map(Error::to_string).collect();
                return Err(Error::Configuration(faults));
            }
            output::line("the settings are in order")
        }
        Config::Show(_) => {
            let layers = Layers::read(program, given)?;
            let show = matches
                .subcommand_matches("config")
                .and_then(|config| config.subcommand_matches("show"));
            let mut program = program.clone();
            program.build();
            let command = program
                .find_subcommand("config")
                .and_then(|config| config.find_subcommand("show"));
            let (Some(layers), Some(matches), Some(command)) = (layers, show, command) else {
                return Ok(());
            };
            let text = text(command, |key, argument| {
                (values(argument, matches), layers.source(key))
            });
            output::text(text)
        }
    }
}

/// All settings in TOML; those without a value as comments.
pub(super) fn text(
    command: &Command,
    value: impl Fn(&Key, &Arg) -> (Vec<String>, Source),
) -> String {
    let mut text = String::new();
    let mut section = "";
    for key in KEYS {
        let Some(argument) = argument(command, key.argument) else {
            continue;
        };
        if key.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = key.section;
            let _ = writeln!(text, "{gap}[{section}]");
        }
        let (values, source) = value(key, argument);
        let name = key.name;
        let _ = match written(key, argument, &values) {
            Some(value) => writeln!(text, "{name} = {value} # {source}"),
            None => writeln!(text, "# {name}: not set"),
        };
    }
    text
}

fn values(argument: &Arg, matches: &ArgMatches) -> Vec<String> {
    let id = argument.get_id().as_str();
    if let ArgAction::SetTrue = argument.get_action() {
        return vec![matches.get_flag(id).to_string()];
    }
    let values = matches.get_raw(id).into_iter().flatten();
    values
        .map(|value| value.to_string_lossy().into_owned())
        .collect()
}

/// A value in TOML.
fn written(key: &Key, argument: &Arg, values: &[String]) -> Option<String> {
    let quoted = |value: &String| {
        let shown = if key.argument == "database" {
            place::without_user(value)
        } else {
            value.clone()
        };
        // A text in JSON is one in TOML.
        serde_json::Value::String(shown).to_string()
    };
    let first = values.first();
    match argument.get_action() {
        ArgAction::SetTrue => first.cloned(),
        ArgAction::Append => {
            let values: Vec<String> = values.iter().map(quoted).collect();
            Some(format!("[{}]", values.join(", ")))
        }
        _ => first.map(|value| match value.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => quoted(value),
        }),
    }
}
