//! The commands for a server, one resource after the other, as a person uses them.

use serde_json::{Value, json};

use crate::remote::{Remote, done, failed};
use crate::support::DEMO_RUNNER;

/// Arguments that create a class.
pub(crate) const LARGE: [&str; 12] = [
    "environment-class",
    "create",
    "--runner",
    DEMO_RUNNER,
    "--name",
    "Large",
    "--description",
    "8 CPUs",
    "--set",
    "cpu=8",
    "--set",
    "memory=16384",
];

#[test]
fn environment_classes() {
    let remote = Remote::start();
    let created = remote.table(&LARGE);
    let id = created.strip_prefix("created environment class ").unwrap();
    let id = id.trim_end();
    assert_eq!(
        remote.table(&["environment-class", "list"]),
        format!(
            "ID                                    NAME   ENABLED  RUNNER                                CONFIGURATION\n\
             {id}  Large  yes      {DEMO_RUNNER}  cpu=8 memory=16384\n"
        )
    );
    assert_eq!(
        remote.table(&["environment-class", "get", id]),
        format!(
            "id             {id}\n\
             name           Large\n\
             description    8 CPUs\n\
             enabled        yes\n\
             runner         {DEMO_RUNNER}\n\
             configuration  cpu=8 memory=16384\n"
        )
    );
    let update = [
        "environment-class",
        "update",
        id,
        "--disable",
        "--name",
        "Old",
    ];
    assert_eq!(
        remote.table(&update),
        format!("updated environment class {id}\n")
    );

    let listed = |filter: &[&str]| {
        let reply = remote.json(&[&["environment-class", "list"], filter].concat());
        reply["environmentClasses"].as_array().unwrap().len()
    };
    let other = "d2c94c27-3b76-4a42-b88c-95a85e392c69";
    for (filter, count) in [
        (&[][..], 1),
        (&["--disabled"], 1),
        (&["--enabled"], 0),
        (&["--can-create-environments"], 0),
        (&["--runner", DEMO_RUNNER], 1),
        (&["--runner", other], 0),
        (&["--runner", other, "--runner", DEMO_RUNNER], 1),
        (&["--runner-kind", "remote"], 1),
        (&["--runner-kind", "RUNNER_KIND_LOCAL"], 0),
        (&["--runner-provider", "aws_ec2"], 1),
        (&["--runner-provider", "gcp"], 0),
    ] {
        assert_eq!(listed(filter), count, "{filter:?}");
    }
    let enable = ["environment-class", "update", id, "--enable"];
    assert_eq!(remote.json(&enable), json!({}));
    assert_eq!(listed(&["--enabled"]), 1);
}

