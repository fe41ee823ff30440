//! `runnerconf … --database postgres://…`.

use std::net::TcpListener;
use std::process::Command;

use serde_json::json;

use crate::database::{Database, Server as DatabaseServer};
use crate::support::{DEMO_RUNNER, Folder, Server, complaint, holds, printed, runnerconf};
use crate::transport::Authority;

const ADMIN: &str = "an-admin-key-for-all-replicas";

/// `runnerconf serve` on a database, with the admin key that all servers have.
fn serve(folder: &Folder, url: &str) -> Command {
    let mut command = folder.serve();
    command.args(["--database", url]);
    command.env("RUNNERCONF_ADMIN_KEY", ADMIN);
    command
}

fn command(names: &[&str], url: &str) -> Command {
    let mut command = runnerconf(names.iter().copied());
    command.args(["--database", url]);
    command
}

#[test]
fn what_is_changed_on_one_of_four_replicas_is_seen_on_the_others_at_once() {
    let Some(database) = Database::create() else {
        return;
    };
    let (folder, url) = (Folder::new(), database.url());
    let mut with_demo = serve(&folder, &url);
    with_demo.arg("--demo");
    let replicas = [
        Server::start(with_demo, &folder),
        Server::start(serve(&folder, &url), &folder),
        Server::start(serve(&folder, &url), &folder),
        Server::start(serve(&folder, &url), &folder),
    ];

    // Keys.
    let made = command(&["key", "create", "--role", "admin"], &url)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let key = String::from_utf8(made.stdout).unwrap();
    let key = key.trim();
    let list = |replica: &Server| {
        replica
            .call(key, "ListEnvironmentClasses", &json!({}))
            .status
    };
    assert_eq!(replicas.each_ref().map(list), [200; 4]);

    // Objects, all the way round.
    for (writer, reader) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
        let integration = json!({
            "runnerId": DEMO_RUNNER, "scmId": "github", "host": "github.com", "pat": true,
        });
        let created = replicas[writer].call(key, "CreateSCMIntegration", &integration);
        let id = json!({"id": created.ok()["id"]});
        let found = replicas[reader].call(key, "GetSCMIntegration", &id).ok();
        assert_eq!(found["integration"]["host"], "github.com");
        replicas[reader].call(key, "DeleteSCMIntegration", &id).ok();
        let gone = replicas[writer].call(key, "GetSCMIntegration", &id);
        assert_eq!(gone.code(), "not_found");
    }

    // Runners.
    let schema = json!({ "runnerId": DEMO_RUNNER });
    for replica in &replicas {
        let schema = replica.call(key, "GetRunnerConfigurationSchema", &schema);
        assert!(schema.ok()["schema"].is_object());
    }
    let mut remove = command(&["runner", "remove"], &url);
    remove.arg(DEMO_RUNNER);
    let removed = format!("removed runner {DEMO_RUNNER}\n");
    assert_eq!(printed(remove), removed);
    for replica in &replicas {
        let schema = replica.call(key, "GetRunnerConfigurationSchema", &schema);
        assert_eq!(schema.code(), "not_found");
    }

    let stderr = String::from_utf8(made.stderr).unwrap();
    let id = stderr.split(' ').nth(2).unwrap();
    let mut revoke = command(&["key", "revoke"], &url);
    revoke.arg(id);
    assert_eq!(printed(revoke), format!("revoked key {id}\n"));
    assert_eq!(replicas.each_ref().map(list), [401; 4]);

    assert!(printed(command(&["audit", "list"], &url)).contains("\"key revoke\""));
    replicas.into_iter().for_each(Server::stop);
    assert!(!folder.data().join("admin.key").exists());
}

#[test]
fn a_text_that_postgresql_cannot_hold_is_refused_in_the_same_words_by_both_stores() {
    let Some(database) = Database::create() else {
        return;
    };
    let refusals = [None, Some(database.url())].map(|url| {
        let folder = Folder::new();
        let mut serving = match &url {
            Some(url) => serve(&folder, url),
            None => folder.serve(),
        };
        serving.env("RUNNERCONF_ADMIN_KEY", ADMIN).arg("--demo");
        let server = Server::start(serving, &folder);
        let token = json!({
            "runnerId": DEMO_RUNNER, "host": "a\0b", "token": "t",
            "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT",
        });
        let class = json!({
            "runnerId": DEMO_RUNNER, "displayName": "a\0b", "description": "a\0b",
        });
        [
            server.call(ADMIN, "CreateHostAuthenticationToken", &token),
            server.call(ADMIN, "CreateEnvironmentClass", &class),
        ]
        .map(|reply| {
            assert_eq!(reply.status, 400, "{}", reply.body);
            assert_eq!(reply.body["code"], "invalid_argument");
            reply.body["message"].as_str().unwrap().to_owned()
        })
    });
    let [sqlite, postgres] = refusals;
    assert_eq!(sqlite, postgres);
    assert!(
        sqlite[0].contains("host: must not contain the character NUL"),
        "{sqlite:?}"
    );
    assert!(
        sqlite[1].contains("description: must not contain"),
        "{sqlite:?}"
    );
}

