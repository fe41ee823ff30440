//! Semantics of SCM integrations.

use runner_configuration::v1::*;
use tonic::{Code, Status};

use crate::support::requests::*;
use crate::support::*;

const CREATE: &str = "CreateSCMIntegrationRequest";
const UPDATE: &str = "UpdateSCMIntegrationRequest";
const NO_KEY: &str = "runner does not have a public key";

pub(crate) async fn create(
    world: &World,
    request: CreateScmIntegrationRequest,
) -> Result<String, Status> {
    call!(world.service, ADMIN, create_scm_integration, request).map(|reply| reply.id)
}

pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// `oauth_client_id` and `oauth_plaintext_client_secret` go together on Create; Update may set one alone where the other
/// is already there.
#[tokio::test]
async fn oauth_client_id_and_oauth_plaintext_client_secret_go_together() {
    let world = World::new().await;
    for (client_id, secret, field) in [
        (text("client"), None, "oauth_plaintext_client_secret"),
        (text("client"), text(""), "oauth_plaintext_client_secret"),
        (None, text("secret"), "oauth_client_id"),
        (text(""), text("secret"), "oauth_client_id"),
    ] {
        let request = CreateScmIntegrationRequest {
            oauth_client_id: client_id,
            oauth_plaintext_client_secret: secret,
            ..create_scm()
        };
        create(&world, request).await.refused_for(CREATE, &[field]);
    }

    let id = create(&world, create_scm()).await.unwrap();
    let change = UpdateScmIntegrationRequest {
        oauth_client_id: text("new"),
        ..update_scm(&id)
    };
    world.update_scm(change).await.unwrap();
    let oauth = world.scm(&id).await.oauth.unwrap();
    assert_eq!(
        (
            oauth.client_id.as_str(),
            world.open(&oauth.encrypted_client_secret).as_str()
        ),
        ("new", "clear-secret")
    );
    let change = UpdateScmIntegrationRequest {
        oauth_plaintext_client_secret: text("newer"),
        ..update_scm(&id)
    };
    world.update_scm(change).await.unwrap();
    let oauth = world.scm(&id).await.oauth.unwrap();
    assert_eq!(
        (
            oauth.client_id.as_str(),
            world.open(&oauth.encrypted_client_secret).as_str()
        ),
        ("new", "newer")
    );

    let id = create(&world, create_scm_with_pat()).await.unwrap();
    let id_alone = UpdateScmIntegrationRequest {
        oauth_client_id: text("new"),
        ..update_scm(&id)
    };
    world
        .update_scm(id_alone.clone())
        .await
        .refused_for(UPDATE, &["oauth_plaintext_client_secret"]);
    let secret_alone = UpdateScmIntegrationRequest {
        oauth_plaintext_client_secret: text("new"),
        ..update_scm(&id)
    };
    world
        .update_scm(secret_alone)
        .await
        .refused_for(UPDATE, &["oauth_client_id"]);
    assert_eq!(world.scm(&id).await.oauth, None);
    let both = UpdateScmIntegrationRequest {
        oauth_plaintext_client_secret: text("secret"),
        ..id_alone
    };
    world.update_scm(both).await.unwrap();
    assert_eq!(
        world.open(&world.scm(&id).await.oauth.unwrap().encrypted_client_secret),
        "secret"
    );
}

/// The secret is sealed with the runner's public key before it is stored; what comes back is `encrypted_client_secret`.
#[tokio::test]
async fn the_secret_is_sealed_with_the_runners_public_key() {
    let world = World::new().await;
    let request = CreateScmIntegrationRequest {
        issuer_url: text("https://login.example.com/x"),
        ..create_scm()
    };
    let id = create(&world, request).await.unwrap();
    let oauth = world.scm(&id).await.oauth.unwrap();
    assert_eq!(world.open(&oauth.encrypted_client_secret), "clear-secret");
    assert_eq!(
        (oauth.client_id.as_str(), oauth.issuer_url.as_str()),
        ("client", "https://login.example.com/x")
    );

    let listed = call!(
        world.service,
        USER,
        list_scm_integrations,
        Default::default()
    )
    .unwrap();
    assert_eq!(listed.integrations[0].oauth, Some(oauth));
    assert!(!format!("{listed:?}").contains("clear-secret"));
}

