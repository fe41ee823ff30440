//! The configuration file, the environment and arguments.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::support::{DEMO_RUNNER, Folder, Server, complaint, printed, runnerconf};

/// A setting: its section, its key and its argument; and values of it for the file, the environment and the argument, as
/// they are shown.
struct Sample(&'static str, &'static str, &'static str, [&'static str; 3]);

/// One for each setting.
const SAMPLES: &[Sample] = &[
    Sample(
        "listen",
        "address",
        "listen",
        ["\"127.0.0.1:1\"", "\"127.0.0.1:2\"", "\"[::1]:3\""],
    ),
    Sample("listen", "drain_delay", "drain-delay", ["1", "2", "3"]),
    Sample(
        "listen",
        "shutdown_timeout",
        "shutdown-timeout",
        ["1", "2", "3"],
    ),
    Sample(
        "tls",
        "certificate",
        "tls-cert",
        ["\"/f\"", "\"/e\"", "\"/a\""],
    ),
    Sample("tls", "key", "tls-key", ["\"/f\"", "\"/e\"", "\"/a\""]),
    Sample(
        "tls",
        "client_ca",
        "tls-client-ca",
        ["\"/f\"", "\"/e\"", "\"/a\""],
    ),
    Sample(
        "cors",
        "origins",
        "cors-origin",
        [
            "[\"http://f\", \"http://g\"]",
            "[\"http://e\"]",
            "[\"http://a\"]",
        ],
    ),
    Sample(
        "auth.oidc",
        "issuer",
        "oidc-issuer",
        ["\"https://f\"", "\"https://e\"", "\"https://a\""],
    ),
    Sample(
        "auth.oidc",
        "audience",
        "oidc-audience",
        ["\"f\"", "\"e\"", "\"a\""],
    ),
    Sample(
        "auth.oidc",
        "jwks",
        "oidc-jwks",
        ["\"https://f\"", "\"https://e\"", "\"https://a\""],
    ),
    Sample(
        "auth.oidc",
        "role_claim",
        "oidc-role-claim",
        ["\"f\"", "\"e\"", "\"a\""],
    ),
    Sample(
        "limits",
        "max_message_bytes",
        "max-message-bytes",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "call_timeout",
        "call-timeout",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "body_timeout",
        "body-timeout",
        ["9001", "9002", "9003"],
    ),
    Sample("limits", "max_calls", "max-calls", ["9001", "9002", "9003"]),
    Sample(
        "limits",
        "max_buffered_bytes",
        "max-buffered-bytes",
        ["9001", "9002", "9003"],
    ),
    Sample("limits", "rate", "rate", ["9001", "9002", "9003"]),
    Sample(
        "limits",
        "rate_burst",
        "rate-burst",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "compress_from_bytes",
        "compress-from-bytes",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "max_connections",
        "max-connections",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "header_timeout",
        "header-timeout",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "idle_timeout",
        "idle-timeout",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "max_header_bytes",
        "max-header-bytes",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "max_concurrent_streams",
        "max-concurrent-streams",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "limits",
        "max_pending_resets",
        "max-pending-resets",
        ["9001", "9002", "9003"],
    ),
    Sample("store", "data", "data", ["\"/f\"", "\"/e\"", "\"/a\""]),
    Sample(
        "store",
        "database",
        "database",
        ["\"sqlite:///f\"", "\"sqlite:///e\"", "\"sqlite:///a\""],
    ),
    Sample(
        "store",
        "password_file",
        "database-password-file",
        ["\"/f\"", "\"/e\"", "\"/a\""],
    ),
    Sample("store", "ca", "database-ca", ["\"/f\"", "\"/e\"", "\"/a\""]),
    Sample(
        "runners",
        "folder",
        "runners",
        ["\"/f\"", "\"/e\"", "\"/a\""],
    ),
    Sample(
        "audit",
        "retention",
        "audit-retention",
        ["\"1d\"", "\"2d\"", "\"3h\""],
    ),
    Sample(
        "metrics",
        "listen",
        "metrics-listen",
        ["\"127.0.0.1:1\"", "\"127.0.0.1:2\"", "\"[::1]:3\""],
    ),
    Sample(
        "otlp",
        "endpoint",
        "otlp-endpoint",
        [
            "\"http://f:4318\"",
            "\"https://e/otlp\"",
            "\"http://a:4318\"",
        ],
    ),
    Sample(
        "otlp",
        "headers_file",
        "otlp-headers-file",
        ["\"/f\"", "\"/e\"", "\"/a\""],
    ),
    Sample(
        "otlp",
        "service_name",
        "otlp-service-name",
        ["\"f\"", "\"e\"", "\"a\""],
    ),
    Sample(
        "otlp",
        "protocol",
        "otlp-protocol",
        [
            "\"http/protobuf\"",
            "\"http/protobuf\"",
            "\"http/protobuf\"",
        ],
    ),
    Sample(
        "otlp",
        "sampler",
        "otlp-sampler",
        [
            "\"always_on\"",
            "\"always_off\"",
            "\"parentbased_traceidratio\"",
        ],
    ),
    Sample(
        "otlp",
        "sampling_ratio",
        "otlp-sampling-ratio",
        ["\"0.25\"", "\"0.5\"", "0"],
    ),
    Sample(
        "otlp",
        "metrics_interval",
        "otlp-metrics-interval",
        ["9001", "9002", "9003"],
    ),
    Sample(
        "log",
        "filter",
        "log-filter",
        ["\"warn\"", "\"error\"", "\"debug\""],
    ),
    Sample(
        "log",
        "format",
        "log-format",
        ["\"json\"", "\"text\"", "\"json\""],
    ),
];

