//! Semantics common to all RPCs.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use runner_configuration::v1::*;
use runner_configuration_server::Authenticate;
use runner_configuration_service::store::{Change, Store};
use runner_configuration_service::{ADMIN_SUBJECT, ApiKeys, KeyHash, Role};
use tonic::{Code, Status};

use crate::support::requests::*;
use crate::support::*;

/// `Authorization: Bearer <key>` on every call.
#[tokio::test]
async fn authorization_bearer_key_on_every_call() {
    let world = World::new().await;
    let key = ApiKeys::new(world.store.clone());
    let ask = async |value: Option<&'static str>| -> Result<_, Status> {
        let value = value.map(|value| (AUTHORIZATION, HeaderValue::from_static(value)));
        key.authenticate(&HeaderMap::from_iter(value)).await
    };

    let before_there_is_a_key = ask(Some("Bearer secret")).await;
    set_admin_key(&world, "secret").await;
    let caller = ask(Some("Bearer secret")).await.unwrap();
    assert_eq!((caller.subject, caller.role), (ADMIN_SUBJECT, Role::Admin));
    let wrong = [
        None,
        Some("Bearer wrong"),
        Some("Bearer "),
        Some("Basic secret"),
        Some("secret"),
    ];
    let mut texts = vec![before_there_is_a_key.unwrap_err()];
    for value in wrong {
        texts.push(ask(value).await.unwrap_err());
    }
    for status in &texts {
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(
            status.message(),
            texts[0].message(),
            "the same text for every cause"
        );
    }

    set_admin_key(&world, "another").await;
    assert!(ask(Some("Bearer secret")).await.is_err() && ask(Some("Bearer another")).await.is_ok());
}

async fn set_admin_key(world: &World, key: &str) {
    let change = Change::by_operator("serve", std::time::UNIX_EPOCH);
    let hash = KeyHash::of(key);
    world
        .store
        .set_admin_key(change, hash, ADMIN_SUBJECT)
        .await
        .unwrap();
}

/// A request that no authentication let through is nobody's.
#[tokio::test]
async fn a_request_without_a_caller_is_unauthenticated() {
    use runner_configuration_server::RunnerConfigurationService as _;

    let world = World::new().await;
    let request = tonic::Request::new(ListEnvironmentClassesRequest::default());
    let reply = world.service.list_environment_classes(request).await;
    reply.map(|_| ()).refused(Code::Unauthenticated, "Bearer");
}

/// Missing object → `not_found`; clients take it as "gone" on Get and as success on Delete.
#[tokio::test]
async fn missing_object_not_found() {
    let world = World::new().await;
    let service = &world.service;
    let id = NOTHING.to_string();
    let gone = |result: Result<(), Status>| result.refused(Code::NotFound, &NOTHING.to_string());

    let request = GetEnvironmentClassRequest {
        environment_class_id: id.clone(),
    };
    gone(call!(service, ADMIN, get_environment_class, request).map(drop));
    gone(call!(service, ADMIN, update_environment_class, update_class(&id)).map(drop));

    let request = GetHostAuthenticationTokenRequest { id: id.clone() };
    gone(call!(service, ADMIN, get_host_authentication_token, request).map(drop));
    gone(
        call!(
            service,
            ADMIN,
            update_host_authentication_token,
            update_token(&id)
        )
        .map(drop),
    );
    let request = DeleteHostAuthenticationTokenRequest { id: id.clone() };
    gone(call!(service, ADMIN, delete_host_authentication_token, request).map(drop));

    let request = GetScmIntegrationRequest { id: id.clone() };
    gone(call!(service, ADMIN, get_scm_integration, request).map(drop));
    gone(call!(service, ADMIN, update_scm_integration, update_scm(&id)).map(drop));
    let request = DeleteScmIntegrationRequest { id: id.clone() };
    gone(call!(service, ADMIN, delete_scm_integration, request).map(drop));

    let request = GetLlmIntegrationRequest { id: id.clone() };
    gone(call!(service, ADMIN, get_llm_integration, request).map(drop));
    gone(call!(service, ADMIN, update_llm_integration, update_llm(&id)).map(drop));
    for force in [false, true] {
        let request = DeleteLlmIntegrationRequest {
            id: id.clone(),
            force,
        };
        gone(call!(service, ADMIN, delete_llm_integration, request).map(drop));
    }

    let request = GetRunnerConfigurationSchemaRequest {
        runner_id: id.clone(),
    };
    gone(call!(service, ADMIN, get_runner_configuration_schema, request).map(drop));
    let request = CreateEnvironmentClassRequest {
        runner_id: id.clone(),
        ..create_class()
    };
    gone(call!(service, ADMIN, create_environment_class, request).map(drop));
    let request = CreateHostAuthenticationTokenRequest {
        runner_id: id.clone(),
        ..create_token()
    };
    gone(call!(service, ADMIN, create_host_authentication_token, request).map(drop));
    let request = CreateScmIntegrationRequest {
        runner_id: id.clone(),
        ..create_scm()
    };
    gone(call!(service, ADMIN, create_scm_integration, request).map(drop));
    let request = CreateLlmIntegrationRequest {
        runner_id: id.clone(),
        ..create_llm()
    };
    gone(call!(service, ADMIN, create_llm_integration, request).map(drop));
}

