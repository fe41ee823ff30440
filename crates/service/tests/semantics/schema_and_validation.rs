//! Semantics of the schema and of validation.

use runner_configuration::v1::validate_runner_configuration_request::Config;
use runner_configuration::v1::validate_runner_configuration_response::Result as Outcome;
use runner_configuration::v1::*;
use runner_configuration_service::store::{Encoded, Runner};
use tonic::{Code, Status};

use crate::scm_validation::{github, scm_result};
use crate::support::requests::*;
use crate::support::schemas::*;
use crate::support::*;

pub(crate) async fn validate_request(
    world: &World,
    request: ValidateRunnerConfigurationRequest,
) -> Result<Outcome, Status> {
    let reply = call!(world.service, USER, validate_runner_configuration, request)?;
    Ok(reply.result.unwrap())
}

async fn class_result(world: &World, config: EnvironmentClass) -> EnvironmentClassValidationResult {
    let request = validate(Config::EnvironmentClass(config));
    let Outcome::EnvironmentClass(result) = validate_request(world, request).await.unwrap() else {
        panic!("the result is of another kind");
    };
    let wrong = result.display_name_error.is_some()
        || result.description_error.is_some()
        || !result.configuration_errors.is_empty();
    assert_eq!(
        result.valid, !wrong,
        "`valid` says whether there is any error"
    );
    result
}

fn class(configuration: Vec<FieldValue>) -> EnvironmentClass {
    EnvironmentClass {
        display_name: "Large".to_owned(),
        description: "For large projects".to_owned(),
        configuration,
        ..Default::default()
    }
}

/// Which keys of a configuration are wrong.
async fn wrong_keys(world: &World, configuration: Vec<FieldValue>) -> Vec<String> {
    let result = class_result(world, class(configuration)).await;
    assert_eq!(
        (&result.display_name_error, &result.description_error),
        (&None, &None)
    );
    result
        .configuration_errors
        .into_iter()
        .map(|error| error.key)
        .collect()
}

/// The schema is the runner's own: the latest one it registered. A runner without one → `failed_precondition`.
#[tokio::test]
async fn the_schema_is_the_runners_own() {
    let world = World::new().await;
    let get = async |runner: uuid::Uuid| {
        let request = GetRunnerConfigurationSchemaRequest {
            runner_id: runner.to_string(),
        };
        call!(
            world.service,
            USER,
            get_runner_configuration_schema,
            request
        )
    };
    assert_eq!(get(RUNNER).await.unwrap().schema, Some(schema()));
    get(NEW_RUNNER)
        .await
        .refused(Code::FailedPrecondition, "schema");

    let newer = RunnerConfigurationSchema {
        version: "2".to_owned(),
        ..schema()
    };
    world
        .put_runner(Runner {
            schema: Some(Encoded::new(&newer)),
            ..world.runner()
        })
        .await;
    assert_eq!(get(RUNNER).await.unwrap().schema, Some(newer));
    assert_eq!(get(OTHER_RUNNER).await.unwrap().schema, Some(schema()));

    let request = ValidateRunnerConfigurationRequest {
        runner_id: NEW_RUNNER.to_string(),
        ..validate_scm(github())
    };
    validate_request(&world, request)
        .await
        .refused(Code::FailedPrecondition, "schema");
}

/// Validate never stores anything, and its request has message validation disabled: it reports problems in its result,
/// field by field, instead of failing.
#[tokio::test]
async fn validate_never_stores_anything() {
    let world = World::new().await;
    let everything_wrong = EnvironmentClass {
        id: "x".to_owned(),
        runner_id: "y".to_owned(),
        display_name: "ab".to_owned(),
        description: String::new(),
        configuration: configuration(&[("cpu", "0"), ("gpu", "1")]),
        enabled: false,
    };
    let result = class_result(&world, everything_wrong).await;
    assert!(result.display_name_error.is_some() && result.description_error.is_some());
    let keys: Vec<_> = result
        .configuration_errors
        .iter()
        .map(|error| error.key.as_str())
        .collect();
    assert_eq!(keys, ["cpu", "gpu", "memory"]);
    assert!(scm_result(&world, github()).await.valid);
    assert!(
        class_result(&world, class(create_class().configuration))
            .await
            .valid
    );

    let classes = call!(
        world.service,
        ADMIN,
        list_environment_classes,
        Default::default()
    );
    assert_eq!(classes.unwrap().environment_classes, []);
    let integrations = call!(
        world.service,
        ADMIN,
        list_scm_integrations,
        Default::default()
    );
    assert_eq!(integrations.unwrap().integrations, []);
}

