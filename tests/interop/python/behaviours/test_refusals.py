"""What every RPC refuses alike: calls without the right key, broken ids, ids of nothing."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from clients import CLIENT
from harness import Api, Fields, refused, secret
from resources import PAT, RESOURCES, oauth

# The RPCs that name a runner, and what else a request to them needs to be valid.
OF_A_RUNNER: dict[str, Callable[[], Fields]] = {
    "CreateEnvironmentClass": lambda: {"display_name": "A class", "description": "A description"},
    "CreateHostAuthenticationToken": lambda: {
        "host": "github.com",
        "token": secret("token"),
        "source": PAT,
    },
    "CreateSCMIntegration": lambda: (
        {"scm_id": "github", "host": "github.com", "pat": True} | oauth()
    ),
    "CreateLLMIntegration": lambda: {
        "models": ["SUPPORTED_MODEL_SONNET_4"],
        "endpoint": "https://llm.example.com",
        "api_key": secret("api_key"),
    },
    "GetRunnerConfigurationSchema": dict,
    "ValidateRunnerConfiguration": lambda: {
        "scm_integration": {"scm_id": "github", "host": "github.com", "pat": True}
    },
}
OF_AN_OBJECT = [(rpc, resource.id_field) for resource in RESOURCES for rpc in resource.object_rpcs]


@pytest.mark.parametrize("rpc", CLIENT.METHODS)
def test_a_call_with_a_wrong_key_is_unauthenticated_whatever_it_asks(api: Api, rpc: str) -> None:
    with refused("unauthenticated"):
        api.with_key("not-the-key")(rpc)


@pytest.mark.parametrize("rpc", CLIENT.METHODS)
def test_a_call_without_a_key_is_unauthenticated_whatever_it_asks(api: Api, rpc: str) -> None:
    with refused("unauthenticated"):
        api.with_key(None)(rpc)


@pytest.mark.parametrize(("rpc", "id_field"), OF_AN_OBJECT)
def test_an_id_of_nothing_is_not_found(api: Api, rpc: str, id_field: str) -> None:
    with refused("not_found"):
        api(rpc, **{id_field: str(uuid4())})


@pytest.mark.parametrize(("rpc", "id_field"), OF_AN_OBJECT)
@pytest.mark.parametrize("broken", ["", "not-a-uuid", "d2c94c27-3b76-4a42-b88c-95a85e392c6"])
def test_a_broken_id_is_invalid(api: Api, rpc: str, id_field: str, broken: str) -> None:
    with refused("invalid_argument"):
        api(rpc, **{id_field: broken})


@pytest.mark.parametrize("rpc", [rpc for rpc in OF_A_RUNNER if rpc in CLIENT.METHODS])
def test_an_unknown_runner_is_not_found(api: Api, rpc: str) -> None:
    with refused("not_found"):
        api(rpc, runner_id=str(uuid4()), **OF_A_RUNNER[rpc]())


@pytest.mark.parametrize("rpc", [rpc for rpc in OF_A_RUNNER if rpc in CLIENT.METHODS])
@pytest.mark.parametrize("broken", ["", "not-a-uuid"])
def test_a_broken_runner_id_is_invalid(api: Api, rpc: str, broken: str) -> None:
    with refused("invalid_argument"):
        api(rpc, runner_id=broken, **OF_A_RUNNER[rpc]())
