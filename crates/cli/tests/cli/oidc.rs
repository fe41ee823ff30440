//! `runnerconf serve --oidc-issuer`: the tokens of an OpenID provider.

use serde_json::{Value, json};

use crate::provider::{AUDIENCE, Behaviour, Provider, Signer};
use crate::support::{Folder, Server, complaint, path};

fn serve(folder: &Folder, provider: &Provider, more: &[&str]) -> Server {
    let mut serve = folder.serve();
    serve.args(["--demo", "--oidc-issuer", &provider.issuer()]);
    // At every level, no token is logged.
    serve.env("RUST_LOG", "trace");
    serve.args(["--oidc-audience", AUDIENCE]).args(more);
    Server::start(serve, folder)
}

/// What the demo runner's tokens look like to whoever has this credential, or the code of the refusal.
fn list(server: &Server, credential: &str) -> Result<Value, String> {
    let reply = server.call(credential, "ListHostAuthenticationTokens", &json!({}));
    match reply.status {
        200 => Ok(reply.ok()["tokens"].clone()),
        _ => Err(reply.code().to_owned()),
    }
}

#[test]
fn tokens_and_keys_work_side_by_side_each_with_its_role() {
    let folder = Folder::new();
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    let server = serve(&folder, &provider, &[]);
    let key = folder.admin_key();
    let user = signer.token(&provider.claims("user"));
    let admin = signer.token(&provider.claims("admin"));

    let token = json!({
        "runnerId": crate::support::DEMO_RUNNER, "host": "a.example", "token": "t",
        "source": "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT",
    });
    let created = server
        .call(&user, "CreateHostAuthenticationToken", &token)
        .ok();
    assert_eq!(created["token"]["subject"]["principal"], "PRINCIPAL_USER");
    for credential in [&key, &admin, &user] {
        assert_eq!(
            list(&server, credential).unwrap(),
            json!([created["token"]])
        );
    }
    // The same person, in a later token.
    let mut later = provider.claims("user");
    later["exp"] = json!(later["exp"].as_u64().unwrap() + 1);
    assert_eq!(
        list(&server, &signer.token(&later)).unwrap(),
        json!([created["token"]])
    );
    let mut other = provider.claims("user");
    other["sub"] = json!("somebody else");
    assert_eq!(list(&server, &signer.token(&other)).unwrap(), json!([]));

    let integration = json!({
        "runnerId": crate::support::DEMO_RUNNER, "scmId": "github", "host": "github.com", "pat": true,
    });
    let denied = server.call(&user, "CreateSCMIntegration", &integration);
    assert_eq!(denied.code(), "permission_denied");
    server
        .call(&admin, "CreateSCMIntegration", &integration)
        .ok();
    server.stop();
    for credential in [&user, &admin] {
        let (message, _) = credential.rsplit_once('.').unwrap();
        assert!(!folder.logs().contains(message));
    }
}

#[test]
fn bad_tokens_and_bad_keys_are_refused_alike() {
    let folder = Folder::new();
    let (signer, stranger) = (Signer::es256("1"), Signer::es256("1"));
    let provider = Provider::start(&[&signer]);
    let jwks = provider.jwks();
    let server = serve(
        &folder,
        &provider,
        &["--oidc-jwks", &jwks, "--oidc-role-claim", "role"],
    );
    let mut claims = provider.claims("user");
    // The role is in the claim that was named, and nowhere else.
    let no_role = signer.token(&claims);
    claims["role"] = json!("user");
    let good = signer.token(&claims);
    list(&server, &good).unwrap();
    let refusal = |credential: &str| {
        let reply = server.post(Some(credential), &path("ListLLMIntegrations"), "{}");
        assert_eq!(reply.status, 401);
        reply.body
    };
    let of_a_key = refusal("wrong");
    claims["aud"] = json!("other");
    let none = crate::provider::encoded(br#"{"alg":"none","kid":"1"}"#);
    let payload = good.split('.').nth(1).unwrap();
    for token in [
        no_role,
        signer.token(&claims),
        stranger.token(&provider.claims("user")),
        format!("{none}.{payload}."),
    ] {
        assert_eq!(refusal(&token), of_a_key);
    }
}

#[test]
fn new_keys_count_at_once_and_old_ones_while_the_provider_is_down() {
    let folder = Folder::new();
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    let provider = Provider::start(&[]);
    provider.behave(Behaviour::HangsUp);
    // It starts, too, while the provider is down; keys work.
    let server = serve(&folder, &provider, &[]);
    list(&server, &folder.admin_key()).unwrap();
    let [old_token, new_token] = [&old, &new].map(|key| key.token(&provider.claims("user")));
    assert_eq!(list(&server, &old_token).unwrap_err(), "unauthenticated");

    provider.behave(Behaviour::Answers);
    provider.publish(&[&old]);
    list(&server, &old_token).unwrap();
    provider.behave(Behaviour::HangsUp);
    list(&server, &old_token).unwrap();
    assert_eq!(list(&server, &new_token).unwrap_err(), "unauthenticated");

    provider.publish(&[&new]);
    provider.behave(Behaviour::Answers);
    list(&server, &new_token).unwrap();
    assert_eq!(list(&server, &old_token).unwrap_err(), "unauthenticated");
    server.stop();
    assert!(
        folder
            .logs()
            .contains("the OpenID provider's keys can't be read")
    );
}

#[test]
fn a_provider_that_could_be_impersonated_is_refused() {
    let folder = Folder::new();
    for arguments in [
        &[
            "--oidc-issuer",
            "http://login.example.com",
            "--oidc-audience",
            "a",
        ][..],
        &["--oidc-issuer", "login.example.com", "--oidc-audience", "a"],
        &[
            "--oidc-issuer",
            "https://u:p@login.example.com",
            "--oidc-audience",
            "a",
        ],
        &[
            "--oidc-issuer",
            "https://login.example.com",
            "--oidc-audience",
            "",
        ],
        &[
            "--oidc-issuer",
            "https://login.example.com",
            "--oidc-audience",
            "a",
            "--oidc-jwks",
            "http://login.example.com/keys",
        ],
    ] {
        let mut serve = folder.serve();
        serve.args(arguments);
        let complaint = complaint(serve);
        assert!(
            complaint.starts_with("cannot use the OpenID provider: the "),
            "{complaint}"
        );
        assert!(!folder.data().exists());
    }
    for arguments in [
        &["--oidc-issuer", "https://login.example.com"][..],
        &["--oidc-audience", "a"],
        &["--oidc-jwks", "https://login.example.com/keys"],
    ] {
        let mut serve = folder.serve();
        let output = serve.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
