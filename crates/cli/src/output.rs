//! What the program says on its own standard output and standard error. Logs go through `tracing`.

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::error::Error;

/// One line on standard output, at once.
pub(crate) fn line(line: impl Display) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(Error::Output)
}

/// Several lines on standard output.
pub(crate) fn text(text: impl Display) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "{text}")
        .and_then(|()| stdout.flush())
        .map_err(Error::Output)
}

/// What a person wants to know beside the output, on standard error.
pub(crate) fn note(note: impl Display) {
    // Where that can't be written, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{note}");
}

/// What went wrong, on standard error.
pub(crate) fn complain(error: &Error) {
    // Where that can't be written, there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "error: {error}");
}