/// `valid` is true exactly when no `*_error` and no `configuration_errors` is set; one `FieldValidationError{key, error}` per
/// wrong configuration field.
#[tokio::test]
async fn valid_is_true_exactly_when_no_error_is_set() {
    // That `valid` agrees is asserted for every result in this file.
    let world = World::new().await;
    let twice_and_wrong = configuration_with(&[("spot", "x"), ("spot", "y"), ("spot", "true")]);
    let result = class_result(&world, class(twice_and_wrong)).await;
    assert_eq!(result.configuration_errors.len(), 1, "{result:?}");
    assert_eq!(result.configuration_errors[0].key, "spot");
    assert!(
        result.configuration_errors[0]
            .error
            .contains("more than once")
    );
    assert!(!result.valid);
    assert!(
        class_result(&world, class(configuration_with(&[("spot", "true")])))
            .await
            .valid
    );
}

/// Environment class: display name and description lengths.
#[tokio::test]
async fn environment_class_display_name_and_description_lengths() {
    let world = World::new().await;
    for (length, name_good, description_good) in [
        (2, false, false),
        (3, true, true),
        (127, true, true),
        (128, false, true),
        (200, false, true),
        (201, false, false),
    ] {
        let text = "ä".repeat(length);
        let class = EnvironmentClass {
            display_name: text.clone(),
            description: text,
            ..class(create_class().configuration)
        };
        let result = class_result(&world, class).await;
        assert_eq!(result.display_name_error.is_none(), name_good, "{length}");
        assert_eq!(
            result.description_error.is_none(),
            description_good,
            "{length}"
        );
    }
}

/// Environment class: every configuration field against the schema (string pattern, bool `true`/`false`, int32 within
/// min–max where they are set, enum among the possible values, required present, display fields not settable, no key twice).
#[tokio::test]
async fn environment_class_every_configuration_field_against_the_schema() {
    let world = World::new().await;
    for (key, good, bad) in [
        (
            "offset",
            &["0", "-1", "2147483647", "-2147483648"][..],
            &["", "x", "1.0", "2147483648", " 1", "1e3"][..],
        ),
        (
            "machineType",
            &["m6i.large", "m6i.2xlarge", "metal"],
            &["", "M6i.large", "m6i.large\n", "xmetal", "m6i.medium"],
        ),
        ("note", &["", "anything\nat all ä"], &[]),
        ("spot", &["true", "false"], &["", "True", "1", "yes"]),
        ("disk", &["gp3", "io2"], &["", "gp2", "GP3", "gp3 "]),
        ("region", &["eu", "us"], &["", "asia"]),
        ("licence", &["ABC-1"], &["", "abc"]),
        ("banner", &[], &["", "x"]),
        ("unknown", &[], &["", "x"]),
        ("", &[], &[""]),
    ] {
        for value in good {
            assert!(
                wrong_keys(&world, configuration_with(&[(key, value)]))
                    .await
                    .is_empty(),
                "{key}={value}"
            );
        }
        for value in bad {
            assert_eq!(
                wrong_keys(&world, configuration_with(&[(key, value)])).await,
                [key],
                "{key}={value}"
            );
        }
    }
    let with_cpu = |value: &str| configuration(&[("cpu", value), ("memory", "512")]);
    for value in ["1", "128"] {
        assert!(wrong_keys(&world, with_cpu(value)).await.is_empty());
    }
    for value in ["0", "129", "-5"] {
        assert_eq!(wrong_keys(&world, with_cpu(value)).await, ["cpu"]);
    }
    assert_eq!(
        wrong_keys(&world, configuration(&[("cpu", "1")])).await,
        ["memory"]
    );
    assert_eq!(wrong_keys(&world, Vec::new()).await, ["cpu", "memory"]);
    assert_eq!(
        wrong_keys(&world, configuration_with(&[("cpu", "8")])).await,
        ["cpu"],
        "twice"
    );
}

