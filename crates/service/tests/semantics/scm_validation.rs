//! Semantics of validation: SCM integrations.

use runner_configuration::v1::validate_runner_configuration_request::ValidateScmIntegration;
use runner_configuration::v1::validate_runner_configuration_request::validate_scm_integration::OauthClientSecret;
use runner_configuration::v1::validate_runner_configuration_response::Result as Outcome;
use runner_configuration::v1::*;

use crate::schema_and_validation::validate_request;
use crate::support::requests::*;
use crate::support::*;

pub(crate) async fn scm_result(
    world: &World,
    integration: ValidateScmIntegration,
) -> ScmIntegrationValidationResult {
    let Outcome::ScmIntegration(result) = validate_request(world, validate_scm(integration))
        .await
        .unwrap()
    else {
        panic!("the result is of another kind");
    };
    let errors = [
        &result.scm_id_error,
        &result.host_error,
        &result.oauth_error,
        &result.pat_error,
    ];
    assert_eq!(result.valid, errors.iter().all(|error| error.is_none()));
    result
}

pub(crate) fn github() -> ValidateScmIntegration {
    ValidateScmIntegration {
        scm_id: "github".to_owned(),
        host: "github.com".to_owned(),
        oauth_client_id: Some("client_id".to_owned()),
        oauth_client_secret: Some(OauthClientSecret::OauthPlaintextClientSecret(
            "secret".to_owned(),
        )),
        pat: true,
        ..Default::default()
    }
}

/// SCM integration: `scm_id` in the schema; host a valid DNS name or address with optional port; OAuth only where the
/// schema offers it, with client id and secret (an existing integration's id stands in for the secret), `issuer_url` an
/// https URL; PAT only where offered; neither → an error.
#[tokio::test]
async fn scm_integration_scm_id_host_oauth_and_pat() {
    let world = World::new().await;
    let wrong = async |integration: ValidateScmIntegration| -> String {
        let result = scm_result(&world, integration).await;
        let errors = [
            ("scm_id", result.scm_id_error),
            ("host", result.host_error),
            ("oauth", result.oauth_error),
            ("pat", result.pat_error),
        ];
        errors
            .into_iter()
            .filter_map(|(part, error)| error.map(|_| part))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let of = |scm_id: &str| ValidateScmIntegration {
        scm_id: scm_id.to_owned(),
        ..github()
    };
    let on = |host: &str| ValidateScmIntegration {
        host: host.to_owned(),
        ..github()
    };
    let pat_only = ValidateScmIntegration {
        oauth_client_id: None,
        oauth_client_secret: None,
        ..github()
    };
    let oauth_only = ValidateScmIntegration {
        pat: false,
        ..github()
    };
    let neither = ValidateScmIntegration {
        pat: false,
        ..pat_only.clone()
    };
    let secret = |secret| ValidateScmIntegration {
        oauth_client_secret: secret,
        ..github()
    };
    let sealed = |bytes: &[u8]| {
        Some(OauthClientSecret::OauthEncryptedClientSecret(
            bytes.to_vec(),
        ))
    };
    let plain = |text: &str| {
        Some(OauthClientSecret::OauthPlaintextClientSecret(
            text.to_owned(),
        ))
    };
    let issuer = |url: &str| ValidateScmIntegration {
        issuer_url: Some(url.to_owned()),
        ..github()
    };
    let below = |path: &str, integration| ValidateScmIntegration {
        virtual_directory: Some(path.to_owned()),
        ..integration
    };

    for (integration, expected) in [
        (github(), ""),
        (pat_only.clone(), ""),
        (oauth_only.clone(), ""),
        (of("sourcehut"), "scm_id"),
        (of(""), "scm_id"),
        (on("GitHub.com:8443"), ""),
        (on("[2001:db8::1]"), ""),
        (on(""), "host"),
        (on("https://github.com"), "host"),
        (on("github.com/x"), "host"),
        (on("github.com:0"), "host"),
        (
            ValidateScmIntegration {
                scm_id: "bitbucket".to_owned(),
                ..github()
            },
            "oauth",
        ),
        (
            ValidateScmIntegration {
                scm_id: "bitbucket".to_owned(),
                ..pat_only.clone()
            },
            "",
        ),
        (
            ValidateScmIntegration {
                scm_id: "gitlab".to_owned(),
                ..github()
            },
            "pat",
        ),
        (
            ValidateScmIntegration {
                scm_id: "gitlab".to_owned(),
                ..oauth_only
            },
            "",
        ),
        (
            ValidateScmIntegration {
                scm_id: "gitlab".to_owned(),
                ..neither.clone()
            },
            "oauth",
        ),
        (
            ValidateScmIntegration {
                scm_id: "bitbucket".to_owned(),
                ..neither.clone()
            },
            "pat",
        ),
        (neither, "oauth"),
        (secret(None), "oauth"),
        (secret(plain("")), "oauth"),
        (secret(sealed(b"")), "oauth"),
        (secret(sealed(b"box")), ""),
        (
            ValidateScmIntegration {
                oauth_client_id: None,
                ..github()
            },
            "oauth",
        ),
        (
            ValidateScmIntegration {
                oauth_client_id: Some(String::new()),
                ..github()
            },
            "oauth",
        ),
        (issuer("https://login.example.com/tenant"), ""),
        (issuer("https://login.example.com:8443"), ""),
        (issuer(""), ""),
        (issuer("http://login.example.com"), "oauth"),
        (issuer("https://"), "oauth"),
        (issuer("https://user:pw@login.example.com"), "oauth"),
        (issuer("login.example.com"), "oauth"),
        (issuer("https://login example.com"), "oauth"),
        (
            ValidateScmIntegration {
                issuer_url: Some("https://x.example".to_owned()),
                ..pat_only.clone()
            },
            "oauth",
        ),
        (below("/tfs", of("azuredevops_server")), ""),
        (below("tfs", of("azuredevops_server")), "host"),
        (below("/tfs", github()), "host"),
        (below("", github()), ""),
        (ValidateScmIntegration::default(), "scm_id host"),
    ] {
        assert_eq!(
            wrong(integration.clone()).await,
            expected,
            "{integration:?}"
        );
    }

    // An existing integration's id stands in for the secret: only its own, only of this runner, only where it has one.
    let with_secret = world.create_scm(create_scm()).await;
    let without = world.create_scm(create_scm_with_pat()).await;
    let of_other = CreateScmIntegrationRequest {
        runner_id: OTHER_RUNNER.to_string(),
        ..create_scm()
    };
    let of_other = world.create_scm(of_other).await;
    let existing = |id: &str| ValidateScmIntegration {
        id: id.to_owned(),
        ..secret(None)
    };
    assert_eq!(wrong(existing(&with_secret)).await, "");
    assert_eq!(wrong(existing(&with_secret.to_uppercase())).await, "");
    for id in [&without, &of_other, &NOTHING.to_string(), "integration-id"] {
        assert_eq!(wrong(existing(id)).await, "oauth", "{id}");
    }
    let no_oauth = ValidateScmIntegration {
        id: with_secret,
        ..pat_only
    };
    assert_eq!(wrong(no_oauth).await, "");
}
