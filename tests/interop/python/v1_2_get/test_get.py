"""Reading by GET, for the suites whose client does."""

import pytest

from clients.v1_2 import READING
from harness import Api, requests_on_the_wire, runner_id
from resources import RESOURCES


@pytest.mark.parametrize("rpc", READING)
def test_an_rpc_without_side_effects_is_answered_by_get(api: Api, rpc: str) -> None:
    before = requests_on_the_wire(rpc, "GET"), requests_on_the_wire(rpc, "POST")
    for resource in RESOURCES:
        if rpc == resource.get_rpc:
            assert resource.get(api, resource.create(api))
        elif rpc == resource.list_rpc:
            resource.create(api)
            assert api(rpc)[resource.items]
    if rpc == "GetRunnerConfigurationSchema":
        assert api(rpc, runner_id=runner_id("demo"))["schema"]
    assert requests_on_the_wire(rpc, "GET") > before[0]
    assert requests_on_the_wire(rpc, "POST") == before[1]
