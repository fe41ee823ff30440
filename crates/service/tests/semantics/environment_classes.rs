//! Semantics of environment classes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runner_configuration::v1::list_environment_classes_request::Filter;
use runner_configuration::v1::*;
use runner_configuration_service::store::Runner;
use tonic::Code;

use crate::support::requests::*;
use crate::support::*;

const CREATE: &str = "CreateEnvironmentClassRequest";

/// No Delete RPC: a class is disabled instead. `configuration` cannot be updated.
#[tokio::test]
async fn no_delete_rpc_a_class_is_disabled_instead() {
    let world = World::new().await;
    let id = world.create_class(create_class()).await;
    let before = world.class(&id).await;

    let request = UpdateEnvironmentClassRequest {
        enabled: Some(false),
        ..update_class(&id)
    };
    call!(world.service, ADMIN, update_environment_class, request).unwrap();
    assert_eq!(
        world.class(&id).await,
        EnvironmentClass {
            enabled: false,
            ..before.clone()
        }
    );
    let request = UpdateEnvironmentClassRequest {
        enabled: Some(true),
        ..update_class(&id)
    };
    call!(world.service, ADMIN, update_environment_class, request).unwrap();
    assert_eq!(world.class(&id).await, before);
}

/// A new class is enabled.
#[tokio::test]
async fn a_new_class_is_enabled() {
    let world = World::new().await;
    let id = world.create_class(create_class()).await;
    let expected = EnvironmentClass {
        id: id.clone(),
        runner_id: RUNNER.to_string(),
        display_name: "Large".to_owned(),
        description: "For large projects".to_owned(),
        configuration: configuration(&[("cpu", "8"), ("memory", "16384")]),
        enabled: true,
    };
    assert_eq!(world.class(&id).await, expected);
}

/// `display_name` 3–127, `description` 3–200 characters.
#[tokio::test]
async fn display_name_3_to_127_description_3_to_200_characters() {
    let world = World::new().await;
    for (field, longest) in [("display_name", 127), ("description", 200)] {
        for (length, good) in [(2, false), (3, true), (longest, true), (longest + 1, false)] {
            let text = "ä".repeat(length);
            let (mut request, mut change) =
                (create_class(), UpdateEnvironmentClassRequest::default());
            if field == "display_name" {
                request.display_name = text.clone();
                change.display_name = Some(text.clone());
            } else {
                request.description = text.clone();
                change.description = Some(text);
            }
            let created = call!(world.service, ADMIN, create_environment_class, request);
            if good {
                change.environment_class_id = created.unwrap().id;
                call!(world.service, ADMIN, update_environment_class, change).unwrap();
            } else {
                created.refused_for(CREATE, &[field]);
                change.environment_class_id = NOTHING.to_string();
                call!(world.service, ADMIN, update_environment_class, change)
                    .refused_for("UpdateEnvironmentClassRequest", &[field]);
            }
        }
    }
}

/// Configuration keys and values are checked against the runner's schema: unknown key, missing required key, wrong type or
/// out of range → `invalid_argument` naming the field; defaults are not filled in.
#[tokio::test]
async fn configuration_keys_and_values_are_checked_against_the_runners_schema() {
    let world = World::new().await;
    let create = async |configuration: Vec<FieldValue>| {
        let request = CreateEnvironmentClassRequest {
            configuration,
            ..create_class()
        };
        call!(world.service, ADMIN, create_environment_class, request)
    };

    for (fields, wrong, key) in [
        (
            &[("cpu", "8"), ("memory", "512"), ("gpu", "1")][..],
            "configuration[2].key",
            "gpu",
        ),
        (&[("memory", "512")], "configuration", "cpu"),
        (
            &[("cpu", "x"), ("memory", "512")],
            "configuration[0].value",
            "cpu",
        ),
        (
            &[("cpu", "129"), ("memory", "512")],
            "configuration[0].value",
            "cpu",
        ),
        (
            &[("cpu", "8"), ("memory", "512"), ("spot", "yes")],
            "configuration[2].value",
            "spot",
        ),
        (
            &[("cpu", "8"), ("cpu", "8"), ("memory", "512")],
            "configuration[0].key",
            "cpu",
        ),
        (
            &[("cpu", "8"), ("memory", "512"), ("banner", "")],
            "configuration[2].key",
            "banner",
        ),
    ] {
        let reply = create(configuration(fields)).await;
        let status = reply.as_ref().unwrap_err().clone();
        assert!(status.message().contains(key), "{status:?}");
        reply.refused_for(CREATE, &[wrong]);
    }
    create(configuration(&[("x", ""), ("cpu", "0")]))
        .await
        .refused_for(
            CREATE,
            &[
                "configuration[0].key",
                "configuration[1].value",
                "configuration",
            ],
        );
    let listed = call!(
        world.service,
        ADMIN,
        list_environment_classes,
        Default::default()
    );
    assert_eq!(
        listed.unwrap().environment_classes,
        [],
        "nothing was stored"
    );

    let reply = create(configuration_with(&[
        ("machineType", "m6i.2xlarge"),
        ("spot", "true"),
    ]))
    .await;
    let stored = world.class(&reply.unwrap().id).await.configuration;
    let sent = [
        ("cpu", "8"),
        ("memory", "16384"),
        ("machineType", "m6i.2xlarge"),
        ("spot", "true"),
    ];
    assert_eq!(stored, configuration(&sent), "as sent, and no defaults");
}