/// Order of checks: authenticated, decoded, valid by the contract's rules, authorised, then the RPC's own conditions.
#[tokio::test]
async fn order_of_checks() {
    let world = World::new().await;
    let service = &world.service;

    let request = CreateEnvironmentClassRequest {
        runner_id: "x".to_owned(),
        ..create_class()
    };
    call!(service, USER, create_environment_class, request)
        .refused_for("CreateEnvironmentClassRequest", &["runner_id"]);
    let request = CreateEnvironmentClassRequest {
        configuration: Vec::new(),
        ..create_class()
    };
    call!(service, USER, create_environment_class, request.clone())
        .refused(Code::PermissionDenied, "");
    call!(service, ADMIN, create_environment_class, request).refused_for(
        "CreateEnvironmentClassRequest",
        &["configuration", "configuration"],
    );

    let id = NOTHING.to_string();
    let denied = |result: Result<(), Status>| result.refused(Code::PermissionDenied, "");
    denied(call!(service, USER, update_environment_class, update_class(&id)).map(drop));
    denied(call!(service, USER, update_scm_integration, update_scm(&id)).map(drop));
    denied(call!(service, USER, update_llm_integration, update_llm(&id)).map(drop));
    let request = DeleteScmIntegrationRequest { id: id.clone() };
    denied(call!(service, USER, delete_scm_integration, request).map(drop));
    let request = DeleteLlmIntegrationRequest {
        id: id.clone(),
        force: true,
    };
    denied(call!(service, USER, delete_llm_integration, request).map(drop));
    let request = CreateScmIntegrationRequest {
        runner_id: id.clone(),
        ..create_scm()
    };
    denied(call!(service, USER, create_scm_integration, request).map(drop));
    let request = CreateLlmIntegrationRequest {
        runner_id: id,
        ..create_llm()
    };
    denied(call!(service, USER, create_llm_integration, request).map(drop));
}

/// A user reads the configuration of all runners, and validates.
#[tokio::test]
async fn a_user_reads_what_is_configured() {
    let world = World::new().await;
    let service = &world.service;
    let class = world.create_class(create_class()).await;
    let scm = world.create_scm(create_scm()).await;
    let llm = world.create_llm(create_llm()).await;

    let request = GetEnvironmentClassRequest {
        environment_class_id: class,
    };
    assert!(call!(service, USER, get_environment_class, request).is_ok());
    assert!(
        call!(
            service,
            USER,
            get_scm_integration,
            GetScmIntegrationRequest { id: scm }
        )
        .is_ok()
    );
    assert!(
        call!(
            service,
            USER,
            get_llm_integration,
            GetLlmIntegrationRequest { id: llm }
        )
        .is_ok()
    );
    let classes = call!(service, USER, list_environment_classes, Default::default()).unwrap();
    assert_eq!(classes.environment_classes.len(), 1);
    let scms = call!(service, USER, list_scm_integrations, Default::default()).unwrap();
    assert_eq!(scms.integrations.len(), 1);
    let llms = call!(service, USER, list_llm_integrations, Default::default()).unwrap();
    assert_eq!(llms.integrations.len(), 1);
    let request = GetRunnerConfigurationSchemaRequest {
        runner_id: RUNNER.to_string(),
    };
    assert!(call!(service, USER, get_runner_configuration_schema, request).is_ok());
    let request = validate_class(create_class().configuration);
    assert!(call!(service, USER, validate_runner_configuration, request).is_ok());
}

