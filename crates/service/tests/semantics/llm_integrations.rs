//! Semantics of LLM integrations.

use runner_configuration::v1::*;
use tonic::{Code, Status};

use crate::support::requests::*;
use crate::support::*;

const CREATE: &str = "CreateLLMIntegrationRequest";
const UPDATE: &str = "UpdateLLMIntegrationRequest";

async fn create(world: &World, request: CreateLlmIntegrationRequest) -> Result<String, Status> {
    call!(world.service, ADMIN, create_llm_integration, request).map(|reply| reply.id)
}

async fn update(world: &World, request: UpdateLlmIntegrationRequest) -> Result<(), Status> {
    call!(world.service, ADMIN, update_llm_integration, request).map(drop)
}

fn header(
    key: &str,
    value: &str,
    header_type: LlmIntegrationRequestHeaderType,
) -> LlmIntegrationRequestHeader {
    LlmIntegrationRequestHeader {
        key: key.to_owned(),
        value: value.as_bytes().to_vec(),
        header_type: header_type.into(),
    }
}

/// `api_key` and request header values are sealed with the runner's public key; replies carry ciphertext only.
#[tokio::test]
async fn api_key_and_request_header_values_are_sealed() {
    use LlmIntegrationRequestHeaderType::{CelExpression, Literal, Unspecified};

    let world = World::new().await;
    let id = create(&world, create_llm()).await.unwrap();
    assert_eq!(
        world.open(&world.llm(&id).await.encrypted_api_key),
        "sk-clear"
    );

    let request_headers = vec![
        header("X-Team", "MARKER", Literal),
        header("X-User", "request.MARKER", CelExpression),
        header("X-None", "", Unspecified),
    ];
    let change = UpdateLlmIntegrationRequest {
        request_headers: request_headers.clone(),
        ..update_llm(&id)
    };
    update(&world, change).await.unwrap();
    let integration = world.llm(&id).await;
    assert_eq!(integration.request_headers.len(), 3);
    for (stored, sent) in integration.request_headers.iter().zip(&request_headers) {
        assert_eq!(
            (&stored.key, stored.header_type),
            (&sent.key, sent.header_type),
            "as sent"
        );
        assert_eq!(world.open(&stored.value).as_bytes(), sent.value);
    }
    let listed = call!(
        world.service,
        USER,
        list_llm_integrations,
        Default::default()
    )
    .unwrap();
    assert_eq!(listed.integrations, std::slice::from_ref(&integration));

    let change = UpdateLlmIntegrationRequest {
        api_key: Some("sk-new".to_owned()),
        ..update_llm(&id)
    };
    update(&world, change).await.unwrap();
    let changed = world.llm(&id).await;
    assert_eq!(world.open(&changed.encrypted_api_key), "sk-new");
    assert_eq!(
        changed.request_headers, integration.request_headers,
        "no new headers: unchanged"
    );
    let change = UpdateLlmIntegrationRequest {
        request_headers: vec![header("X-Team", "other", Literal)],
        ..update_llm(&id)
    };
    update(&world, change).await.unwrap();
    assert_eq!(
        world.llm(&id).await.request_headers.len(),
        1,
        "new headers replace the old ones"
    );

    let change = UpdateLlmIntegrationRequest {
        api_key: Some(String::new()),
        ..update_llm(&id)
    };
    update(&world, change).await.unwrap();
    assert_eq!(
        world.llm(&id).await.encrypted_api_key,
        b"",
        "an empty key is none"
    );
    let change = UpdateLlmIntegrationRequest {
        request_headers: vec![header("", "x", Literal)],
        ..update_llm(&id)
    };
    update(&world, change)
        .await
        .refused_for(UPDATE, &["request_headers[0].key"]);
}

