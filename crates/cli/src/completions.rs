//! `runnerconf completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::error::Error;
use crate::output;

/// Prints what a shell needs to complete the commands and arguments of this program.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runnerconf completions bash > ~/.local/share/bash-completion/completions/runnerconf
  runnerconf completions zsh > \"${fpath[1]}/_runnerconf\"
  runnerconf completions fish > ~/.config/fish/completions/runnerconf.fish")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run<Program: CommandFactory>(arguments: &Arguments) -> Result<(), Error> {
    let mut text = Vec::new();
    let mut program = Program::command();
    clap_complete::generate(arguments.shell, &mut program, "runnerconf", &mut text);
    output::line(String::from_utf8_lossy(&text).trim_end())
}
