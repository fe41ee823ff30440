"""LLM integrations, which the 1.x clients have."""

import base64

import pytest

from harness import Api, open_sealed, refused, secret
from resources import LLM, create_llm, get_llm, listed

AVAILABLE, UNAVAILABLE, DISABLED = (
    f"LLM_INTEGRATION_PHASE_{phase}" for phase in ("AVAILABLE", "UNAVAILABLE", "DISABLED")
)
LITERAL, CEL = (
    f"LLM_INTEGRATION_REQUEST_HEADER_TYPE_{kind}" for kind in ("LITERAL", "CEL_EXPRESSION")
)
# Each test about the last enabled integration has a model to itself.
SONNET, OPUS, HAIKU, SONNET_NEW = (
    f"SUPPORTED_MODEL_{name}" for name in ("SONNET_3_7", "OPUS_4_5", "HAIKU_4_5", "SONNET_5")
)


def test_an_integration_comes_back_as_it_was_sent_with_the_key_sealed(
    api: Api, demo_runner: str
) -> None:
    api_key = secret("api_key")
    models = ["SUPPORTED_MODEL_SONNET_4", "SUPPORTED_MODEL_OPUS_4_EXTENDED"]
    integration_id = create_llm(
        api,
        models=models,
        endpoint="https://llm.example.com/v1?a=b",
        api_key=api_key,
        max_tokens=2**53 + 1,
    )
    stored = get_llm(api, integration_id)
    assert open_sealed("demo", stored.pop("encrypted_api_key")) == api_key
    stored.pop("phase_reason", None)
    assert stored == {
        "id": integration_id,
        "runner_id": demo_runner,
        "models": models,
        "endpoint": "https://llm.example.com/v1?a=b",
        "max_tokens": str(2**53 + 1),
        "phase": AVAILABLE,
        "provider": "LLM_PROVIDER_ANTHROPIC",
    }


@pytest.mark.parametrize("model", ["SUPPORTED_MODEL_OPENAI_4O", "SUPPORTED_MODEL_OPENAI_AUTO"])
def test_the_provider_follows_from_the_models(api: Api, model: str) -> None:
    stored = get_llm(api, create_llm(api, models=[model]))
    assert stored["provider"] == "LLM_PROVIDER_OPENAI"
    assert "max_tokens" not in stored


def test_an_update_changes_just_what_it_names(api: Api) -> None:
    integration_id = create_llm(api, max_tokens=1000)
    expected = get_llm(api, integration_id)

    def updated(**fields: object) -> dict[str, object]:
        assert api("UpdateLLMIntegration", id=integration_id, **fields) == {}
        return get_llm(api, integration_id)

    assert updated() == expected
    assert updated(models=[]) == expected
    changes = {
        "endpoint": "https://other.example.com",
        "models": ["SUPPORTED_MODEL_OPUS_4", "SUPPORTED_MODEL_SONNET_4"],
        "max_tokens": "2000",
    }
    for name, value in changes.items():
        expected |= {name: value}
        assert updated(**{name: value}) == expected
    api_key = secret("api_key")
    stored = updated(api_key=api_key)
    assert open_sealed("demo", stored["encrypted_api_key"]) == api_key
    assert stored | {"encrypted_api_key": expected["encrypted_api_key"]} == expected
    del stored["max_tokens"]
    assert updated(max_tokens=0) == stored


@pytest.mark.parametrize("phase", [DISABLED, UNAVAILABLE])
def test_an_integration_can_be_disabled_and_enabled_again(api: Api, phase: str) -> None:
    integration_id = create_llm(api)
    for wanted in (phase, AVAILABLE):
        api("UpdateLLMIntegration", id=integration_id, phase=wanted)
        assert get_llm(api, integration_id)["phase"] == wanted


