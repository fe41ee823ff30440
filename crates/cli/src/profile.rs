//! Profiles: the servers that a person works with, in a file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcetera::BaseStrategy as _;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::secret;

/// One server, and where its key is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    pub(crate) url: Option<String>,
    key_file: Option<PathBuf>,
    key_command: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    default: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// The file with the profiles; it need not be there.
#[derive(Debug)]
pub(crate) struct Profiles {
    path: PathBuf,
    document: Document,
}

impl Profiles {
    /// Reads the file of this user.
    pub(crate) fn read() -> Result<Self, Error> {
        let folder = etcetera::choose_base_strategy().map_err(|_| Error::NoConfigFolder)?;
        let path = folder.config_dir().join("runnerconf").join("config.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(reason) => {
                let from = path.display().to_string();
                return Err(Error::Input { from, reason });
            }
        };
        let document = parse(&text).map_err(|what| Error::Profiles {
            path: path.clone(),
            what,
        })?;
        Ok(Self { path, document })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the profile that is used where nothing else is said.
    pub(crate) fn default(&self) -> Option<&str> {
        self.document.default.as_deref()
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Profile, Error> {
        let profiles = &self.document.profiles;
        profiles.get(name).ok_or_else(|| Error::NoProfile {
            name: name.to_owned(),
            path: self.path.clone(),
            known: profiles.keys().cloned().collect(),
        })
    }
}

impl Profile {
    /// The key, from where the profile says that it is; `None` where it says nothing.
    pub(crate) fn key(&self, profiles: &Path) -> Result<Option<Zeroizing<String>>, Error> {
        match (&self.key_file, &self.key_command) {
            (Some(file), _) => {
                let folder = profiles.parent().unwrap_or(Path::new("."));
                secret::from_file(&folder.join(expanded(file))).map(Some)
            }
            (None, Some(command)) => key_of_command(command).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn parse(text: &str) -> Result<Document, String> {
    // Its own text would show the line, which may hold a key that does not belong there.
    let document: Document = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        format!("line {line}: {}", error.message())
    })?;
    for (name, profile) in &document.profiles {
        let what = match (&profile.key_file, &profile.key_command) {
            (Some(_), Some(_)) => "has both key-file and key-command; keep one",
            (_, Some(command)) if command.is_empty() => "has an empty key-command",
            _ => continue,
        };
        return Err(format!("profile {name} {what}"));
    }
    Ok(document)
}

/// A path with the home folder in place of its `~`.
fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// What a command prints. It may ask for a passphrase on the terminal.
fn key_of_command(command: &[String]) -> Result<Zeroizing<String>, Error> {
    let name = command.first().cloned().unwrap_or_default();
    let failed = |what: String| Error::KeyCommand {
        name: name.clone(),
        what,
    };
    let output = Command::new(&name)
        .args(command.get(1..).unwrap_or_default())
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(format!("failed: {}", output.status)));
    }
    let text = str::from_utf8(&printed).map_err(|_| failed("printed no text".into()))?;
    secret::trimmed(text).ok_or_else(|| failed("printed nothing".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_no_key_is_shown() {
        for (text, error) in [
            ("defalt = 'a'", "line 1: unknown field `defalt`"),
            (
                "[profiles.a]\nurl = 'http://a'\nkey = 's3cret'",
                "line 3: unknown field `key`, expected one of `url`, `key-file`, `key-command`",
            ),
            ("[profiles.a]\nurl = s3cret", "line 2: "),
            ("[profiles.a]\nkey-file = 5", "line 2: invalid type"),
            (
                "[profiles.a]\nkey-file = 'k'\nkey-command = ['k']",
                "profile a has both key-file and key-command",
            ),
            (
                "[profiles.a]\nkey-command = []",
                "profile a has an empty key-command",
            ),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
            assert!(!found.contains("s3cret"), "{found}");
        }
    }

    #[test]
    fn a_command_prints_the_key() {
        let command = |text: &str| -> Vec<String> { ["sh", "-c", text].map(String::from).into() };
        let key = key_of_command(&command("echo ' a-key '")).unwrap();
        assert_eq!(*key, "a-key");
        for (text, what) in [
            ("exit 3", "sh failed: exit status: 3"),
            ("true", "sh printed nothing"),
            ("printf '\\377'", "sh printed no text"),
        ] {
            let error = key_of_command(&command(text)).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        let error = key_of_command(&["no-such-program".to_owned()]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("no-such-program cannot be run: "), "{error}");
    }
}
