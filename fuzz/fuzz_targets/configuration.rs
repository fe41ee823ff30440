//! Files with settings: each is read, or every fault of it is told with its line; and what is accepted value by value is
//! accepted as arguments of one command.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

#[path = "../../crates/cli/src/cors.rs"]
#[expect(dead_code, reason = "nothing is served")]
mod cors;
#[path = "../../crates/cli/src/duration.rs"]
#[expect(dead_code, reason = "no time passes")]
mod duration;

#[path = "../../crates/cli/src/config"]
mod config {
    mod file;
    mod key;
    #[expect(dead_code, reason = "the program also shows where settings come from")]
    mod layers;

    use std::ffi::OsString;
    use std::net::SocketAddr;
    use std::path::{Path, PathBuf};
    use std::sync::LazyLock;
    use std::{env, fs, process};

    use clap::builder::ValueParser;
    use clap::{Arg, ArgAction, Command, value_parser};

    use self::key::{KEYS, Key};
    use self::layers::Layers;
    use crate::cors::Origin;
    use crate::duration::Span;
    use crate::error::Error;

    const VARIABLE: &str = "RUNNERCONF_CONFIG";

    /// A command with all settings, that takes what `runnerconf serve` takes.
    static PROGRAM: LazyLock<Command> = LazyLock::new(|| {
        let config = Arg::new("config")
            .long("config")
            .value_parser(value_parser!(PathBuf));
        let serve = Command::new("serve")
            .arg(config)
            .args(KEYS.iter().map(argument));
        Command::new("runnerconf").subcommand(serve)
    });
    static FILE: LazyLock<PathBuf> =
        LazyLock::new(|| env::temp_dir().join(format!("runnerconf-fuzz-{}.toml", process::id())));

    fn argument(key: &Key) -> Arg {
        let argument = Arg::new(key.argument).long(key.argument);
        let value: ValueParser = match (key.section, key.name) {
            ("listen", "plaintext") | ("runners", "demo") => {
                return argument.action(ArgAction::SetTrue);
            }
            ("cors", _) => {
                let origin: fn(&str) -> Result<Origin, _> = str::parse;
                return argument.action(ArgAction::Append).value_parser(origin);
            }
            ("listen" | "metrics", "address" | "listen") => value_parser!(SocketAddr).into(),
            ("audit", _) => {
                let span: fn(&str) -> Result<Span, _> = str::parse;
                ValueParser::new(span)
            }
            ("log", "format") => ["text", "json"].into(),
            ("limits", "rate") => value_parser!(f64).into(),
            ("limits", _) => value_parser!(u32).into(),
            _ => ValueParser::string(),
        };
        argument.value_parser(value)
    }

    pub(crate) fn read(text: &str) {
        let (entries, faults) = file::parse(text, "f");
        let lines = 1..=text.matches('\n').count() + 1;
        for entry in &entries {
            assert!(lines.contains(&entry.line), "{entry:?}");
        }
        for fault in &faults {
            let line = fault
                .place
                .strip_prefix("f:")
                .and_then(|line| line.parse().ok());
            assert!(line.is_some_and(|line| lines.contains(&line)), "{fault:?}");
        }
        if !faults.is_empty() {
            return;
        }
        fs::write(&*FILE, text).unwrap();
        let arguments = [
            "runnerconf".into(),
            "serve".into(),
            "--config".into(),
            FILE.clone(),
        ];
        let mut arguments = arguments.map(OsString::from).to_vec();
        match Layers::read(&PROGRAM, &arguments) {
            Ok(layers) => {
                arguments.extend(layers.unwrap().arguments());
                if let Err(error) = PROGRAM.clone().try_get_matches_from(arguments) {
                    panic!("{error}");
                }
            }
            Err(Error::Configuration(faults)) => {
                let file = Path::new(&*FILE).display().to_string();
                for fault in &faults {
                    assert!(
                        fault.starts_with(&file) && !fault.contains('\n'),
                        "{faults:?}"
                    );
                }
                assert!(!faults.is_empty());
            }
            Err(Error::Start(error)) => panic!("{error}"),
        }
    }
}

/// Of the program's errors, those that reading settings may end with.
mod error {
    #[derive(Debug)]
    pub(crate) enum Error {
        Configuration(Vec<String>),
        Start(std::io::Error),
    }
}

fuzz_target!(|input: &[u8]| -> Corpus {
    // The program reads files as texts.
    match std::str::from_utf8(input) {
        Ok(text) => config::read(text),
        Err(_) => return Corpus::Reject,
    }
    Corpus::Keep
});