def test_request_headers_come_back_in_order_with_sealed_values(api: Api) -> None:
    integration_id = create_llm(api)
    values = [secret("llm_header_value") for _ in range(3)]
    headers = [
        {"key": name, "value": base64.b64encode(value.encode()).decode()}
        | ({"header_type": kind} if kind else {})
        for name, value, kind in zip(
            ("X-One", "X-Two", "X-Three"), values, (LITERAL, CEL, None), strict=True
        )
    ]
    api("UpdateLLMIntegration", id=integration_id, request_headers=headers)
    stored = get_llm(api, integration_id)["request_headers"]
    assert [header["key"] for header in stored] == ["X-One", "X-Two", "X-Three"]
    assert [open_sealed("demo", header["value"]) for header in stored] == values
    kinds = [header.get("header_type") for header in stored]
    assert kinds[:2] == [LITERAL, CEL]
    assert kinds[2] in (None, LITERAL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"models": []},
        {"models": ["SUPPORTED_MODEL_SONNET_4", 6000]},
        {"models": ["SUPPORTED_MODEL_SONNET_4", "SUPPORTED_MODEL_OPENAI_4O"]},
    ],
    ids=["no models", "an undefined model", "models of two providers"],
)
def test_models_that_do_not_fit_are_refused(api: Api, wrong: dict[str, object]) -> None:
    with refused("invalid_argument"):
        create_llm(api, **wrong)


def test_an_update_to_models_of_two_providers_is_refused(api: Api) -> None:
    integration_id = create_llm(api)
    with refused("invalid_argument"):
        api(
            "UpdateLLMIntegration",
            id=integration_id,
            models=["SUPPORTED_MODEL_SONNET_4", "SUPPORTED_MODEL_OPENAI_4O"],
        )


def test_an_undefined_header_type_is_refused(api: Api) -> None:
    integration_id = create_llm(api)
    with refused("invalid_argument"):
        api(
            "UpdateLLMIntegration",
            id=integration_id,
            request_headers=[{"key": "X-One", "value": "", "header_type": 9}],
        )


def test_the_last_enabled_integration_for_a_model_is_deleted_with_force_only(api: Api) -> None:
    integration_id = create_llm(api, models=[SONNET])
    with refused("failed_precondition"):
        api("DeleteLLMIntegration", id=integration_id)
    assert get_llm(api, integration_id)["id"] == integration_id
    assert api("DeleteLLMIntegration", id=integration_id, force=True) == {}
    for rpc in ("GetLLMIntegration", "DeleteLLMIntegration"):
        with refused("not_found"):
            api(rpc, id=integration_id)


def test_an_integration_whose_models_another_enabled_one_has_is_deleted_without_force(
    api: Api,
) -> None:
    first, second = create_llm(api, models=[OPUS]), create_llm(api, models=[OPUS, HAIKU])
    api("DeleteLLMIntegration", id=first)
    with refused("failed_precondition"):
        api("DeleteLLMIntegration", id=second)
    create_llm(api, models=[OPUS])
    with refused("failed_precondition"):  # HAIKU would have none
        api("DeleteLLMIntegration", id=second)


def test_a_disabled_integration_is_deleted_without_force_and_does_not_stand_in(api: Api) -> None:
    enabled, disabled = create_llm(api, models=[SONNET_NEW]), create_llm(api, models=[SONNET_NEW])
    api("UpdateLLMIntegration", id=disabled, phase=DISABLED)
    with refused("failed_precondition"):
        api("DeleteLLMIntegration", id=enabled)
    api("DeleteLLMIntegration", id=disabled)
    assert disabled not in listed(api, LLM)


def test_an_integration_of_another_runner_does_not_stand_in(api: Api) -> None:
    model = "SUPPORTED_MODEL_OPENAI_O1"
    here = create_llm(api, "demo", models=[model])
    create_llm(api, "local", models=[model])
    with refused("failed_precondition"):
        api("DeleteLLMIntegration", id=here)


def test_the_models_are_not_managed_by_ona(api: Api, demo_runner: str) -> None:
    create_llm(api)
    page = api("ListLLMIntegrations", filter={"runner_ids": [demo_runner]})
    assert page[LLM.items]
    assert "llm_managed_by_ona" not in page


def test_an_integration_of_a_runner_without_a_key_is_refused(api: Api) -> None:
    with refused("failed_precondition", saying="runner does not have a public key"):
        create_llm(api, "keyless")