/// No member of `config`, or a malformed `runner_id` → `invalid_argument`; an unknown runner → `not_found`.
#[tokio::test]
async fn no_member_of_config_or_a_malformed_runner_id() {
    let world = World::new().await;
    let with = |runner_id: &str| ValidateRunnerConfigurationRequest {
        runner_id: runner_id.to_owned(),
        ..validate_class(create_class().configuration)
    };
    let none = ValidateRunnerConfigurationRequest {
        config: None,
        ..with(&RUNNER.to_string())
    };
    validate_request(&world, none).await.refused(
        Code::InvalidArgument,
        "environment_class or scm_integration",
    );
    for malformed in [
        "",
        "x",
        "d2c94c273b764a42b88c95a85e392c68",
        "{d2c94c27-3b76-4a42-b88c-95a85e392c68}",
    ] {
        let reply = validate_request(&world, with(malformed)).await;
        reply.refused_for("ValidateRunnerConfigurationRequest", &["runner_id"]);
    }
    validate_request(&world, with(&NOTHING.to_string()))
        .await
        .refused(Code::NotFound, "runner");
    validate_request(&world, with(&RUNNER.to_string().to_uppercase()))
        .await
        .unwrap();
}

/// Schema fields: `min` and `max` both 0 = no bounds; `max` 0 with a `min` = no upper bound; `pattern` is RE2 syntax and must
/// match the whole value; enum values are the titles of `possible_values`, else the deprecated `values`.
#[tokio::test]
async fn schema_fields_min_max_pattern_and_enum_values() {
    let world = World::new().await;
    let environment_classes = vec![
        field("free", int(0, 0)),
        field("atLeast", int(10, 0)),
        field("negative", int(-10, 0)),
        field("upTo", int(0, 10)),
        field("both", int(-5, -1)),
        field("alternatives", string("a|b")),
        field("digits", string(r"\d{2}")),
        field("anchored", string("^x$")),
        field("flags", string("(?i)abc")),
        field("escapes", string(r"\Qa.b\E")),
    ];
    let schema = RunnerConfigurationSchema {
        environment_classes,
        ..schema()
    };
    world
        .put_runner(Runner {
            schema: Some(Encoded::new(&schema)),
            ..world.runner()
        })
        .await;
    for (key, good, bad) in [
        (
            "free",
            &["-2147483648", "2147483647"][..],
            &["2147483648"][..],
        ),
        ("atLeast", &["10", "2147483647"], &["9", "0", "-1"]),
        ("negative", &["-10", "0", "2147483647"], &["-11"]),
        ("upTo", &["0", "10"], &["-1", "11"]),
        ("both", &["-5", "-1"], &["-6", "0"]),
        ("alternatives", &["a", "b"], &["ab", "ax", "xb", ""]),
        ("digits", &["42"], &["4", "423", "٤٢"]),
        ("anchored", &["x"], &["xx", "x\n"]),
        ("flags", &["aBC"], &["abcd"]),
        ("escapes", &["a.b"], &["axb"]),
    ] {
        for value in good {
            assert!(
                wrong_keys(&world, configuration(&[(key, value)]))
                    .await
                    .is_empty(),
                "{key}={value}"
            );
        }
        for value in bad {
            assert_eq!(
                wrong_keys(&world, configuration(&[(key, value)])).await,
                [key],
                "{key}={value}"
            );
        }
    }
}

/// A field that the runner's schema describes wrongly says that it is the schema that is wrong.
#[tokio::test]
async fn a_broken_schema_is_called_broken() {
    let world = World::new().await;
    let result = class_result(&world, class(configuration_with(&[("broken", "a")]))).await;
    assert_eq!(result.configuration_errors[0].key, "broken");
    let error = &result.configuration_errors[0].error;
    assert!(
        error.contains("schema is broken") && error.contains("unclosed group"),
        "{error}"
    );
}
