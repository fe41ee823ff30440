//! Semantics of SCM integrations: the tokens that go with them.

use runner_configuration::v1::*;
use tonic::Code;
use uuid::Uuid;

use crate::scm_integrations::{create, text};
use crate::support::requests::*;
use crate::support::*;

const UPDATE: &str = "UpdateSCMIntegrationRequest";

/// The ids of tokens, by what they rest on.
struct Tokens {
    oauth: String,
    pat: String,
    unspecified: String,
    oauth_elsewhere: [String; 2],
    pat_elsewhere: [String; 2],
}

impl Tokens {
    async fn create(world: &World, integration_id: &str) -> Self {
        let mut user = 0x5000;
        let mut create = async |runner: Uuid, host: &str, source: i32| {
            user += 1;
            let request = CreateHostAuthenticationTokenRequest {
                runner_id: runner.to_string(),
                host: host.to_owned(),
                source,
                integration_id: integration_id.to_owned(),
                ..create_token_for(Uuid::from_u128(user))
            };
            world.create_token(request).await
        };
        let (here, there) = ("GitHub.com:443", "gitlab.com");
        Self {
            oauth: create(RUNNER, here, 1).await,
            pat: create(RUNNER, here, 2).await,
            unspecified: create(RUNNER, here, 0).await,
            oauth_elsewhere: [
                create(OTHER_RUNNER, here, 1).await,
                create(RUNNER, there, 1).await,
            ],
            pat_elsewhere: [
                create(OTHER_RUNNER, here, 2).await,
                create(RUNNER, there, 2).await,
            ],
        }
    }

    /// Which of the tokens of the integration's runner and host are left: OAUTH, PAT, unspecified.
    async fn left(&self, world: &World) -> [bool; 3] {
        for id in self.oauth_elsewhere.iter().chain(&self.pat_elsewhere) {
            assert!(
                world.token(id).await.is_ok(),
                "other runners and hosts are not touched"
            );
        }
        let mut left = [false; 3];
        for (left, id) in left
            .iter_mut()
            .zip([&self.oauth, &self.pat, &self.unspecified])
        {
            *left = world.token(id).await.is_ok();
        }
        left
    }
}

/// Update with `oauth_client_id: ""` removes the OAuth configuration, whether or not a secret is given, and deletes the
/// tokens of that runner + host whose source is OAUTH.
#[tokio::test]
async fn update_with_empty_oauth_client_id_removes_the_oauth_configuration() {
    for secret in [None, text("secret")] {
        let world = World::new().await;
        let id = create(&world, create_scm()).await.unwrap();
        let tokens = Tokens::create(&world, "").await;
        let change = UpdateScmIntegrationRequest {
            oauth_client_id: text(""),
            oauth_plaintext_client_secret: secret,
            issuer_url: text("https://login.example.com"),
            ..update_scm(&id)
        };
        world.update_scm(change).await.unwrap();
        let integration = world.scm(&id).await;
        assert_eq!((integration.oauth, integration.pat), (None, true));
        assert_eq!(tokens.left(&world).await, [false, true, true]);
    }

    // Also where nothing else is left to authenticate with, and where there was nothing to remove.
    let world = World::new().await;
    let id = create(
        &world,
        CreateScmIntegrationRequest {
            pat: false,
            ..create_scm()
        },
    )
    .await
    .unwrap();
    for _ in 0..2 {
        let change = UpdateScmIntegrationRequest {
            oauth_client_id: text(""),
            ..update_scm(&id)
        };
        world.update_scm(change).await.unwrap();
        assert_eq!(world.scm(&id).await.oauth, None);
    }
}

/// Update with `pat: false` deletes the tokens of that runner + host whose source is PAT.
#[tokio::test]
async fn update_with_pat_false_deletes_the_tokens_whose_source_is_pat() {
    let world = World::new().await;
    let id = create(&world, create_scm()).await.unwrap();
    let tokens = Tokens::create(&world, "").await;

    for change in [
        update_scm(&id),
        UpdateScmIntegrationRequest {
            pat: Some(true),
            ..update_scm(&id)
        },
    ] {
        world.update_scm(change).await.unwrap();
        assert_eq!(tokens.left(&world).await, [true, true, true]);
    }
    let refused = UpdateScmIntegrationRequest {
        pat: Some(false),
        virtual_directory: text("/x"),
        ..update_scm(&id)
    };
    world
        .update_scm(refused)
        .await
        .refused_for(UPDATE, &["virtual_directory"]);
    assert_eq!(
        tokens.left(&world).await,
        [true, true, true],
        "all or nothing"
    );
    world
        .update_scm(UpdateScmIntegrationRequest {
            pat: Some(false),
            ..update_scm(&id)
        })
        .await
        .unwrap();
    assert_eq!(tokens.left(&world).await, [true, false, true]);
    let integration = world.scm(&id).await;
    assert!(!integration.pat && integration.oauth.is_some());
}

/// Delete removes the integration and the tokens that rest on it: those with its `integration_id`, and those of its runner
/// + host without one, unless another integration of that runner + host still offers their source.
#[tokio::test]
async fn delete_removes_the_integration_and_the_tokens_that_rest_on_it() {
    let delete = async |world: &World, id: &str| {
        let request = DeleteScmIntegrationRequest { id: id.to_owned() };
        call!(
            world.service,
            ADMIN,
            delete_scm_integration,
            request.clone()
        )
        .unwrap();
        call!(world.service, ADMIN, delete_scm_integration, request).refused(Code::NotFound, id);
    };

    // Nothing else offers their source: all tokens of the runner and host go.
    let world = World::new().await;
    let id = create(&world, create_scm()).await.unwrap();
    let tokens = Tokens::create(&world, "").await;
    delete(&world, &id).await;
    assert_eq!(tokens.left(&world).await, [false, false, false]);

    // Another integration offers PAT: those stay. So do those whose source nobody knows.
    let world = World::new().await;
    let id = create(&world, create_scm()).await.unwrap();
    create(&world, create_scm_with_pat()).await.unwrap();
    let elsewhere = CreateScmIntegrationRequest {
        host: "gitlab.com".to_owned(),
        ..create_scm()
    };
    create(&world, elsewhere).await.unwrap();
    let tokens = Tokens::create(&world, "").await;
    delete(&world, &id).await;
    assert_eq!(tokens.left(&world).await, [false, true, true]);

    // Those that name the integration go in any case.
    let world = World::new().await;
    let id = create(&world, create_scm()).await.unwrap();
    create(&world, create_scm()).await.unwrap();
    let named = CreateHostAuthenticationTokenRequest {
        integration_id: id.clone(),
        ..create_token()
    };
    let named = world.create_token(named).await;
    let tokens = Tokens::create(&world, "").await;
    delete(&world, &id).await;
    assert_eq!(tokens.left(&world).await, [true, true, true]);
    world.token(&named).await.refused(Code::NotFound, &named);
}
