//! Where a runner file comes from.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use super::file::{self, RunnerFile};
use crate::error::Error;

/// Larger than any schema that a request could carry.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where a runner file is.
#[derive(Clone, Debug)]
pub(super) enum Source {
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

/// Reads all runners of a file. One that is wrong makes the whole file wrong.
pub(super) fn read(source: &Source) -> Result<Vec<RunnerFile>, Error> {
    let mut text = String::new();
    let read = match source {
        Source::StandardInput => io::stdin()
            .lock()
            .take(MAX_BYTES + 1)
            .read_to_string(&mut text),
        Source::File(path) => {
            File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
        }
    };
    let from = source.to_string();
    match read {
        Err(reason) => Err(Error::Input { from, reason }),
        Ok(read) if read as u64 > MAX_BYTES => {
            let what = format!("it is larger than {} MiB", MAX_BYTES >> 20);
            Err(Error::RunnerFile { from, what })
        }
        Ok(_) => file::parse(&text).map_err(|what| Error::RunnerFile { from, what }),
    }
}
