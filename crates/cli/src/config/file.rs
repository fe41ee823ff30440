//! The file: TOML, of which every key has to be known.

use std::fmt;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{KEYS, Key};

/// A value of the file, as an argument would have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    /// Of a switch.
    Switch(bool),
    One(String),
    Several(Vec<String>),
}

/// A value, and the line that it is on.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: &'static Key,
    pub(super) given: Given,
    pub(super) line: usize,
}

/// Something that is wrong, at some place of the file or in the environment.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    /// As in `/etc/runnerconf.toml:3`.
    pub(super) place: String,
    /// Never with the value: it may be a secret that does not belong there.
    pub(super) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a file says, and all that is wrong with it.
pub(super) fn read(path: &Path) -> (Vec<Entry>, Vec<Fault>) {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text, &path.display().to_string()),
        Err(error) => {
            let fault = Fault {
                place: path.display().to_string(),
                what: format!("cannot be read: {error}; check the path and the permissions"),
            };
            (Vec::new(), vec![fault])
        }
    }
}

pub(super) fn parse(text: &str, path: &str) -> (Vec<Entry>, Vec<Fault>) {
    let mut reader = Reader {
        text,
        path,
        entries: Vec::new(),
        faults: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let start = error.span().map_or(0, |span| span.start);
        reader.fault(start, error.message().to_owned());
    }
    if reader.faults.is_empty() {
        reader.section("", table.get_ref());
    }
    (reader.entries, reader.faults)
}

struct Reader<'a> {
    text: &'a str,
    path: &'a str,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let start = name.span().start;
            let name = name.get_ref().as_ref();
            let path = match section {
                "" => name.to_owned(),
                section => format!("{section}.{name}"),
            };
            if let Some(key) = KEYS.iter().find(|key| key.path() == path) {
                self.entry(key, start, value);
            } else if !is_section(&path) {
                self.fault(start, unknown(section, &path));
            } else if let DeValue::Table(table) = value.get_ref() {
                self.section(&path, table);
            } else {
                self.fault(start, format!("{path} is a section: write [{path}]"));
            }
        }
    }

    fn entry(&mut self, key: &'static Key, start: usize, value: &Spanned<DeValue<'_>>) {
        match given(value.get_ref()) {
            Some(given) => {
                let line = self.line(start);
                self.entries.push(Entry { key, given, line });
            }
            None => {
                let found = value.get_ref().type_str();
                let expected = "a text, a number, true, false, or a list of texts";
                self.fault(
                    start,
                    format!("{}: {found} instead of {expected}", key.path()),
                );
            }
        }
    }

    fn fault(&mut self, start: usize, what: String) {
        self.faults.push(Fault {
            place: format!("{}:{}", self.path, self.line(start)),
            what,
        });
    }

    fn line(&self, start: usize) -> usize {
        let before = self.text.get(..start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

fn given(value: &DeValue<'_>) -> Option<Given> {
    match value {
        DeValue::Boolean(value) => Some(Given::Switch(*value)),
        DeValue::Array(values) => {
            let values = values.iter().map(|value| one(value.get_ref()));
            values.collect::<Option<_>>().map(Given::Several)
        }
        value => one(value).map(Given::One),
    }
}

fn one(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        // 1_000 is 1000.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
        DeValue::Float(number) => Some(number.as_str().replace('_', "")),
        _ => None,
    }
}

fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| {
        key.section
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// That a name is unknown, with those that there are at its place.
fn unknown(section: &str, path: &str) -> String {
    if section.is_empty() {
        let mut sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
        sections.dedup();
        return format!(
            "unknown section or key {path}; the sections are {}",
            sections.join(", ")
        );
    }
    let keys = KEYS.iter().filter(|key| key.section == section);
    let keys: Vec<&str> = keys.map(|key| key.name).collect();
    format!("unknown key {path}; [{section}] has {}", keys.join(", "))
}
