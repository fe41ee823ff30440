//! `runnerconf serve --demo`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{DEMO_RUNNER, Folder, Server, printed};

fn start(folder: &Folder) -> Server {
    let mut serve = folder.serve();
    serve.arg("--demo");
    Server::start(serve, folder)
}

fn schema(server: &Server, key: &str) -> Value {
    let request = json!({"runnerId": DEMO_RUNNER});
    let reply = server.call(key, "GetRunnerConfigurationSchema", &request);
    reply.ok()["schema"].clone()
}

fn by_id<'a>(list: &'a Value, key: &str, id: &str) -> &'a Value {
    let mut found = list.as_array().unwrap().iter();
    found
        .find(|entry| entry[key] == id)
        .unwrap_or_else(|| panic!("no {id} in {list}"))
}

#[test]
fn the_demo_runner_has_fields_of_every_type_and_three_kinds_of_hosts() {
    let folder = Folder::new();
    let server = start(&folder);
    let schema = schema(&server, &folder.admin_key());

    let field = |id| by_id(&schema["environmentClasses"], "id", id);
    assert_eq!(field("cpu")["required"], true);
    assert_eq!(field("cpu")["int"]["min"], 1);
    assert_eq!(field("cpu")["int"]["max"], 128);
    assert_eq!(field("memory")["required"], true);
    assert_eq!(field("memory")["int"]["min"], 1);
    assert_eq!(field("registryPassword")["secret"], true);
    let titles = &field("machineType")["enum"]["possibleValues"];
    by_id(titles, "title", "m6i.2xlarge");
    let fields = schema["environmentClasses"].as_array().unwrap();
    for kind in ["string", "bool", "int", "enum", "display"] {
        let mut optional = fields.iter().filter(|field| field["required"].is_null());
        assert!(optional.any(|field| field.get(kind).is_some()), "{kind}");
    }

    let scm = |id| by_id(&schema["scm"], "scmId", id);
    for (id, host) in [("github", "github.com"), ("gitlab", "gitlab.com")] {
        assert_eq!(scm(id)["defaultHosts"], json!([host]));
        assert!(scm(id)["oauth"]["callbackUrl"].is_string());
        assert!(scm(id)["pat"]["docsLink"].is_string());
    }
    assert_eq!(scm("azuredevops_server")["defaultHosts"], Value::Null);
    assert_eq!(scm("azuredevops_server")["oauth"], Value::Null);
    assert!(scm("azuredevops_server")["pat"]["description"].is_string());
}

#[test]
fn the_examples_of_the_documentation_are_valid_for_it() {
    let folder = Folder::new();
    let server = start(&folder);
    let key = folder.admin_key();
    let class = json!({
        "runnerId": DEMO_RUNNER, "displayName": "Large Instance", "description": "8 CPU, 16GB RAM",
        "configuration": [{"key": "cpu", "value": "8"}, {"key": "memory", "value": "16384"}],
    });
    server.call(&key, "CreateEnvironmentClass", &class).ok();
    let full = json!([
        {"key": "cpu", "value": "4"}, {"key": "memory", "value": "8192"},
        {"key": "diskSizeGb", "value": "80"}, {"key": "region", "value": "eu-central-1"},
        {"key": "spot", "value": "true"}, {"key": "machineType", "value": "m6i.2xlarge"},
        {"key": "registryPassword", "value": "s3cret"},
    ]);
    let mut class = class;
    class["configuration"] = full;
    server.call(&key, "CreateEnvironmentClass", &class).ok();
    let scm = json!({
        "runnerId": DEMO_RUNNER, "scmId": "github", "host": "github.com", "pat": true,
        "oauthClientId": "client_id", "oauthPlaintextClientSecret": "client_secret",
    });
    server.call(&key, "CreateSCMIntegration", &scm).ok();
    let token = json!({
        "runnerId": DEMO_RUNNER, "host": "github.com", "token": "gho_xxxxxxxxxxxx",
        "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_OAUTH",
    });
    server
        .call(&key, "CreateHostAuthenticationToken", &token)
        .ok();
}

#[test]
fn its_key_is_made_once() {
    let folder = Folder::new();
    start(&folder).stop();
    let file = folder.data().join("demo-runner.key");
    let key = fs::read_to_string(&file).unwrap();
    let bytes = STANDARD.decode(key.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!(bytes.len(), 32);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let listed = printed(folder.runner("list"));

    start(&folder).stop();
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert_eq!(printed(folder.runner("list")), listed);

    // What was sealed to the public key stays what it is; a new private key would open none of it.
    fs::remove_file(&file).unwrap();
    start(&folder).stop();
    assert!(!file.exists());
    assert_eq!(printed(folder.runner("list")), listed);
}

#[test]
fn without_it_there_is_no_runner() {
    let folder = Folder::new();
    folder.start().stop();
    assert_eq!(printed(folder.runner("list")).lines().count(), 1);
    assert!(!folder.data().join("demo-runner.key").exists());
}
