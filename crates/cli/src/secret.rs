//! Secrets that a command is given: from a file, from standard input, or typed without being shown. Never from an
//! argument: every user of the machine can see those of all processes.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::input::{Source, Stdin};

/// Where a secret is.
#[derive(Clone, Debug)]
pub(crate) struct SecretSource(Source);

impl From<OsString> for SecretSource {
    fn from(text: OsString) -> Self {
        Self(text.into())
    }
}

impl SecretSource {
    pub(crate) const STANDARD_INPUT: Self = Self(Source::StandardInput);

    /// The secret, without the white space around it. On a terminal `what` is asked for.
    pub(crate) fn read(&self, what: &str, stdin: &mut Stdin) -> Result<Zeroizing<String>, Error> {
        match &self.0 {
            Source::StandardInput if io::stdin().is_terminal() => ask(what),
            source => {
                let text = stdin.read(source)?;
                trimmed(&text).ok_or_else(|| Error::EmptySecret(source.to_string()))
            }
        }
    }
}

/// The secret in a file.
pub(crate) fn from_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    SecretSource(Source::File(path.to_owned())).read("", &mut Stdin::default())
}

/// What is left without the white space around it, if anything is.
pub(crate) fn trimmed(text: &str) -> Option<Zeroizing<String>> {
    let text = text.trim();
    (!text.is_empty()).then(|| Zeroizing::new(text.to_owned()))
}

fn ask(what: &str) -> Result<Zeroizing<String>, Error> {
    let from = "the terminal".to_owned();
    match rpassword::prompt_password(format!("{what}: ")) {
        Ok(text) => trimmed(&Zeroizing::new(text)).ok_or(Error::EmptySecret(from)),
        Err(reason) => Err(Error::Input { from, reason }),
    }
}
