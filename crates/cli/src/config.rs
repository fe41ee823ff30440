//! The settings of commands that work on a store, from a file, the environment and arguments.
//!
//! Each setting is an argument of a command: that says what it takes, checks it, and has its default and its help. What the
//! file and the environment say is checked value by value, so that all faults are found together, and then becomes arguments
//! for those that were not given.

mod command;
mod file;
mod key;
mod layers;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Command;

pub(crate) use self::command::{Arguments as ConfigCommand, show_or_check};
use self::layers::Layers;
use crate::error::Error;

/// Where the file is, unless `--config` says it.
const VARIABLE: &str = "RUNNERCONF_CONFIG";

/// The argument that names the file, of every command that takes settings from it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigFile {
    /// File with settings, in TOML; variables of the environment come before it, and arguments before both [default: the
    /// one in RUNNERCONF_CONFIG, if it is set]
    #[arg(long = "config", id = "config", value_name = "FILE")]
    _path: Option<PathBuf>,
}

/// The arguments, completed by what the file and the environment say.
///
/// # Errors
///
/// All faults of the file and the environment, together.
pub(crate) fn complete(
    program: &Command,
    mut arguments: Vec<OsString>,
) -> Result<Vec<OsString>, Error> {
    if let Some(layers) = Layers::read(program, &arguments)? {
        arguments.extend(layers.arguments());
    }
    Ok(arguments)
}