#[test]
fn the_admin_key_is_in_the_data_folder_unless_it_is_given() {
    let Some(database) = Database::create() else {
        return;
    };
    let folder = Folder::new();
    let mut serve = folder.serve();
    serve.args(["--database", &database.url()]);
    let server = Server::start(serve, &folder);
    let list = server.call(&folder.admin_key(), "ListEnvironmentClasses", &json!({}));
    list.ok();
    server.stop();
    assert!(!folder.data().join("store.db").exists());
}

#[test]
fn a_sqlite_store_can_be_anywhere() {
    let folder = Folder::new();
    let url = format!("sqlite://{}", folder.path("elsewhere.db").display());
    assert!(complaint(command(&["runner", "list"], &url)).starts_with("there is no store in "));
    let server = Server::start(serve(&folder, &url), &folder);
    assert!(printed(command(&["key", "list"], &url)).contains("admin key"));
    server.stop();
    assert!(folder.path("elsewhere.db").exists());
    assert!(!folder.data().exists());
}

#[test]
fn the_password_comes_from_a_file_or_the_environment_and_shows_nowhere() {
    let Some(database) = DatabaseServer::start(&[]) else {
        return;
    };
    const PASSWORD: &str = "a-password-that-marks";
    let (name, folder) = (database.create_database(), Folder::new());
    database.sql(
        "postgres",
        &format!("ALTER USER postgres PASSWORD '{PASSWORD}'"),
    );
    database.file("data/pg_hba.conf", "local all all scram-sha-256\n");
    // It counts after a restart.
    database.stop("fast");
    database.resume();
    let url = database.url(&name);
    let file = folder.file("password", format!("{PASSWORD}\n"));
    let wrong = folder.file("wrong", "another");
    let with_file = |mut command: Command, file| {
        command.arg("--database-password-file").arg(file);
        command
    };

    let server = Server::start(with_file(serve(&folder, &url), &file), &folder);
    let mut list = command(&["key", "list"], &url);
    list.env("PGPASSWORD", PASSWORD);
    assert!(printed(list).contains("admin key"));
    for refused in [
        command(&["key", "list"], &url),
        with_file(command(&["key", "list"], &url), &wrong),
    ] {
        let complaint = complaint(refused);
        assert!(complaint.contains("password"), "{complaint}");
        assert!(!complaint.contains("another"), "{complaint}");
    }
    let in_url = url.replace(
        "user=postgres",
        &format!("user=postgres&password={PASSWORD}"),
    );
    let complaint = complaint(command(&["key", "list"], &in_url));
    assert!(
        complaint.contains("--database-password-file"),
        "{complaint}"
    );
    assert!(!complaint.contains(PASSWORD), "{complaint}");
    server.stop();
    assert!(!folder.logs().contains(PASSWORD));
    assert!(!folder.data().exists() || !holds(&folder.data(), PASSWORD));
}

#[test]
fn tls_is_verified() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let port = port.unwrap().port();
    let settings = [&*format!("port={port}"), "listen_addresses=127.0.0.1"];
    let Some(database) = DatabaseServer::start(&settings) else {
        return;
    };
    let (folder, authority) = (Folder::new(), Authority::new());
    let (certificate, key) = authority.issue();
    let name = database.create_database();
    for (setting, text) in [("ssl_cert_file", certificate), ("ssl_key_file", key)] {
        let file = database.file(setting, &text);
        let set = format!("ALTER SYSTEM SET {setting} = '{}'", file.display());
        database.sql("postgres", &set);
    }
    database.sql("postgres", "ALTER SYSTEM SET ssl = on");
    database.file("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
    database.stop("fast");
    database.resume();

    let known = folder.file("known.pem", authority.pem());
    let unknown = folder.file("unknown.pem", Authority::new().pem());
    let url = |mode: &str| format!("postgres://postgres@localhost:{port}/{name}?sslmode={mode}");
    let with = |mode: &str, authorities| {
        let mut command = command(&["runner", "list"], &url(mode));
        command.arg("--database-ca").arg(authorities);
        command
    };
    // There is no store yet: so far, and no further, it comes.
    assert!(complaint(with("require", &known)).starts_with("there is no store in this database"));
    let refused = complaint(with("require", &unknown));
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    let in_the_clear = complaint(with("disable", &known));
    assert!(in_the_clear.contains("pg_hba.conf"), "{in_the_clear}");
}

#[test]
fn wrong_databases_are_answered_with_what_to_do() {
    let Some(database) = Database::create() else {
        return;
    };
    let unknown = database.server.url("unknown");
    let empty = database.url();
    for (url, says) in [
        ("mysql://localhost/x", "--database does not name a store"),
        ("sqlite://", "--database does not name a store"),
        ("postgres://localhost:x/y", "write postgres://USER@HOST"),
        ("postgres://u@localhost:1/x", "check that it runs"),
        (&unknown, "there is no database of this name"),
        (&empty, "there is no store in this database"),
    ] {
        let complaint = complaint(command(&["runner", "list"], url));
        assert!(complaint.contains(says), "{url}: {complaint}");
    }
    let tables = database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables.trim(), "0");
}
