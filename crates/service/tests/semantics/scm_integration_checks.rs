//! Semantics of SCM integrations: what is refused on Create and Update.

use runner_configuration::v1::*;
use runner_configuration_service::store::{Encoded, Runner};
use tonic::Code;

use crate::scm_integrations::{create, text};
use crate::support::requests::*;
use crate::support::*;

const CREATE: &str = "CreateSCMIntegrationRequest";
const UPDATE: &str = "UpdateSCMIntegrationRequest";

/// `scm_id` refers to an entry of the runner's schema; unknown → `invalid_argument`.
#[tokio::test]
async fn scm_id_refers_to_an_entry_of_the_runners_schema() {
    let world = World::new().await;
    for scm_id in ["", "GitHub", "sourcehut"] {
        let request = CreateScmIntegrationRequest {
            scm_id: scm_id.to_owned(),
            ..create_scm()
        };
        create(&world, request)
            .await
            .refused_for(CREATE, &["scm_id"]);
    }
    let id = create(&world, create_scm()).await.unwrap();
    let integration = world.scm(&id).await;
    assert_eq!(integration.scm_id, "github");
    assert_eq!(
        (integration.id, integration.runner_id),
        (id, RUNNER.to_string())
    );

    let request = CreateScmIntegrationRequest {
        runner_id: NEW_RUNNER.to_string(),
        ..create_scm()
    };
    create(&world, request)
        .await
        .refused(Code::FailedPrecondition, "schema");
}

/// Create and Update apply all checks of ValidateRunnerConfiguration; what it would report → `invalid_argument` with
/// violations.
#[tokio::test]
async fn create_and_update_apply_all_checks_of_validate() {
    let world = World::new().await;
    let bitbucket = CreateScmIntegrationRequest {
        scm_id: "bitbucket".to_owned(),
        ..create_scm()
    };
    let gitlab = CreateScmIntegrationRequest {
        scm_id: "gitlab".to_owned(),
        ..create_scm()
    };
    let neither = CreateScmIntegrationRequest {
        pat: false,
        ..create_scm_with_pat()
    };
    for (request, fields) in [
        (
            CreateScmIntegrationRequest {
                host: "https://github.com".to_owned(),
                ..create_scm()
            },
            &["host"][..],
        ),
        (
            CreateScmIntegrationRequest {
                host: String::new(),
                ..create_scm()
            },
            &["host"],
        ),
        (bitbucket.clone(), &["oauth_client_id"]),
        (gitlab.clone(), &["pat"]),
        (
            CreateScmIntegrationRequest {
                issuer_url: text("http://x.example"),
                ..create_scm()
            },
            &["issuer_url"],
        ),
        (
            CreateScmIntegrationRequest {
                issuer_url: text("https://x.example"),
                ..create_scm_with_pat()
            },
            &["issuer_url"],
        ),
        (
            CreateScmIntegrationRequest {
                virtual_directory: text("/tfs"),
                ..create_scm()
            },
            &["virtual_directory"],
        ),
        (neither.clone(), &["oauth_client_id"]),
        (
            CreateScmIntegrationRequest {
                scm_id: "bitbucket".to_owned(),
                ..neither
            },
            &["pat"],
        ),
        (
            CreateScmIntegrationRequest {
                scm_id: "x".to_owned(),
                host: "/".to_owned(),
                ..create_scm()
            },
            &["scm_id", "host"],
        ),
    ] {
        create(&world, request.clone())
            .await
            .refused_for(CREATE, fields);
    }
    let listed = call!(
        world.service,
        ADMIN,
        list_scm_integrations,
        Default::default()
    )
    .unwrap();
    assert_eq!(listed.integrations, [], "nothing was stored");

    let gitlab = CreateScmIntegrationRequest {
        pat: false,
        ..gitlab
    };
    let gitlab = create(&world, gitlab).await.unwrap();
    let change = UpdateScmIntegrationRequest {
        pat: Some(true),
        ..update_scm(&gitlab)
    };
    world.update_scm(change).await.refused_for(UPDATE, &["pat"]);
    let change = UpdateScmIntegrationRequest {
        issuer_url: text("ftp://x"),
        virtual_directory: text("/x"),
        ..update_scm(&gitlab)
    };
    world
        .update_scm(change)
        .await
        .refused_for(UPDATE, &["virtual_directory", "issuer_url"]);
    let bitbucket = CreateScmIntegrationRequest {
        scm_id: "bitbucket".to_owned(),
        ..create_scm_with_pat()
    };
    let bitbucket = create(&world, bitbucket).await.unwrap();
    let change = UpdateScmIntegrationRequest {
        oauth_client_id: text("client"),
        oauth_plaintext_client_secret: text("secret"),
        ..update_scm(&bitbucket)
    };
    world
        .update_scm(change)
        .await
        .refused_for(UPDATE, &["oauth_client_id"]);
    let change = UpdateScmIntegrationRequest {
        issuer_url: text("https://x.example"),
        ..update_scm(&bitbucket)
    };
    world
        .update_scm(change)
        .await
        .refused_for(UPDATE, &["issuer_url"]);

    // By the newest schema.
    let mut schema = schemas::schema();
    schema.scm.retain(|scm| scm.scm_id != "gitlab");
    let schema = Some(Encoded::new(&schema));
    world
        .put_runner(Runner {
            schema,
            ..world.runner()
        })
        .await;
    let change = UpdateScmIntegrationRequest {
        oauth_client_id: text("new"),
        ..update_scm(&gitlab)
    };
    world.update_scm(change).await.refused_for(UPDATE, &[""]);
}

/// `virtual_directory` is for Azure DevOps Server only and starts with `/`; Validate reports a wrong one in `host_error`.
#[tokio::test]
async fn virtual_directory_is_for_azure_devops_server_only() {
    let world = World::new().await;
    create(&world, create_azure_server()).await.unwrap();
    let without = CreateScmIntegrationRequest {
        virtual_directory: None,
        ..create_azure_server()
    };
    let id = create(&world, without).await.unwrap();
    let no_slash = CreateScmIntegrationRequest {
        virtual_directory: text("tfs"),
        ..create_azure_server()
    };
    create(&world, no_slash)
        .await
        .refused_for(CREATE, &["virtual_directory"]);
    let change = UpdateScmIntegrationRequest {
        virtual_directory: text("tfs"),
        ..update_scm(&id)
    };
    world
        .update_scm(change)
        .await
        .refused_for(UPDATE, &["virtual_directory"]);
    for scm_id in ["github", "azuredevops_entra"] {
        let request = CreateScmIntegrationRequest {
            scm_id: scm_id.to_owned(),
            ..create_azure_server()
        };
        create(&world, request)
            .await
            .refused_for(CREATE, &["virtual_directory"]);
    }
    let empty = CreateScmIntegrationRequest {
        virtual_directory: text(""),
        ..create_scm()
    };
    let id = create(&world, empty).await.unwrap();
    assert_eq!(world.scm(&id).await.virtual_directory, None);
}