/// Those that are on or off; they can't be switched off by an argument.
const SWITCHES: &[(&str, &str, &str)] = &[
    ("listen", "plaintext", "plaintext"),
    ("runners", "demo", "demo"),
];

fn show(file: &str) -> Command {
    runnerconf(["config", "show", "--config", file])
}

fn variable(section: &str, key: &str) -> String {
    let section = section.replace('.', "_");
    format!("RUNNERCONF_{section}_{key}").to_uppercase()
}

/// A value as the environment and arguments have it.
fn plain(value: &str) -> String {
    value.replace(['"', '[', ']'], "")
}

/// What `runnerconf config show` says of a setting.
fn shown(text: &str, section: &str, key: &str) -> String {
    let (_, rest) = text.split_once(&format!("[{section}]\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let names = [format!("{key} = "), format!("# {key}: ")];
    let mut found = lines.filter_map(|line| names.iter().find_map(|name| line.strip_prefix(name)));
    found
        .next()
        .unwrap_or_else(|| panic!("{section}.{key}\n{text}"))
        .to_owned()
}

#[test]
fn each_setting_counts_from_the_file_the_environment_and_an_argument() {
    let folder = Folder::new();
    let mut text = String::new();
    let mut section = "";
    for Sample(of, key, _, [value, ..]) in SAMPLES {
        if *of != section {
            section = of;
            text += &format!("[{of}]\n");
        }
        text += &format!("{key} = {value}\n");
    }
    let path = folder.file("all.toml", &text);
    let path = path.to_str().unwrap();
    let of_file = printed(show(path));
    for Sample(section, key, argument, [in_file, in_environment, in_argument]) in SAMPLES {
        let line = text[..text.find(&format!("[{section}]\n")).unwrap()]
            .lines()
            .count()
            + 1
            + text
                .split_once(&format!("[{section}]\n"))
                .unwrap()
                .1
                .lines()
                .position(|line| line.starts_with(&format!("{key} =")))
                .unwrap()
            + 1;
        assert_eq!(
            shown(&of_file, section, key),
            format!("{in_file} # {path}:{line}")
        );

        // `[::1]:3` has its brackets as an argument, too.
        let plain = |value: &str| match value.starts_with("\"[") {
            true => value.replace('"', ""),
            false => plain(value),
        };
        let variable = variable(section, key);
        let mut of_environment = show(path);
        of_environment.env(&variable, plain(in_environment));
        let of_environment = printed(of_environment);
        assert_eq!(
            shown(&of_environment, section, key),
            format!("{in_environment} # {variable}")
        );

        let mut of_argument = show(path);
        of_argument.env(&variable, plain(in_environment));
        of_argument.arg(format!("--{argument}={}", plain(in_argument)));
        let of_argument = printed(of_argument);
        assert_eq!(
            shown(&of_argument, section, key),
            format!("{in_argument} # --{argument}")
        );
    }
}

#[test]
fn each_switch_counts_from_the_file_the_environment_and_an_argument() {
    let folder = Folder::new();
    for (section, key, argument) in SWITCHES {
        let file = folder.file("switch.toml", format!("[{section}]\n{key} = true\n"));
        let file = file.to_str().unwrap();
        assert_eq!(
            shown(&printed(show(file)), section, key),
            format!("true # {file}:2")
        );
        let variable = variable(section, key);
        let mut off = show(file);
        off.env(&variable, "false");
        assert_eq!(
            shown(&printed(off), section, key),
            format!("false # {variable}")
        );
        let mut on = show(file);
        on.env(&variable, "false").arg(format!("--{argument}"));
        assert_eq!(
            shown(&printed(on), section, key),
            format!("true # --{argument}")
        );
    }
}

#[test]
fn the_samples_are_all_settings() {
    let text = printed(runnerconf(["config", "show"]));
    let settings = text
        .lines()
        .filter(|line| line.contains(" = ") || line.contains(": not set"));
    assert_eq!(settings.count(), SAMPLES.len() + SWITCHES.len(), "{text}");
}

#[test]
fn a_variable_has_the_name_that_others_know_beside_it() {
    for (variable, value, section, key, expected) in [
        ("RUST_LOG", "error", "log", "filter", "\"error\""),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://localhost:4318",
            "otlp",
            "endpoint",
            "\"http://localhost:4318\"",
        ),
        (
            "OTEL_SERVICE_NAME",
            "ours",
            "otlp",
            "service_name",
            "\"ours\"",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/protobuf",
            "otlp",
            "protocol",
            "\"http/protobuf\"",
        ),
        (
            "OTEL_TRACES_SAMPLER",
            "traceidratio",
            "otlp",
            "sampler",
            "\"traceidratio\"",
        ),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            "0.5",
            "otlp",
            "sampling_ratio",
            "\"0.5\"",
        ),
    ] {
        let mut show = runnerconf(["config", "show"]);
        show.env(variable, value);
        assert_eq!(
            shown(&printed(show), section, key),
            format!("{expected} # {variable}")
        );
        if variable.starts_with("OTEL_") {
            let mut show = runnerconf(["config", "show"]);
            show.env(variable, "");
            let unset = printed(show);
            assert_eq!(unset, printed(runnerconf(["config", "show"])), "{variable}");
        }
    }
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_program_without_the_feature_says_that_it_sends_nothing() {
    let folder = Folder::new();
    for command in [&["config", "check"][..], &["serve"]] {
        let mut command = runnerconf(command.iter().copied());
        command.arg("--data").arg(folder.data());
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        let told = complaint(command);
        assert!(told.contains("without the feature otlp"), "{told}");
    }
}

#[test]
fn all_faults_are_told_together_with_their_places() {
    let folder = Folder::new();
    let file = folder.file(
        "faulty.toml",
        "[listen]\naddress = 'nowhere'\ndrain_delay = -1\nplaintext = 'yes'\n[log]\nformat = 'xml'\n[stroe]\n",
    );
    let file = file.to_str().unwrap();
    for command in [&["serve"][..], &["config", "check"], &["config", "show"]] {
        let mut command = runnerconf(command.iter().copied());
        command.args(["--config", file]);
        command.env("RUNNERCONF_STORE_DATABSE", "s3cret");
        command.env("RUNNERCONF_CORS_ORIGINS", "s3cret");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        for fault in [
            format!("{file}:2: listen.address: give an IP address and a port"),
            format!("{file}:3: listen.drain_delay: "),
            format!("{file}:4: listen.plaintext: write true or false"),
            format!("{file}:6: log.format: must be one of text, json"),
            format!("{file}:7: unknown section or key stroe"),
            "RUNNERCONF_CORS_ORIGINS: cors.origins: give a scheme".into(),
            "RUNNERCONF_STORE_DATABSE: is no setting".into(),
        ] {
            assert!(stderr.contains(&fault), "{fault}\n{stderr}");
        }
        assert_eq!(stderr.lines().count(), 8, "{stderr}");
        assert!(!stderr.contains("s3cret"), "{stderr}");
    }
}

#[test]
fn what_settings_name_is_looked_at_by_check() {
    let folder = Folder::new();
    let file = folder.file(
        "config.toml",
        "[tls]\ncertificate = 'missing.crt'\nkey = 'missing.key'\n[store]\ndatabase = 'mysql://x'\n\
         [runners]\nfolder = 'missing'\n[log]\nfilter = 'a=b=c'\n",
    );
    let mut check = runnerconf(["config", "check", "--config"]);
    check.arg(&file);
    let output = check.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for fault in [
        // Relative to the folder of the file.
        format!("cannot read {}", folder.path("missing.crt").display()),
        format!("cannot read {}", folder.path("missing").display()),
        "--database does not name a store".into(),
        "cannot understand the log filter".into(),
    ] {
        assert!(stderr.contains(&fault), "{fault}\n{stderr}");
    }

    let fine = folder.file("fine.toml", "[listen]\naddress = '127.0.0.1:0'\n");
    let mut check = runnerconf(["config", "check", "--config"]);
    check.arg(fine);
    assert_eq!(printed(check), "the settings are in order\n");

    let missing = folder.path("no.toml");
    let mut check = runnerconf(["config", "check", "--config"]);
    check.arg(&missing);
    let complaint = complaint(check);
    assert!(
        complaint.contains(&format!("{}: cannot be read", missing.display())),
        "{complaint}"
    );
}

#[test]
fn no_secret_is_shown() {
    let mut show = runnerconf(["config", "show"]);
    show.env("RUNNERCONF_ADMIN_KEY", "s3cret-key")
        .env("PGPASSWORD", "s3cret-password");
    show.env(
        "RUNNERCONF_STORE_DATABASE",
        "postgres://someone:s3cret@db.example.com/runnerconf",
    );
    let text = printed(show);
    assert!(!text.contains("s3cret"), "{text}");
    let database = shown(&text, "store", "database");
    assert!(database.contains("db.example.com"), "{database}");
}

#[test]
fn a_server_is_run_by_a_file_and_its_commands_find_the_store_there() {
    let folder = Folder::new();
    let file = folder.file(
        "config.toml",
        "[listen]\naddress = '127.0.0.1:0'\n[store]\ndata = 'data'\n[runners]\ndemo = true\n[log]\nformat = 'json'\n",
    );
    let mut serve = runnerconf(["serve"]);
    serve.env("RUNNERCONF_CONFIG", &file);
    let server = Server::start(serve, &folder);
    server
        .call(&folder.admin_key(), "ListEnvironmentClasses", &json!({}))
        .ok();
    let mut list = runnerconf(["runner", "list"]);
    list.env("RUNNERCONF_CONFIG", &file);
    assert!(printed(list).contains(DEMO_RUNNER));
    let first = folder.logs().lines().next().unwrap().to_owned();
    assert!(
        serde_json::from_str::<serde_json::Value>(&first).is_ok(),
        "{first}"
    );
    server.stop();
}

const FRANKFURT: &str = "0195f2b1-7c00-7000-8000-000000000001";
const OREGON: &str = "0195f2b1-7c00-7000-8000-000000000002";

fn runner_file(id: &str, name: &str) -> String {
    format!("id: {id}\nname: {name}\nkind: remote\nprovider: aws_ec2\n")
}

/// Waits until the log says this that many times.
fn expect_log(folder: &Folder, what: &str, times: usize) {
    let start = std::time::Instant::now();
    while folder.logs().matches(what).count() < times {
        assert!(start.elapsed().as_secs() < 30, "{what}\n{}", folder.logs());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn runner_files_of_a_folder_are_applied_at_the_start_and_at_sighup() {
    let folder = Folder::new();
    let runners = folder.path("runners");
    fs::create_dir(&runners).unwrap();
    fs::write(
        runners.join("frankfurt.yaml"),
        runner_file(FRANKFURT, "Frankfurt"),
    )
    .unwrap();
    fs::write(runners.join("notes.txt"), "no runner").unwrap();
    let list = || printed(folder.runner("list"));
    let plan = || {
        let mut plan = folder.runner("plan");
        plan.arg("--folder").arg(&runners);
        plan
    };

    let mut serve = folder.serve();
    serve.arg("--runners").arg(&runners);
    let server = Server::start(serve, &folder);
    expect_log(
        &folder,
        &format!("create runner {FRANKFURT} (Frankfurt)"),
        1,
    );
    assert!(list().contains(FRANKFURT));
    assert_eq!(
        printed(plan()),
        format!("keep runner {FRANKFURT} (Frankfurt)\n")
    );

    fs::write(
        runners.join("frankfurt.yaml"),
        runner_file(FRANKFURT, "Main"),
    )
    .unwrap();
    fs::write(runners.join("oregon.yml"), runner_file(OREGON, "Oregon")).unwrap();
    assert_eq!(
        printed(plan()),
        format!("update runner {FRANKFURT} (Main): name\ncreate runner {OREGON} (Oregon)\n")
    );
    assert!(!list().contains(OREGON), "a plan changes nothing");
    server.signal("HUP");
    expect_log(&folder, &format!("create runner {OREGON} (Oregon)"), 1);
    expect_log(
        &folder,
        &format!("update runner {FRANKFURT} (Main): name"),
        1,
    );
    let text = list();
    assert!(text.contains(OREGON) && text.contains("Main"), "{text}");

    // A fault changes nothing, also not what other files say.
    fs::write(
        runners.join("frankfurt.yaml"),
        runner_file(FRANKFURT, "Again"),
    )
    .unwrap();
    fs::write(runners.join("oregon.yml"), "id: x\n").unwrap();
    fs::write(runners.join("twice.json"), "{").unwrap();
    let complaint = String::from_utf8(plan().output().unwrap().stderr).unwrap();
    assert!(
        complaint.contains("oregon.yml") && complaint.contains("twice.json"),
        "{complaint}"
    );
    server.signal("HUP");
    expect_log(&folder, "the runners stay as they were", 1);
    assert!(!list().contains("Again"));
    server.stop();

    let mut serve = folder.serve();
    serve.arg("--runners").arg(&runners);
    let output = serve.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
