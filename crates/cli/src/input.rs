//! Where texts come from: files and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::error::Error;

/// Larger than any request may be.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where a text is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    StandardInput,
    File(PathBuf),
}

impl From<std::ffi::OsString> for Source {
    fn from(text: std::ffi::OsString) -> Self {
        if text == "-" {
            Self::StandardInput
        } else {
            Self::File(text.into())
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StandardInput => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Standard input, which only one thing can be read from.
#[derive(Debug, Default)]
pub(crate) struct Stdin {
    is_taken: bool,
}

impl Stdin {
    /// The text of a source, which may hold secrets.
    pub(crate) fn read(&mut self, source: &Source) -> Result<Zeroizing<String>, Error> {
        if matches!(source, Source::StandardInput) {
            if self.is_taken {
                return Err(Error::StdinTwice);
            }
            self.is_taken = true;
        }
        source.read()
    }
}

impl Source {
    /// The text, which may hold secrets.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, Error> {
        let mut text = Zeroizing::new(String::new());
        let read = match self {
            Self::StandardInput => read(io::stdin().lock(), &mut text),
            Self::File(path) => File::open(path).and_then(|file| read(file, &mut text)),
        };
        read.map_err(|reason| Error::Input {
            from: self.to_string(),
            reason,
        })?;
        Ok(text)
    }
}

fn read(source: impl Read, text: &mut String) -> io::Result<()> {
    let read = source.take(MAX_BYTES + 1).read_to_string(text)?;
    if read as u64 > MAX_BYTES {
        let what = format!("it is larger than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(())
}