/// A class of a runner without a schema can't be judged.
#[tokio::test]
async fn a_class_needs_the_runners_schema() {
    let world = World::new().await;
    let request = CreateEnvironmentClassRequest {
        runner_id: NEW_RUNNER.to_string(),
        ..create_class()
    };
    call!(world.service, ADMIN, create_environment_class, request)
        .refused(Code::FailedPrecondition, "schema");
}

/// The value of a field that the schema marks `secret` is sealed to the runner's key on arrival; what is stored and
/// returned is the sealed box as base64 text.
#[tokio::test]
async fn the_value_of_a_field_that_the_schema_marks_secret_is_sealed() {
    let world = World::new().await;
    let configuration = configuration_with(&[("licence", "ABC-123")]);
    let request = CreateEnvironmentClassRequest {
        configuration,
        ..create_class()
    };
    let id = world.create_class(request.clone()).await;
    let stored = world.class(&id).await.configuration.pop().unwrap();
    assert_eq!(stored.key, "licence");
    let sealed = STANDARD.decode(&stored.value).unwrap();
    assert_eq!(world.open(&sealed), "ABC-123");

    let wrong = configuration_with(&[("licence", "lower case")]);
    let wrong = CreateEnvironmentClassRequest {
        configuration: wrong,
        ..create_class()
    };
    let reply = call!(world.service, ADMIN, create_environment_class, wrong);
    assert!(!reply.as_ref().unwrap_err().message().contains("lower case"));
    reply.refused_for(CREATE, &["configuration[2].value"]);

    let request = CreateEnvironmentClassRequest {
        runner_id: KEYLESS_RUNNER.to_string(),
        ..request
    };
    call!(world.service, ADMIN, create_environment_class, request).refused(
        Code::FailedPrecondition,
        "runner does not have a public key",
    );
    let request = CreateEnvironmentClassRequest {
        runner_id: KEYLESS_RUNNER.to_string(),
        ..create_class()
    };
    assert!(
        call!(world.service, ADMIN, create_environment_class, request).is_ok(),
        "no secret, no key"
    );
}

/// `filter.enabled` unset → all; `can_create_environments` → only classes on which the caller may start environments
/// (enabled, runner usable by the caller).
#[tokio::test]
async fn filter_enabled_unset_is_all_can_create_environments_only_usable_ones() {
    let world = World::new().await;
    let enabled = world.create_class(create_class()).await;
    let disabled = world.create_class(create_class()).await;
    let request = UpdateEnvironmentClassRequest {
        enabled: Some(false),
        ..update_class(&disabled)
    };
    call!(world.service, ADMIN, update_environment_class, request).unwrap();
    let (enabled, disabled) = (enabled.as_str(), disabled.as_str());

    for caller in [ADMIN, USER] {
        let list = async |filter: Filter| list(&world, caller, filter).await;
        assert_eq!(list(Filter::default()).await, [enabled, disabled]);
        assert_eq!(
            list(Filter {
                enabled: Some(true),
                ..Default::default()
            })
            .await,
            [enabled]
        );
        assert_eq!(
            list(Filter {
                enabled: Some(false),
                ..Default::default()
            })
            .await,
            [disabled]
        );
        let usable = Filter {
            can_create_environments: Some(true),
            ..Default::default()
        };
        assert_eq!(list(usable.clone()).await, [enabled]);
        assert!(
            list(Filter {
                enabled: Some(false),
                ..usable.clone()
            })
            .await
            .is_empty()
        );
        let all = Filter {
            can_create_environments: Some(false),
            ..Default::default()
        };
        assert_eq!(list(all).await, [enabled, disabled]);
    }
}

