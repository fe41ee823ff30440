//! Semantics of runners.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runner_configuration::v1::validate_runner_configuration_response::Result as Outcome;
use runner_configuration::v1::*;
use runner_configuration_service::seal::KeyPair;
use runner_configuration_service::store::{
    Change, Encoded, ObjectCounts, Runner, RunnerRemoved, Store,
};
use tonic::Code;

use crate::support::requests::*;
use crate::support::schemas::*;
use crate::support::*;

/// A runner that still has objects is removed only with force, which removes them too.
#[tokio::test]
async fn a_runner_that_still_has_objects_is_removed_only_with_force() {
    let world = World::new().await;
    let class = world.create_class(create_class()).await;
    let token = world.create_token(create_token()).await;
    world.create_scm(create_scm()).await;
    world.create_llm(create_llm()).await;
    let counts = ObjectCounts {
        environment_classes: 1,
        host_authentication_tokens: 1,
        scm_integrations: 1,
        llm_integrations: 1,
    };
    let remove = async |force: bool| {
        let change = Change::by_operator("runner remove", std::time::UNIX_EPOCH);
        world
            .store
            .remove_runner(change, RUNNER, force)
            .await
            .unwrap()
    };

    assert_eq!(remove(false).await, RunnerRemoved::HasObjects(counts));
    world.class(&class).await;
    assert_eq!(remove(true).await, RunnerRemoved::Done(counts));
    world.token(&token).await.refused(Code::NotFound, "");
    let request = GetEnvironmentClassRequest {
        environment_class_id: class,
    };
    call!(world.service, ADMIN, get_environment_class, request).refused(Code::NotFound, "");
    let scms = call!(
        world.service,
        ADMIN,
        list_scm_integrations,
        Default::default()
    )
    .unwrap();
    let llms = call!(
        world.service,
        ADMIN,
        list_llm_integrations,
        Default::default()
    )
    .unwrap();
    assert!(scms.integrations.is_empty() && llms.integrations.is_empty());
    call!(
        world.service,
        ADMIN,
        create_environment_class,
        create_class()
    )
    .refused(Code::NotFound, "runner");
}

/// A new schema does not touch stored classes; Validate and Create judge by the newest.
#[tokio::test]
async fn a_new_schema_does_not_touch_stored_classes() {
    let world = World::new().await;
    let id = world.create_class(create_class()).await;
    let before = world.class(&id).await;
    let newer = RunnerConfigurationSchema {
        environment_classes: vec![field("machineType", string("m6i"))],
        ..schema()
    };
    world
        .put_runner(Runner {
            schema: Some(Encoded::new(&newer)),
            ..world.runner()
        })
        .await;

    assert_eq!(world.class(&id).await, before);
    let request = UpdateEnvironmentClassRequest {
        enabled: Some(false),
        ..update_class(&id)
    };
    call!(world.service, ADMIN, update_environment_class, request).unwrap();
    call!(
        world.service,
        ADMIN,
        create_environment_class,
        create_class()
    )
    .refused_for(
        "CreateEnvironmentClassRequest",
        &["configuration[0].key", "configuration[1].key"],
    );
    let request = validate_class(create_class().configuration);
    let reply = call!(world.service, USER, validate_runner_configuration, request).unwrap();
    let Some(Outcome::EnvironmentClass(result)) = reply.result else {
        panic!("{reply:?}")
    };
    assert_eq!(result.configuration_errors.len(), 2);
    let configuration = configuration(&[("machineType", "m6i")]);
    world
        .create_class(CreateEnvironmentClassRequest {
            configuration,
            ..create_class()
        })
        .await;
}

/// A new public key does not touch what was sealed to the old one.
#[tokio::test]
async fn a_new_public_key_does_not_touch_what_was_sealed_to_the_old_one() {
    let world = World::new().await;
    let old = world.create_scm(create_scm()).await;
    let before = world.scm(&old).await;
    let new_keys = KeyPair::from_private_key(&[8; 32]);
    let public_key = Some(*new_keys.public_key().as_bytes());
    world
        .put_runner(Runner {
            public_key,
            ..world.runner()
        })
        .await;

    assert_eq!(world.scm(&old).await, before);
    let new = world
        .scm(&world.create_scm(create_scm()).await)
        .await
        .oauth
        .unwrap();
    assert_eq!(
        new_keys
            .open(&new.encrypted_client_secret)
            .unwrap()
            .as_slice(),
        b"clear-secret"
    );
    assert!(world.keys.open(&new.encrypted_client_secret).is_err());
}

/// Secrets for a runner are NaCl anonymous sealed boxes (`crypto_box_seal`) to that key.
#[tokio::test]
async fn secrets_for_a_runner_are_nacl_anonymous_sealed_boxes() {
    // That libsodium's boxes and these are the same is tested beside the sealing itself.
    let world = World::new().await;
    let configuration = configuration_with(&[("licence", "CLASS")]);
    let class = CreateEnvironmentClassRequest {
        configuration,
        ..create_class()
    };
    let class = world.class(&world.create_class(class).await).await;
    let token = CreateHostAuthenticationTokenRequest {
        refresh_token: "REFRESH".to_owned(),
        ..create_token()
    };
    let token = world.create_token(token).await;
    let scm = world.scm(&world.create_scm(create_scm()).await).await;
    let llm = world.llm(&world.create_llm(create_llm()).await).await;

    assert_eq!(
        world.open(&STANDARD.decode(&class.configuration[2].value).unwrap()),
        "CLASS"
    );
    assert_eq!(
        world.secrets(&token).await,
        ("gho_clear".to_owned(), Some("REFRESH".to_owned()))
    );
    assert_eq!(
        world.open(&scm.oauth.unwrap().encrypted_client_secret),
        "clear-secret"
    );
    assert_eq!(world.open(&llm.encrypted_api_key), "sk-clear");
}

/// The service needs runners: a public key and a schema may come later.
#[tokio::test]
async fn the_service_needs_runners_whose_key_and_schema_may_come_later() {
    let world = World::new().await;
    let bare = Runner {
        public_key: None,
        schema: None,
        ..world.runner()
    };
    world.put_runner(bare.clone()).await;
    call!(world.service, ADMIN, create_scm_integration, create_scm())
        .refused(Code::FailedPrecondition, "schema");
    let with_schema = Runner {
        schema: world.runner().schema,
        ..bare
    };
    world.put_runner(with_schema).await;
    call!(world.service, ADMIN, create_scm_integration, create_scm()).refused(
        Code::FailedPrecondition,
        "runner does not have a public key",
    );
    world.put_runner(world.runner()).await;
    world.create_scm(create_scm()).await;
}