/// Hosts are compared in lower case, without a trailing dot and without the default port 443.
#[tokio::test]
async fn hosts_are_compared_in_lower_case() {
    let world = World::new().await;
    let create = async |host: &str| {
        let request = CreateHostAuthenticationTokenRequest {
            host: host.to_owned(),
            ..create_token()
        };
        call!(
            world.service,
            ADMIN,
            create_host_authentication_token,
            request
        )
    };

    let stored = create("GitHub.com").await.unwrap().token.unwrap();
    assert_eq!(stored.host, "GitHub.com", "it comes back as it was sent");
    for same in [
        "github.com",
        "GITHUB.COM.",
        "github.com:443",
        "github.com.:443",
    ] {
        create(same).await.refused(Code::AlreadyExists, "");
    }
    for other in ["github.com:8443", "www.github.com"] {
        assert!(create(other).await.is_ok(), "{other}");
    }

    let integration = world.create_scm(create_scm()).await;
    world
        .update_scm(UpdateScmIntegrationRequest {
            oauth_client_id: Some(String::new()),
            ..update_scm(&integration)
        })
        .await
        .unwrap();
    world.token(&stored.id).await.refused(Code::NotFound, "");
}

/// Uuids are accepted in any case and come back in lower case.
#[tokio::test]
async fn ids_come_back_in_lower_case() {
    let world = World::new().await;
    let upper = |id: &str| id.to_uppercase();
    let request = CreateEnvironmentClassRequest {
        runner_id: upper(&RUNNER.to_string()),
        ..create_class()
    };
    let class = world.create_class(request).await;
    assert_eq!(world.class(&upper(&class)).await.id, class);
    assert_eq!(world.class(&class).await.runner_id, RUNNER.to_string());

    let integration = world.create_scm(create_scm()).await;
    let request = CreateHostAuthenticationTokenRequest {
        subject: Some(Subject {
            id: upper(&USER.subject.id.to_string()),
            principal: 2,
        }),
        integration_id: upper(&integration),
        ..create_token()
    };
    let id = world.create_token(request).await;
    let token = world.token(&upper(&id)).await.unwrap();
    assert_eq!(token.integration_id, integration);
    assert_eq!(token.subject, Some(user_subject(USER.subject.id)));
}

/// They also need `token` in Create/GetHostAuthenticationToken and `id`, `runnerId` in an environment class, which are
/// never empty here.
#[tokio::test]
async fn they_also_need_token_id_and_runner_id_never_empty() {
    let world = World::new().await;
    let service = &world.service;
    let reply = call!(
        service,
        USER,
        create_host_authentication_token,
        create_token()
    )
    .unwrap();
    let token = reply.token.unwrap();
    let request = GetHostAuthenticationTokenRequest {
        id: token.id.clone(),
    };
    let reply = call!(service, USER, get_host_authentication_token, request).unwrap();
    assert_eq!(reply.token.unwrap(), token);

    let class = world.class(&world.create_class(create_class()).await).await;
    assert!(!class.id.is_empty() && !class.runner_id.is_empty());
    let listed = call!(service, ADMIN, list_environment_classes, Default::default()).unwrap();
    for class in listed.environment_classes {
        assert!(!class.id.is_empty() && !class.runner_id.is_empty());
    }
}