#[test]
fn secret_fields_of_environment_classes() {
    let remote = Remote::start();
    let create = |more: &[&'static str]| [&LARGE[..], more].concat();
    let by_argument = create(&["--set", "registryPassword=pa55"]);
    assert_eq!(
        remote.failure(&by_argument),
        (
            1,
            "registryPassword is a secret, and every user of this machine can see arguments: use \
             --set-file registryPassword=FILE, or --set-file registryPassword=- for standard input"
                .to_owned()
        )
    );
    let by_input = create(&["--set-file", "registryPassword=-", "--set", "cpu=2"]);
    let id = remote.create_with("pa55\n", &by_input);
    let reply = remote.json(&["environment-class", "get", &id]);
    let configuration = reply["environmentClass"]["configuration"]
        .as_array()
        .unwrap();
    let value = |key| {
        let field = configuration.iter().find(|field| field["key"] == key);
        field.unwrap()["value"].as_str().unwrap()
    };
    assert_eq!(value("cpu"), "2");
    // A sealed box of 4 bytes.
    assert_eq!(value("registryPassword").len(), 72);
}

#[test]
fn scm_integrations() {
    let remote = Remote::start();
    let secret = remote.folder.file("secret", "s3cret\n");
    let id = remote.create(&[
        "scm-integration",
        "create",
        "--runner",
        DEMO_RUNNER,
        "--scm",
        "github",
        "--host",
        "github.com",
        "--oauth-client-id",
        "my-app",
        "--oauth-client-secret-file",
        secret.to_str().unwrap(),
    ]);
    assert_eq!(
        remote.table(&["scm-integration", "list", "--runner", DEMO_RUNNER]),
        format!(
            "ID                                    SCM     HOST        OAUTH CLIENT  PAT  RUNNER\n\
             {id}  github  github.com  my-app        no   {DEMO_RUNNER}\n"
        )
    );
    assert_eq!(
        remote.table(&["scm-integration", "get", &id]),
        format!(
            "id                 {id}\n\
             scm                github\n\
             host               github.com\n\
             virtual directory  -\n\
             OAuth client       my-app\n\
             OAuth secret       sealed (54 bytes)\n\
             OAuth issuer       -\n\
             PAT                no\n\
             runner             {DEMO_RUNNER}\n"
        )
    );
    let update = |more: &[&str]| remote.json(&[&["scm-integration", "update", &id], more].concat());
    let integration = || remote.json(&["scm-integration", "get", &id])["integration"].clone();
    update(&["--issuer-url", "https://login.example.com", "--pat"]);
    assert_eq!(integration()["pat"], true);
    assert_eq!(
        integration()["oauth"]["issuerUrl"],
        "https://login.example.com"
    );
    update(&["--issuer-url", ""]);
    assert_eq!(integration()["oauth"]["issuerUrl"], Value::Null);
    update(&["--no-oauth"]);
    assert_eq!(integration()["oauth"], Value::Null);
    let secret = secret.to_str().unwrap();
    let oauth = [
        "--oauth-client-id",
        "other",
        "--oauth-client-secret-file",
        secret,
        "--no-pat",
    ];
    update(&oauth);
    assert_eq!(integration()["oauth"]["clientId"], "other");
    assert_eq!(integration()["pat"], Value::Null);

    let delete = ["scm-integration", "delete", &id];
    assert_eq!(
        remote.table(&delete),
        format!("deleted SCM integration {id}\n")
    );
    assert_eq!(remote.failure(&delete).0, 4);
}

#[test]
fn llm_integrations() {
    let remote = Remote::start();
    let id = remote.create_with(
        "k3y",
        &[
            "llm-integration",
            "create",
            "--runner",
            DEMO_RUNNER,
            "--model",
            "sonnet_4_5",
            "--model",
            "SUPPORTED_MODEL_OPUS_4_8",
            "--endpoint",
            "https://llm.example.com",
            "--api-key-file",
            "-",
            "--max-tokens",
            "1000",
        ],
    );
    assert_eq!(
        remote.table(&["llm-integration", "list"]),
        format!(
            "ID                                    PROVIDER   MODELS               ENDPOINT                 PHASE      RUNNER\n\
             {id}  anthropic  sonnet_4_5 opus_4_8  https://llm.example.com  available  {DEMO_RUNNER}\n"
        )
    );
    let header = remote.folder.file("header", "the team");
    let header = format!("x-team={}", header.display());
    let update = [
        "llm-integration",
        "update",
        &id,
        "--header-file",
        &header,
        "--disable",
    ];
    remote.json(&[&update[..], &["--max-tokens", "0", "--model", "haiku_4_5"]].concat());
    assert_eq!(
        remote.table(&["llm-integration", "get", &id]),
        format!(
            "id          {id}\n\
             provider    anthropic\n\
             models      haiku_4_5\n\
             endpoint    https://llm.example.com\n\
             API key     sealed (51 bytes)\n\
             max tokens  the model's default\n\
             headers     x-team\n\
             phase       disabled\n\
             reason      -\n\
             runner      {DEMO_RUNNER}\n"
        )
    );
    remote.json(&["llm-integration", "update", &id, "--enable"]);
    let (code, complaint) = remote.failure(&["llm-integration", "delete", &id]);
    assert_eq!(code, 8, "{complaint}");
    let delete = ["llm-integration", "delete", &id, "--force"];
    assert_eq!(
        remote.table(&delete),
        format!("deleted LLM integration {id}\n")
    );
}

#[test]
fn host_tokens() {
    let remote = Remote::start();
    let token = remote.folder.file("token", "gho_1");
    let token = token.to_str().unwrap();
    let owner = "user:0195f2b1-7c00-7000-8000-000000000001";
    let create = |owner| {
        let arguments = [
            "--host",
            "github.com",
            "--source",
            "pat",
            "--token-file",
            token,
        ];
        let start = ["host-token", "create", "--runner", DEMO_RUNNER];
        [&start[..], &arguments, owner].concat()
    };
    let more = ["--owner", owner, "--scope", "repo", "--scope", "read:user"];
    let more = [&more[..], &["--expires-at", "2030-01-01T00:00:00Z"]].concat();
    let id = remote.create(&create(&more));
    let own = remote.create_with("unused", &create(&[]));
    assert_eq!(
        remote.table(&["host-token", "get", &id]),
        format!(
            "id           {id}\n\
             host         github.com\n\
             source       pat\n\
             owner        {owner}\n\
             expires      2030-01-01T00:00:00Z\n\
             scopes       repo read:user\n\
             integration  -\n\
             runner       {DEMO_RUNNER}\n"
        )
    );
    assert_eq!(
        remote.table(&["host-token", "list", "--runner", DEMO_RUNNER]),
        format!(
            "ID                                    HOST        SOURCE  OWNER                                                 EXPIRES               RUNNER\n\
             {id}  github.com  pat     {owner}             2030-01-01T00:00:00Z  {DEMO_RUNNER}\n\
             {own}  github.com  pat     service-account:01995f2b-7c00-7000-8000-000000000001  -                     {DEMO_RUNNER}\n"
        )
    );
    let listed = remote.json(&["host-token", "list", "--owner", &owner[5..]]);
    assert_eq!(listed["tokens"][0]["id"], *id);
    assert_eq!(listed["tokens"][1], Value::Null);

    let update = [
        "host-token",
        "update",
        &id,
        "--token-file",
        token,
        "--scope",
        "read",
    ];
    assert_eq!(
        remote.table(&update),
        format!("updated host authentication token {id}\n")
    );
    let got = remote.json(&["host-token", "get", &id]);
    assert_eq!(got["token"]["scopes"], json!(["read"]));
    let delete = ["host-token", "delete", &id];
    assert_eq!(
        remote.table(&delete),
        format!("deleted host authentication token {id}\n")
    );
    assert_eq!(remote.failure(&delete).0, 4);
}

#[test]
fn schemas() {
    let remote = Remote::start();
    let shown = remote.table(&["schema", "get", DEMO_RUNNER]);
    for line in [
        "version  1",
        "Environment classes",
        "KEY               NAME               REQUIRED  SECRET  VALUES",
        "cpu               CPUs               yes       no      whole number from 1 to 128",
        "memory            Memory             yes       no      whole number from 1",
        "region            Region             no        no      text like [a-z]{2}(-[a-z]+)+-[0-9]",
        "spot              Spot instances     no        no      true or false",
        "registryPassword  Registry password  no        yes     text",
        "billing           Billing            no        no      none, it is only shown",
        "SCM integrations",
        "SCM                 NAME                 HOSTS       OAUTH  PAT",
        "github              GitHub               github.com  yes    yes",
        "azuredevops_server  Azure DevOps Server  -           no     yes",
        "The runner itself",
        "releaseChannel  Release channel  no        no      stable, latest",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let request = json!({"runnerId": DEMO_RUNNER});
    let reply = remote
        .server
        .call(&remote.key, "GetRunnerConfigurationSchema", &request);
    assert_eq!(remote.json(&["schema", "get", DEMO_RUNNER]), reply.ok());
}

#[test]
fn validation_says_what_is_wrong_and_stores_nothing() {
    let remote = Remote::start();
    let class = |more: &[&'static str]| {
        let start = ["validate", "environment-class", "--runner", DEMO_RUNNER];
        let texts = ["--name", "Huge", "--description", "256 CPUs", "-o", "table"];
        remote.command(&[&start[..], &texts, more].concat())
    };
    assert_eq!(
        done(&mut class(&["--set", "cpu=1", "--set", "memory=1024"])),
        "valid\n"
    );
    let wrong = class(&["--set", "cpu=256", "--name", "H"])
        .output()
        .unwrap();
    // An argument that comes twice.
    assert_eq!(wrong.status.code(), Some(2));
    let wrong = class(&["--set", "cpu=256"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(3));
    assert_eq!(wrong.stderr, b"error: the configuration is not valid\n");
    assert_eq!(
        String::from_utf8(wrong.stdout).unwrap(),
        "FIELD   PROBLEM\n\
         cpu     must be a whole number from 1 to 128\n\
         memory  is required: add it to the configuration\n"
    );
    let start = ["validate", "scm-integration", "--runner", DEMO_RUNNER];
    let integration = |more: &[&'static str]| remote.command(&[&start[..], more].concat());
    let right = ["--scm", "gitlab", "--host", "gitlab.com", "--pat"];
    let valid: Value = serde_json::from_str(&done(&mut integration(&right))).unwrap();
    assert_eq!(valid, json!({"scmIntegration": {"valid": true}}));
    let wrong = ["--scm", "svn", "--host", "git lab", "--pat", "-o", "yaml"];
    let wrong = integration(&wrong).output().unwrap();
    assert_eq!(wrong.status.code(), Some(3));
    let shown = String::from_utf8(wrong.stdout).unwrap();
    assert!(
        shown.starts_with("scmIntegration:\n  scmIdError: "),
        "{shown}"
    );

    for kind in ["environment-class", "scm-integration"] {
        assert_eq!(remote.table(&[kind, "list"]).lines().count(), 1);
    }
    // The secret of an integration that is there stands in for one.
    let id = remote.create_with(
        "s",
        &[
            "scm-integration",
            "create",
            "--runner",
            DEMO_RUNNER,
            "--scm",
            "github",
            "--host",
            "github.com",
            "--oauth-client-id",
            "app",
            "--oauth-client-secret-file",
            "-",
        ],
    );
    let oauth = [
        "--scm",
        "github",
        "--host",
        "github.com",
        "--oauth-client-id",
        "app",
    ];
    let oauth = [&start[..], &oauth].concat();
    assert_eq!(
        remote.command(&oauth).output().unwrap().status.code(),
        Some(3)
    );
    done(&mut remote.command(&[&oauth[..], &["--integration-id", &id]].concat()));
}

#[test]
fn an_update_has_to_change_something() {
    let remote = Remote::start();
    for kind in [
        "environment-class",
        "host-token",
        "scm-integration",
        "llm-integration",
    ] {
        let (code, complaint) = failed(&mut remote.command(&[kind, "update", DEMO_RUNNER]));
        assert_eq!(code, 2, "{complaint}");
        assert!(complaint.contains("--file <FILE>"), "{complaint}");
    }
}
