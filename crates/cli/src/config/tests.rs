use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Arg, ArgAction, CommandFactory as _};

use super::command::text;
use super::file::{Given, parse};
use super::key::KEYS;
use super::layers::{Source, argument};

/// `runnerconf serve`.
fn serve() -> clap::Command {
    let mut program = crate::Arguments::command();
    program.build();
    program.find_subcommand("serve").unwrap().clone()
}

fn defaults(argument: &Arg) -> Vec<String> {
    match argument.get_action() {
        ArgAction::SetTrue => vec!["false".into()],
        _ => argument
            .get_default_values()
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect(),
    }
}

#[test]
fn each_argument_of_serve_is_a_setting_and_each_setting_an_argument() {
    let serve = serve();
    let arguments: BTreeSet<&str> = serve
        .get_arguments()
        .filter_map(Arg::get_long)
        .filter(|name| !["config", "help", "version"].contains(name))
        .collect();
    let settings: BTreeSet<&str> = KEYS.iter().map(|key| key.argument).collect();
    assert_eq!(arguments, settings);
    let variables: BTreeSet<String> = KEYS.iter().flat_map(|key| key.variables()).collect();
    assert!(variables.len() >= KEYS.len());
}

#[test]
fn sections_of_the_file_and_their_values_are_read_with_their_lines() {
    let (entries, faults) = parse(
        "[listen]\naddress = '127.0.0.1:80'\nplaintext = true\ndrain_delay = 1_000\n\n\
         [auth.oidc]\nissuer = \"a\"\n[cors]\norigins = ['b', 'c']",
        "f",
    );
    assert_eq!(faults, []);
    let found: Vec<(String, Given, usize)> = entries
        .into_iter()
        .map(|entry| (entry.key.path(), entry.given, entry.line))
        .collect();
    let one = |text: &str| Given::One(text.to_owned());
    let expected = [
        ("listen.address", one("127.0.0.1:80"), 2),
        ("listen.plaintext", Given::Switch(true), 3),
        ("listen.drain_delay", one("1000"), 4),
        ("auth.oidc.issuer", one("a"), 7),
        (
            "cors.origins",
            Given::Several(vec!["b".into(), "c".into()]),
            9,
        ),
    ]
    .map(|(path, given, line)| (path.to_owned(), given, line));
    assert_eq!(found, expected);
}

#[test]
fn all_faults_of_a_file_are_found_together_and_no_value_is_shown() {
    let (_, faults) = parse(
        "listen = 's3cret'\n[stroe]\ndata = 's3cret'\n[tls]\nkey = { a = 's3cret' }\npassword = 's3cret'\n",
        "f",
    );
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let starts = [
        "f:1: listen is a section: write [listen]",
        "f:2: unknown section or key stroe; the sections are listen, tls, ",
        "f:5: tls.key: ",
        "f:6: unknown key tls.password; [tls] has certificate, key, client_ca",
    ];
    assert_eq!(faults.len(), starts.len(), "{faults:?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault}");
        assert!(!fault.contains("s3cret"), "{fault}");
    }

    let (entries, faults) = parse(
        "[listen]\naddress = \n[tls]\nkey = s3cret\nkey = 's3cret'",
        "f",
    );
    assert!(entries.is_empty());
    assert!(faults.len() > 1, "{faults:?}");
    assert!(
        faults.iter().all(|fault| !fault.what.contains("s3cret")),
        "{faults:?}"
    );
}

const REFERENCE: &str = "docs/configuration.md";
const BEGIN: &str = "<!-- settings -->\n";
const END: &str = "<!-- end of the settings -->\n";

/// The reference, as the program has it.
fn reference() -> String {
    let serve = serve();
    let mut reference = String::from(BEGIN);
    let mut section = "";
    for key in KEYS {
        let argument = argument(&serve, key.argument).unwrap();
        if key.section != section {
            section = key.section;
            let _ = write!(
                reference,
                "\n### [{section}]\n\n| key | argument | variable | default | |\n|---|---|---|---|---|\n"
            );
        }
        let default = match defaults(argument) {
            values if values.is_empty() => String::new(),
            values => format!("`{}`", values.join(", ")),
        };
        let variables: Vec<String> = key.variables().map(|name| format!("`{name}`")).collect();
        let help = argument.get_help().unwrap().to_string();
        let help = help.replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(
            reference,
            "| `{}` | `--{}` | {} | {default} | {help} |",
            key.name,
            key.argument,
            variables.join(", "),
        );
    }
    let all = text(&serve, |_, argument| (defaults(argument), Source::Default));
    let _ = write!(
        reference,
        "\n## The defaults, as a file\n\n`runnerconf config show` prints this where nothing is set:\n\n```toml\n{all}```\n\n{END}"
    );
    reference
}

#[test]
fn the_reference_says_what_the_program_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(REFERENCE);
    let text = fs::read_to_string(&path).unwrap();
    let begin = text.find(BEGIN).unwrap();
    let end = text.find(END).unwrap() + END.len();
    let expected = reference();
    if text[begin..end] == expected {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_SNAPSHOTS").is_some(),
        "{REFERENCE} is not what the program does: run this test with UPDATE_SNAPSHOTS=1, and look at what changes"
    );
    let text = [&text[..begin], &expected, &text[end..]].concat();
    fs::write(path, text).unwrap();
}
