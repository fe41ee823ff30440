//! Which setting comes from where: arguments before the environment, before the file, before defaults.

use std::env;
use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::VARIABLE;
use super::file::{self, Fault, Given};
use super::key::{KEYS, Key, variable};
use crate::error::Error;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Default,
    File { path: PathBuf, line: usize },
    Environment(String),
    Argument(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Argument(name) => write!(f, "--{name}"),
        }
    }
}

/// A value that is not an argument yet.
#[derive(Debug)]
struct Setting {
    key: &'static Key,
    given: Given,
    source: Source,
}

/// What a command is to be told besides its arguments.
#[derive(Debug)]
pub(super) struct Layers {
    settings: Vec<Setting>,
    given: Vec<&'static str>,
}

impl Layers {
    /// For the command that these arguments name; `None` for one that takes no settings.
    pub(super) fn read(program: &Command, arguments: &[OsString]) -> Result<Option<Self>, Error> {
        let Some((command, matches)) = leaf(program, arguments) else {
            return Ok(None);
        };
        let mut faults = Vec::new();
        let mut settings = Vec::new();
        if let Some(path) = path(&matches)? {
            let (entries, found) = file::read(&path);
            let folder = path.parent().unwrap_or(Path::new("/"));
            faults.extend(found);
            settings.extend(entries.into_iter().map(|entry| Setting {
                key: entry.key,
                given: absolute(entry.key, entry.given, folder),
                source: Source::File {
                    path: path.clone(),
                    line: entry.line,
                },
            }));
        }
        from_environment(&command, &mut settings, &mut faults);
        settings.retain(|setting| match check(&command, setting) {
            Ok(is_used) => is_used,
            Err(what) => {
                faults.push(setting.fault(&what));
                false
            }
        });
        if !faults.is_empty() {
            let faults = faults.iter().map(Fault::to_string).collect();
            return Err(Error::Configuration(faults));
        }
        let given = KEYS
            .iter()
            .map(|key| key.argument)
            .filter(|name| is_given(&command, &matches, name));
        Ok(Some(Self {
            given: given.collect(),
            settings,
        }))
    }

    /// What to add to the arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = OsString> {
        let keys = KEYS
            .iter()
            .filter(|key| !self.given.contains(&key.argument));
        keys.filter_map(|key| self.setting(key))
            .flat_map(|setting| arguments(setting.key, &setting.given))
    }

    pub(super) fn source(&self, key: &Key) -> Source {
        if self.given.contains(&key.argument) {
            return Source::Argument(key.argument);
        }
        self.setting(key)
            .map_or(Source::Default, |setting| setting.source.clone())
    }

    /// What counts most, which was added last.
    fn setting(&self, key: &Key) -> Option<&Setting> {
        let path = key.path();
        self.settings
            .iter()
            .rfind(|setting| setting.key.path() == path)
    }
}

impl Setting {
    fn fault(&self, what: &str) -> Fault {
        Fault {
            place: self.source.to_string(),
            what: format!("{}: {what}", self.key.path()),
        }
    }
}

/// The command that is meant, if it takes settings, and what can be understood of its arguments.
fn leaf(program: &Command, arguments: &[OsString]) -> Option<(Command, ArgMatches)> {
    let mut command = program.clone();
    command.build();
    // Arguments may need others that are in the file.
    let lenient = program.clone().ignore_errors(true);
    // Otherwise, as for --help, there is nothing to run.
    let mut matches = lenient.try_get_matches_from(arguments).ok()?;
    while let Some((name, inner)) = matches.remove_subcommand() {
        command = command.find_subcommand(&name)?.clone();
        matches = inner;
    }
    argument(&command, "config")?;
    Some((command, matches))
}

pub(super) fn argument<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    command
        .get_arguments()
        .find(|argument| argument.get_long() == Some(name))
}

fn is_given(command: &Command, matches: &ArgMatches, name: &str) -> bool {
    argument(command, name).is_some_and(|argument| {
        matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    })
}

fn path(matches: &ArgMatches) -> Result<Option<PathBuf>, Error> {
    let path = match matches.get_one::<PathBuf>("config") {
        Some(path) => Some(path.clone()),
        None => env::var_os(VARIABLE)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
    };
    path.map(|path| std::path::absolute(path).map_err(Error::Start))
        .transpose()
}

