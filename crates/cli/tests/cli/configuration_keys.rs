//! That every setting does something: the test that shows it, for each, and those tests that are nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use runner_configuration::v1::{RunnerKind, RunnerProvider};
use runner_configuration_service::store::sqlite::{FILE_NAME, SqliteStore};
use runner_configuration_service::store::{Change, Runner, Store as _};
use serde_json::json;
use uuid::Uuid;

use crate::provider::{AUDIENCE, Behaviour, Provider, Signer};
use crate::support::{Folder, Server, complaint, printed, runnerconf};

/// A test in which a setting changes what the running program does: its module and its name.
struct Shown(&'static str, &'static str, &'static str);

const SHOWN: &[Shown] = &[
    Shown("listen.address", HERE, "it_listens_where_the_file_says"),
    Shown("listen.plaintext", HERE, "it_listens_where_the_file_says"),
    Shown(
        "listen.drain_delay",
        "observed",
        "a_server_that_drains_is_not_ready_and_still_answers",
    ),
    Shown(
        "listen.shutdown_timeout",
        "shutdown",
        "a_call_that_does_not_end_is_cut_off_at_the_deadline",
    ),
    Shown(
        "tls.certificate",
        "transport",
        "a_new_certificate_is_used_after_sighup_and_a_broken_one_is_not",
    ),
    Shown(
        "tls.key",
        "transport",
        "a_new_certificate_is_used_after_sighup_and_a_broken_one_is_not",
    ),
    Shown(
        "tls.client_ca",
        "transport",
        "with_client_authorities_only_their_clients_get_in",
    ),
    Shown(
        "cors.origins",
        "transport",
        "other_origins_may_call_only_where_they_are_configured",
    ),
    Shown(
        "auth.oidc.issuer",
        "oidc",
        "tokens_and_keys_work_side_by_side_each_with_its_role",
    ),
    Shown(
        "auth.oidc.audience",
        "oidc",
        "bad_tokens_and_bad_keys_are_refused_alike",
    ),
    Shown(
        "auth.oidc.jwks",
        HERE,
        "the_keys_of_a_provider_are_where_the_file_says",
    ),
    Shown(
        "auth.oidc.role_claim",
        HERE,
        "the_keys_of_a_provider_are_where_the_file_says",
    ),
    Shown(
        "store.data",
        "config",
        "a_server_is_run_by_a_file_and_its_commands_find_the_store_there",
    ),
    Shown("store.database", HERE, "the_store_is_where_the_file_says"),
    Shown(
        "store.password_file",
        "postgres",
        "the_password_comes_from_a_file_or_the_environment_and_shows_nowhere",
    ),
    Shown("store.ca", "postgres", "tls_is_verified"),
    Shown(
        "runners.folder",
        "config",
        "runner_files_of_a_folder_are_applied_at_the_start_and_at_sighup",
    ),
    Shown(
        "runners.demo",
        "config",
        "a_server_is_run_by_a_file_and_its_commands_find_the_store_there",
    ),
    Shown(
        "audit.retention",
        HERE,
        "changes_are_forgotten_when_they_are_as_old_as_the_file_says",
    ),
    Shown(
        "metrics.listen",
        "observed",
        "calls_are_counted_by_rpc_protocol_and_code",
    ),
    Shown("log.filter", HERE, "as_much_is_logged_as_the_file_says"),
    Shown(
        "log.format",
        "observed",
        "a_call_is_one_line_of_the_log_with_what_is_known_of_it",
    ),
];

const HERE: &str = "configuration_keys";

/// The sections that have a module of tests for themselves.
const SECTIONS: &[(&str, &str)] = &[("limits", "limits"), ("otlp", "otlp")];

/// The settings that there are, as `runnerconf config show` lists them.
fn settings() -> BTreeSet<String> {
    let mut section = String::new();
    let mut settings = BTreeSet::new();
    for line in printed(runnerconf(["config", "show"])).lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some((key, _)) = line.split_once(" = ").or(line.split_once(": not set")) {
            settings.insert(format!("{section}.{}", key.trim_start_matches("# ")));
        }
    }
    settings
}

/// The argument of a setting, as the reference of the configuration has it.
fn argument(setting: &str) -> String {
    let (section, key) = setting.rsplit_once('.').unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let reference = fs::read_to_string(path).unwrap();
    let (_, rest) = reference.split_once(&format!("### [{section}]\n")).unwrap();
    let (_, row) = rest.split_once(&format!("\n| `{key}` | `")).unwrap();
    row.split('`').next().unwrap().to_owned()
}

#[test]
fn every_setting_has_a_test_that_shows_what_it_does() {
    let settings = settings();
    let listed: BTreeSet<&str> = SHOWN.iter().map(|shown| shown.0).collect();
    assert_eq!(listed.len(), SHOWN.len(), "one line for each setting");
    for setting in listed {
        assert!(settings.contains(setting), "{setting} is no setting");
    }
    for setting in &settings {
        let (section, key) = setting.rsplit_once('.').unwrap();
        let of_section = SECTIONS.iter().find(|(name, _)| *name == section);
        let source = match (SHOWN.iter().find(|shown| shown.0 == setting), of_section) {
            (Some(Shown(_, module, test)), _) => {
                let source = source(module);
                let is_test = source.contains(&format!("#[test]\nfn {test}() {{\n"));
                assert!(is_test, "{setting}: there is no test {module}::{test}");
                source
            }
            (None, Some((_, module))) => source(module),
            (None, None) => panic!("name a test that shows what {setting} does"),
        };
        // It may be given in a function that the test calls.
        let variable = format!("RUNNERCONF_{}", setting.to_uppercase().replace('.', "_"));
        let names = [
            format!("\"{}\"", argument(setting)),
            format!("{key} = "),
            variable,
        ];
        let is_given = names.iter().any(|name| source.contains(name));
        assert!(is_given, "no test sets {setting} where it should");
    }
}