/// Filters combine with AND; an empty list is no filter; `runner_kinds` and `runner_providers` look at the class's runner;
/// `*_UNSPECIFIED` inside them is ignored.
#[tokio::test]
async fn filters_combine_with_and() {
    let world = World::new().await;
    let local = Runner {
        kind: RunnerKind::LocalConfiguration,
        id: KEYLESS_RUNNER,
        ..world.runner()
    };
    world.put_runner(local).await;
    let class_of = async |runner: uuid::Uuid| {
        world
            .create_class(CreateEnvironmentClassRequest {
                runner_id: runner.to_string(),
                ..create_class()
            })
            .await
    };
    let (aws, gcp, local) = (
        class_of(RUNNER).await,
        class_of(OTHER_RUNNER).await,
        class_of(KEYLESS_RUNNER).await,
    );
    let (aws, gcp, local) = (aws.as_str(), gcp.as_str(), local.as_str());
    let filter = |runners: &[uuid::Uuid], kinds: &[i32], providers: &[i32]| Filter {
        runner_ids: runners.iter().map(ToString::to_string).collect(),
        runner_kinds: kinds.to_vec(),
        runner_providers: providers.to_vec(),
        ..Default::default()
    };
    let remote = RunnerKind::Remote.into();
    let local_kind = RunnerKind::LocalConfiguration.into();
    let (on_aws, on_gcp) = (RunnerProvider::AwsEc2.into(), RunnerProvider::Gcp.into());

    for (filter, expected) in [
        (filter(&[], &[], &[]), &[aws, gcp, local][..]),
        (filter(&[RUNNER, OTHER_RUNNER], &[], &[]), &[aws, gcp]),
        (filter(&[NOTHING], &[], &[]), &[]),
        (filter(&[], &[remote], &[]), &[aws, gcp]),
        (filter(&[], &[local_kind, remote], &[]), &[aws, gcp, local]),
        (filter(&[], &[], &[on_gcp]), &[gcp]),
        (filter(&[], &[remote], &[on_aws]), &[aws]),
        (filter(&[OTHER_RUNNER], &[remote], &[on_aws]), &[]),
        (filter(&[], &[0], &[0, 0]), &[aws, gcp, local]),
        (filter(&[], &[0, local_kind], &[]), &[local]),
        // Values of a later version of the contract: no runner has them.
        (filter(&[], &[99], &[]), &[]),
        (filter(&[], &[99, 0], &[]), &[]),
        (filter(&[], &[99, remote], &[]), &[aws, gcp]),
    ] {
        assert_eq!(
            list(&world, USER, filter.clone()).await,
            expected,
            "{filter:?}"
        );
    }

    // By the runner as it is now, not as it was when the class was made.
    world
        .put_runner(Runner {
            provider: RunnerProvider::Gcp,
            ..world.runner()
        })
        .await;
    assert_eq!(
        list(&world, USER, filter(&[], &[], &[on_gcp])).await,
        [aws, gcp]
    );
}

/// Update changes just the fields that are present.
#[tokio::test]
async fn update_changes_just_the_fields_that_are_present() {
    let world = World::new().await;
    let id = world.create_class(create_class()).await;
    let mut expected = world.class(&id).await;

    call!(
        world.service,
        ADMIN,
        update_environment_class,
        update_class(&id)
    )
    .unwrap();
    assert_eq!(world.class(&id).await, expected);
    for (display_name, description, enabled) in [
        (Some("New name"), None, None),
        (None, Some("New text"), None),
        (None, None, Some(false)),
    ] {
        let request = UpdateEnvironmentClassRequest {
            display_name: display_name.map(str::to_owned),
            description: description.map(str::to_owned),
            enabled,
            ..update_class(&id)
        };
        call!(
            world.service,
            ADMIN,
            update_environment_class,
            request.clone()
        )
        .unwrap();
        expected.display_name = request.display_name.unwrap_or(expected.display_name);
        expected.description = request.description.unwrap_or(expected.description);
        expected.enabled = request.enabled.unwrap_or(expected.enabled);
        assert_eq!(world.class(&id).await, expected);
    }
}

async fn list(
    world: &World,
    caller: runner_configuration_service::Caller,
    filter: Filter,
) -> Vec<String> {
    let request = ListEnvironmentClassesRequest {
        pagination: None,
        filter: Some(filter),
    };
    let reply = call!(world.service, caller, list_environment_classes, request).unwrap();
    assert_eq!(reply.pagination.unwrap().next_token, "");
    reply
        .environment_classes
        .into_iter()
        .map(|class| class.id)
        .collect()
}