/// What the environment says. Variables whose names begin like those of a section, but are none of it, are faults.
fn from_environment(command: &Command, settings: &mut Vec<Setting>, faults: &mut Vec<Fault>) {
    for key in KEYS {
        let set = key.variables().find_map(|name| {
            Some((
                env::var_os(&name).filter(|value| counts(&name, value))?,
                name,
            ))
        });
        let Some((value, name)) = set else { continue };
        let Some(value) = value.to_str() else {
            faults.push(Fault {
                place: name,
                what: "is not Unicode".into(),
            });
            continue;
        };
        let given = match (action(command, key), value) {
            (Some(ArgAction::SetTrue), "true") => Given::Switch(true),
            (Some(ArgAction::SetTrue), "false") => Given::Switch(false),
            (Some(ArgAction::Append), values) => {
                let values = values.split(',').map(|value| value.trim().to_owned());
                Given::Several(values.filter(|value| !value.is_empty()).collect())
            }
            (_, value) => Given::One(value.to_owned()),
        };
        settings.push(Setting {
            key,
            given,
            source: Source::Environment(name),
        });
    }
    let mut unknown: Vec<String> = env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| is_unknown(name))
        .collect();
    unknown.sort();
    faults.extend(unknown.into_iter().map(|place| Fault {
        place,
        what: "is no setting; docs/configuration.md lists them".into(),
    }));
}

/// For OpenTelemetry, a variable that is empty is not set.
fn counts(name: &str, value: &OsStr) -> bool {
    !(name.starts_with("OTEL_") && value.is_empty())
}

fn is_unknown(name: &str) -> bool {
    let in_section = |key: &Key| {
        let rest = name.strip_prefix(&variable(key.section));
        rest.is_some_and(|rest| rest.starts_with('_'))
    };
    KEYS.iter().any(in_section) && KEYS.iter().all(|key| key.variable() != name)
}

fn action<'c>(command: &'c Command, key: &Key) -> Option<&'c ArgAction> {
    argument(command, key.argument).map(Arg::get_action)
}

/// Whether the value is for this command, if it is one for its argument; otherwise what is wrong with it.
fn check(command: &Command, setting: &Setting) -> Result<bool, String> {
    let Some(action) = action(command, setting.key) else {
        return Ok(false);
    };
    match (action, &setting.given) {
        (ArgAction::SetTrue, Given::Switch(_)) => return Ok(true),
        (ArgAction::SetTrue, _) => return Err("write true or false".into()),
        (_, Given::Switch(_)) => return Err("is no switch: true and false mean nothing".into()),
        (ArgAction::Append, Given::One(_)) => {
            return Err("write a list, as in [\"one\", \"two\"]".into());
        }
        (ArgAction::Set, Given::Several(_)) => return Err("takes one value, not a list".into()),
        (_, _) => {}
    }
    let program = OsString::from("runnerconf");
    let arguments = [program].into_iter();
    let arguments = arguments.chain(arguments_of(setting));
    let alone = command.clone().no_binary_name(false);
    match alone.try_get_matches_from(arguments) {
        Err(error) if error.kind() == ErrorKind::ValueValidation => Err(match error.source() {
            Some(what) => what.to_string(),
            None => "cannot be understood".into(),
        }),
        Err(error) if error.kind() == ErrorKind::InvalidValue => Err(possible(command, setting)),
        // What it needs besides may come from elsewhere.
        _ => Ok(true),
    }
}

fn arguments_of(setting: &Setting) -> impl Iterator<Item = OsString> {
    arguments(setting.key, &setting.given)
}

/// The values that there are.
fn possible(command: &Command, setting: &Setting) -> String {
    let values: Vec<String> = argument(command, setting.key.argument)
        .map(Arg::get_possible_values)
        .unwrap_or_default()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    match values.is_empty() {
        true => "needs a value".into(),
        false => format!("must be one of {}", values.join(", ")),
    }
}

fn arguments(key: &Key, given: &Given) -> impl Iterator<Item = OsString> {
    let name = key.argument;
    let with = |value: &String| OsString::from(format!("--{name}={value}"));
    let arguments: Vec<OsString> = match given {
        Given::Switch(false) => Vec::new(),
        Given::Switch(true) => vec![format!("--{name}").into()],
        Given::One(value) => vec![with(value)],
        Given::Several(values) => values.iter().map(with).collect(),
    };
    arguments.into_iter()
}

/// A path of a file counts from the folder of that file: the working folder is another one for each who starts the program.
fn absolute(key: &Key, given: Given, folder: &Path) -> Given {
    match given {
        Given::One(path) if PATHS.contains(&key.argument) => {
            Given::One(folder.join(path).to_string_lossy().into_owned())
        }
        given => given,
    }
}

/// The arguments that are paths.
const PATHS: [&str; 8] = [
    "tls-cert",
    "tls-key",
    "tls-client-ca",
    "data",
    "database-password-file",
    "database-ca",
    "otlp-headers-file",
    "runners",
];
