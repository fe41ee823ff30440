//! `runnerconf man-pages`, for those who package the program.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;

use crate::error::Error;

/// Writes the manual pages of this program and of all its commands into a folder, in section 1.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder, which is made if it is missing
    folder: PathBuf,
}

pub(crate) fn run<Program: CommandFactory>(arguments: &Arguments) -> Result<(), Error> {
    fs::create_dir_all(&arguments.folder)
        .and_then(|()| clap_mangen::generate_to(Program::command(), &arguments.folder))
        .map_err(|reason| Error::ManPages {
            path: arguments.folder.clone(),
            reason,
        })
}