fn source(module: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    fs::read_to_string(folder.join(format!("{module}.rs"))).unwrap()
}

/// `runnerconf serve` with this file, and its data in the folder, unless the file says otherwise.
fn serve(folder: &Folder, file: &str) -> Command {
    let file = folder.file("config.toml", file);
    let mut serve = runnerconf(["serve", "--config"]);
    serve.arg(file);
    serve
}

/// Starts a server that is killed as soon as it has said where it listens; returns that.
fn announced(mut serve: Command) -> String {
    let mut process = serve
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let read = BufReader::new(process.stdout.take().unwrap()).read_line(&mut line);
    process.kill().unwrap();
    process.wait().unwrap();
    read.unwrap();
    line
}

#[test]
fn it_listens_where_the_file_says() {
    let folder = Folder::new();
    let elsewhere = "[listen]\naddress = '127.0.0.2:0'\n[store]\ndata = 'data'\n";
    let line = announced(serve(&folder, elsewhere));
    assert!(line.starts_with("listening on http://127.0.0.2:"), "{line}");

    let everywhere = elsewhere.replace("127.0.0.2", "0.0.0.0");
    let refused = complaint(serve(&folder, &everywhere));
    assert!(refused.contains("--plaintext"), "{refused}");
    let asked_for = everywhere.replace("[store]", "plaintext = true\n[store]");
    let line = announced(serve(&folder, &asked_for));
    assert!(line.starts_with("listening on http://0.0.0.0:"), "{line}");
}

#[test]
fn the_keys_of_a_provider_are_where_the_file_says() {
    let folder = Folder::new();
    let signer = Signer::es256("1");
    // Whoever issues the tokens does not say where the keys are.
    let (issuer, keys) = (Provider::start(&[]), Provider::start(&[&signer]));
    issuer.behave(Behaviour::HangsUp);
    let file = format!(
        "[listen]\naddress = '127.0.0.1:0'\n[store]\ndata = 'data'\n[auth.oidc]\nissuer = '{}'\naudience = '{AUDIENCE}'\n\
         jwks = '{}'\nrole_claim = 'groups'\n",
        issuer.issuer(),
        keys.jwks()
    );
    let server = Server::start(serve(&folder, &file), &folder);
    let list = |claims| server.call(&signer.token(&claims), "ListEnvironmentClasses", &json!({}));

    let mut claims = issuer.claims("admin");
    assert_eq!(list(claims.clone()).code(), "unauthenticated");
    claims["groups"] = json!(["admin"]);
    list(claims).ok();
    assert_eq!(issuer.requests(), 0);
}

#[test]
fn the_store_is_where_the_file_says() {
    let folder = Folder::new();
    let store = folder.path("elsewhere.db");
    let file = format!(
        "[listen]\naddress = '127.0.0.1:0'\n[store]\ndata = 'data'\ndatabase = 'sqlite://{}'\n",
        store.display()
    );
    Server::start(serve(&folder, &file), &folder).stop();
    assert!(store.is_file());
    assert!(!folder.data().join(FILE_NAME).exists());
}

#[test]
fn changes_are_forgotten_when_they_are_as_old_as_the_file_says() {
    let folder = Folder::new();
    fs::create_dir(folder.data()).unwrap();
    change_hours_ago(&folder.data().join(FILE_NAME), 30);
    let actions = || printed(folder.command(&["audit", "list"]));
    assert!(actions().contains("long ago"));

    let file = |age: &str| {
        format!(
            "[listen]\naddress = '127.0.0.1:0'\n[store]\ndata = 'data'\n[audit]\nretention = '{age}'\n"
        )
    };
    for (age, forgotten) in [("2d", 0), ("29h", 1)] {
        let server = Server::start(serve(&folder, &file(age)), &folder);
        // They are forgotten beside the first calls.
        let what = "forgot changes that are older than asked for";
        while folder.logs().matches(what).count() < forgotten {
            std::thread::sleep(Duration::from_millis(10));
        }
        server.stop();
        assert_eq!(actions().contains("long ago"), forgotten == 0, "{age}");
    }
}

/// Makes a store in which something was changed so long ago.
fn change_hours_ago(file: &Path, hours: u64) {
    let change = Change::by_operator(
        "long ago",
        SystemTime::now() - Duration::from_secs(hours * 60 * 60),
    );
    let runner = Runner {
        id: Uuid::from_u128(1),
        name: "Runner".into(),
        kind: RunnerKind::Remote,
        provider: RunnerProvider::AwsEc2,
        public_key: None,
        schema: None,
    };
    let store = SqliteStore::open(file).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _created = store.put_runner(change, runner).await.unwrap();
        store.close().await.unwrap();
    });
}

#[test]
fn as_much_is_logged_as_the_file_says() {
    for (filter, is_quiet) in [("info", false), ("error", true)] {
        let folder = Folder::new();
        let file = format!(
            "[listen]\naddress = '127.0.0.1:0'\n[store]\ndata = 'data'\n[log]\nfilter = '{filter}'\n"
        );
        Server::start(serve(&folder, &file), &folder).stop();
        assert_eq!(folder.logs().is_empty(), is_quiet, "{}", folder.logs());
    }
}