/// The runner has no public key yet → `failed_precondition`, and the message contains `runner does not have a public key`
/// (a PAT-only SCM integration needs none).
#[tokio::test]
async fn the_runner_has_no_public_key_yet() {
    let world = World::new().await;
    let runner_id = KEYLESS_RUNNER.to_string();
    let request = CreateScmIntegrationRequest {
        runner_id: runner_id.clone(),
        ..create_scm()
    };
    create(&world, request.clone())
        .await
        .refused(Code::FailedPrecondition, NO_KEY);
    let wrong = CreateScmIntegrationRequest {
        host: "/".to_owned(),
        ..request
    };
    create(&world, wrong).await.refused_for(CREATE, &["host"]);

    let id = create(
        &world,
        CreateScmIntegrationRequest {
            runner_id,
            ..create_scm_with_pat()
        },
    )
    .await
    .unwrap();
    let change = UpdateScmIntegrationRequest {
        oauth_client_id: text("client"),
        oauth_plaintext_client_secret: text("secret"),
        ..update_scm(&id)
    };
    world
        .update_scm(change.clone())
        .await
        .refused(Code::FailedPrecondition, NO_KEY);
    let removes = UpdateScmIntegrationRequest {
        oauth_client_id: text(""),
        ..change
    };
    world.update_scm(removes).await.unwrap();
    world
        .update_scm(UpdateScmIntegrationRequest {
            pat: Some(true),
            ..update_scm(&id)
        })
        .await
        .unwrap();
}

/// `issuer_url: ""` or `virtual_directory: ""` clears it.
#[tokio::test]
async fn empty_issuer_url_or_virtual_directory_clears_it() {
    let world = World::new().await;
    let request = CreateScmIntegrationRequest {
        issuer_url: text("https://login.example.com"),
        ..create_azure_server()
    };
    let id = create(&world, request).await.unwrap();
    let before = world.scm(&id).await;
    assert_eq!(before.virtual_directory.as_deref(), Some("/tfs"));

    world
        .update_scm(UpdateScmIntegrationRequest {
            issuer_url: text(""),
            ..update_scm(&id)
        })
        .await
        .unwrap();
    let cleared = world.scm(&id).await;
    assert_eq!(
        (
            cleared.oauth.clone().unwrap().issuer_url.as_str(),
            &cleared.virtual_directory
        ),
        ("", &before.virtual_directory)
    );
    world
        .update_scm(UpdateScmIntegrationRequest {
            virtual_directory: text(""),
            ..update_scm(&id)
        })
        .await
        .unwrap();
    assert_eq!(
        world.scm(&id).await,
        ScmIntegration {
            virtual_directory: None,
            ..cleared
        }
    );
    let change = UpdateScmIntegrationRequest {
        issuer_url: text("https://other.example.com"),
        virtual_directory: text("/other"),
        ..update_scm(&id)
    };
    world.update_scm(change).await.unwrap();
    let changed = world.scm(&id).await;
    assert_eq!(
        changed.oauth.unwrap().issuer_url,
        "https://other.example.com"
    );
    assert_eq!(changed.virtual_directory.as_deref(), Some("/other"));

    // Without OAuth there is nothing to clear, and nothing wrong with that.
    let id = create(&world, create_scm_with_pat()).await.unwrap();
    world
        .update_scm(UpdateScmIntegrationRequest {
            issuer_url: text(""),
            ..update_scm(&id)
        })
        .await
        .unwrap();
    assert_eq!(world.scm(&id).await.oauth, None);
}

/// OAuth and PAT may both be on. Two integrations for the same runner + scm + host are not refused.
#[tokio::test]
async fn oauth_and_pat_may_both_be_on() {
    let world = World::new().await;
    let first = create(&world, create_scm()).await.unwrap();
    let integration = world.scm(&first).await;
    assert!(integration.pat && integration.oauth.is_some());
    let second = create(&world, create_scm()).await.unwrap();
    assert_ne!(first, second);
    let filter = list_scm_integrations_request::Filter {
        runner_ids: vec![RUNNER.to_string()],
    };
    let request = ListScmIntegrationsRequest {
        pagination: None,
        filter: Some(filter),
    };
    let listed = call!(world.service, USER, list_scm_integrations, request).unwrap();
    assert_eq!(listed.integrations.len(), 2);
    let filter = list_scm_integrations_request::Filter {
        runner_ids: vec![OTHER_RUNNER.to_string()],
    };
    let request = ListScmIntegrationsRequest {
        pagination: None,
        filter: Some(filter),
    };
    let listed = call!(world.service, USER, list_scm_integrations, request).unwrap();
    assert_eq!(listed.integrations, []);
}

/// Managed runner: Create is refused (`failed_precondition`, "cannot add SCM integrations to managed runners").
#[tokio::test]
async fn managed_runner_create_is_refused() {
    let world = World::new().await;
    let request = CreateScmIntegrationRequest {
        runner_id: MANAGED_RUNNER.to_string(),
        ..create_scm()
    };
    create(&world, request).await.refused(
        Code::FailedPrecondition,
        "cannot add SCM integrations to managed runners",
    );
}