/// `max_tokens` 0 = the model's default; Update with empty `models` = no change; header type UNSPECIFIED = literal.
#[tokio::test]
async fn max_tokens_0_is_the_models_default() {
    let world = World::new().await;
    let id = create(&world, create_llm()).await.unwrap();
    let before = world.llm(&id).await;
    assert_eq!(before.max_tokens, 0);

    update(&world, update_llm(&id)).await.unwrap();
    assert_eq!(
        world.llm(&id).await,
        before,
        "absent and empty is unchanged"
    );
    for max_tokens in [u64::MAX, 0] {
        let change = UpdateLlmIntegrationRequest {
            max_tokens: Some(max_tokens),
            ..update_llm(&id)
        };
        update(&world, change).await.unwrap();
        assert_eq!(
            world.llm(&id).await,
            LlmIntegration {
                max_tokens,
                ..before.clone()
            }
        );
    }
    let request = CreateLlmIntegrationRequest {
        max_tokens: 4096,
        ..create_llm()
    };
    let other = create(&world, request).await.unwrap();
    assert_eq!(world.llm(&other).await.max_tokens, 4096);

    for endpoint in ["https://bedrock-mantle.us-east-1.api.aws", ""] {
        let change = UpdateLlmIntegrationRequest {
            endpoint: Some(endpoint.to_owned()),
            ..update_llm(&id)
        };
        update(&world, change).await.unwrap();
        assert_eq!(
            world.llm(&id).await,
            LlmIntegration {
                endpoint: endpoint.to_owned(),
                ..before.clone()
            }
        );
    }
}

/// `provider` follows from the models (models of two providers → `invalid_argument`); a new integration is AVAILABLE, and
/// that phase is what "enabled" means.
#[tokio::test]
async fn provider_follows_from_the_models() {
    use SupportedModel::{Haiku45, OpenaiAuto, OpenaiO1, Opus48, Sonnet5, Unspecified};

    let world = World::new().await;
    let with = |models: &[SupportedModel]| CreateLlmIntegrationRequest {
        models: models.iter().map(|model| (*model).into()).collect(),
        ..create_llm()
    };
    for (models, provider) in [
        (&[Sonnet5, Haiku45, Opus48][..], LlmProvider::Anthropic),
        (&[OpenaiAuto, OpenaiO1], LlmProvider::Openai),
    ] {
        let integration = world
            .llm(&create(&world, with(models)).await.unwrap())
            .await;
        assert_eq!(
            (integration.provider(), integration.phase()),
            (provider, LlmIntegrationPhase::Available)
        );
        assert_eq!(integration.models, with(models).models);
        assert_eq!(integration.phase_reason, "");
    }
    for (models, field) in [
        (&[Sonnet5, OpenaiAuto][..], "models[1]"),
        (&[OpenaiAuto, OpenaiO1, Opus48], "models[2]"),
        (&[Unspecified], "models[0]"),
        (&[Sonnet5, Unspecified], "models[1]"),
    ] {
        create(&world, with(models))
            .await
            .refused_for(CREATE, &[field]);
    }
    create(&world, with(&[]))
        .await
        .refused_for(CREATE, &["models"]);

    let id = create(&world, with(&[Sonnet5])).await.unwrap();
    let change = UpdateLlmIntegrationRequest {
        models: with(&[OpenaiO1]).models,
        ..update_llm(&id)
    };
    update(&world, change).await.unwrap();
    assert_eq!(world.llm(&id).await.provider(), LlmProvider::Openai);
    let change = UpdateLlmIntegrationRequest {
        models: with(&[OpenaiO1, Opus48]).models,
        ..update_llm(&id)
    };
    update(&world, change)
        .await
        .refused_for(UPDATE, &["models[1]"]);
    assert_eq!(world.llm(&id).await.models, with(&[OpenaiO1]).models);
}

/// Update sets the phase; UNSPECIFIED says nothing.
#[tokio::test]
async fn update_enables_and_disables() {
    use LlmIntegrationPhase::{Available, Disabled, Unavailable};

    let world = World::new().await;
    let id = create(&world, create_llm()).await.unwrap();
    let set = async |phase: i32| {
        update(
            &world,
            UpdateLlmIntegrationRequest {
                phase: Some(phase),
                ..update_llm(&id)
            },
        )
        .await
    };
    for phase in [Disabled, Unavailable, Available, Disabled] {
        set(phase.into()).await.unwrap();
        assert_eq!(world.llm(&id).await.phase(), phase);
    }
    set(0).await.unwrap();
    assert_eq!(world.llm(&id).await.phase(), Disabled);
    set(99).await.refused_for(UPDATE, &["phase"]);
}

/// Delete without `force` is refused with `failed_precondition` where it is the last enabled integration of a runner for
/// one of its models.
#[tokio::test]
async fn delete_without_force_is_refused_where_it_is_the_last_enabled_integration() {
    use SupportedModel::{Opus4, Sonnet4};

    let world = World::new().await;
    let create_for = async |runner: uuid::Uuid, models: &[SupportedModel]| {
        let models = models.iter().map(|model| (*model).into()).collect();
        let request = CreateLlmIntegrationRequest {
            runner_id: runner.to_string(),
            models,
            ..create_llm()
        };
        create(&world, request).await.unwrap()
    };
    let delete = async |id: &str, force: bool| -> Result<(), Status> {
        let request = DeleteLlmIntegrationRequest {
            id: id.to_owned(),
            force,
        };
        call!(world.service, ADMIN, delete_llm_integration, request).map(drop)
    };
    let set_phase = async |id: &str, phase: LlmIntegrationPhase| {
        update(
            &world,
            UpdateLlmIntegrationRequest {
                phase: Some(phase.into()),
                ..update_llm(id)
            },
        )
        .await
        .unwrap();
    };

    let both = create_for(RUNNER, &[Sonnet4, Opus4]).await;
    create_for(OTHER_RUNNER, &[Sonnet4, Opus4]).await;
    delete(&both, false)
        .await
        .refused(Code::FailedPrecondition, "SUPPORTED_MODEL_SONNET_4");
    let sonnet = create_for(RUNNER, &[Sonnet4]).await;
    delete(&both, false)
        .await
        .refused(Code::FailedPrecondition, "SUPPORTED_MODEL_OPUS_4");
    let opus = create_for(RUNNER, &[Opus4]).await;
    set_phase(&opus, LlmIntegrationPhase::Disabled).await;
    delete(&both, false)
        .await
        .refused(Code::FailedPrecondition, "force");
    world.llm(&both).await;

    delete(&opus, false).await.unwrap();
    delete(&sonnet, false).await.unwrap();
    delete(&both, false)
        .await
        .refused(Code::FailedPrecondition, "");
    delete(&both, true).await.unwrap();
    delete(&both, true).await.refused(Code::NotFound, "");

    let unavailable = create_for(RUNNER, &[Sonnet4]).await;
    set_phase(&unavailable, LlmIntegrationPhase::Unavailable).await;
    delete(&unavailable, false).await.unwrap();
}

/// `llm_managed_by_ona` is deprecated: always false here.
#[tokio::test]
#[expect(deprecated, reason = "what is tested is that field")]
async fn llm_managed_by_ona_is_always_false() {
    let world = World::new().await;
    create(&world, create_llm()).await.unwrap();
    for runner in [RUNNER, MANAGED_RUNNER] {
        let filter = list_llm_integrations_request::Filter {
            runner_ids: vec![runner.to_string()],
        };
        let request = ListLlmIntegrationsRequest {
            pagination: None,
            filter: Some(filter),
        };
        let listed = call!(world.service, USER, list_llm_integrations, request).unwrap();
        assert!(!listed.llm_managed_by_ona && listed.ona_intelligence_providers.is_empty());
        assert_eq!(listed.integrations.len(), usize::from(runner == RUNNER));
    }
}
