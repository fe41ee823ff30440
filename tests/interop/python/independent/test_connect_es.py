"""What each transport of Connect for Node adds: content types, GET, headers, deadlines."""

import pytest

from calls import NO_ID, NO_PAGE
from clients.connect_es import ConnectEsApi, connect
from clients.messages import READING
from harness import SERVICE, requests_on_the_wire, runner_id

SCHEMA = {"runner_id": runner_id("demo")}
CONTENT_TYPES = {
    "connect-json": "application/json",
    "connect-binary": "application/proto",
    "grpcweb": "application/grpc-web+proto",
    "grpc": "application/grpc",
}


def test_the_reply_is_in_the_protocol_that_was_asked_for(api: ConnectEsApi) -> None:
    outcome = api.call("GetRunnerConfigurationSchema", SCHEMA)
    assert outcome["reply"]["schema"]["version"]
    assert outcome["headers"]["content-type"] == CONTENT_TYPES[api.mode.rsplit("-http")[0]]
    assert outcome["headers"]["cache-control"] == "no-store"


@pytest.mark.parametrize("rpc", READING)
def test_an_rpc_without_side_effects_is_called_by_get(rpc: str) -> None:
    before = requests_on_the_wire(rpc, "GET"), requests_on_the_wire(rpc, "POST")
    connect("connect-binary-http1-get").call(rpc, {})
    assert requests_on_the_wire(rpc, "GET") == before[0] + 1
    assert requests_on_the_wire(rpc, "POST") == before[1]


@pytest.mark.parametrize(
    ("rpc", "broken", "rule"),
    [
        ("GetSCMIntegration", NO_ID, "string.uuid"),
        ("ListSCMIntegrations", NO_PAGE, "int32.gte_lte"),
    ],
)
def test_violations_are_found_in_an_error_by_their_type(
    api: ConnectEsApi, rpc: str, broken: dict[str, object], rule: str
) -> None:
    outcome = api.call(rpc, broken)
    assert outcome["code"] == "invalid_argument"
    assert [violation["rule_id"] for violation in outcome["violations"]] == [rule]
    assert outcome["headers"]["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("service", "rpc"),
    [(SERVICE, "NoSuchRpc"), ("gitpod.v1.EnvironmentService", "ListEnvironments"), ("no", "such")],
)
def test_what_the_server_does_not_have_is_unimplemented(
    api: ConnectEsApi, service: str, rpc: str
) -> None:
    outcome = api.call(rpc, {}, service=service)
    assert outcome["code"] == "unimplemented"
    assert outcome["message"]


def test_a_deadline_in_time_is_met(api: ConnectEsApi) -> None:
    outcome = api.call("GetRunnerConfigurationSchema", SCHEMA, timeoutMs=60_000)
    assert outcome["reply"]["schema"]["version"]


def test_a_deadline_that_is_no_number_is_refused(api: ConnectEsApi) -> None:
    name = "connect-timeout-ms" if api.mode.startswith("connect") else "grpc-timeout"
    outcome = api.call("GetRunnerConfigurationSchema", SCHEMA, headers={name: "soon"})
    assert outcome["code"] == "invalid_argument"
    assert name in outcome["message"]


@pytest.mark.parametrize("mode", ["grpc-http2", "grpcweb-http2"])
def test_the_server_ends_a_call_at_the_callers_deadline(mode: str) -> None:
    """Only the server counts time: the deadline is in a header, and the request never ends."""
    endless = {"open": True, "headers": {"grpc-timeout": "50m"}}
    outcome = connect(mode).call("GetSCMIntegration", {"id": runner_id("demo")}, **endless)
    assert outcome["code"] == "deadline_exceeded"
    assert outcome["message"] == "the call took longer than its deadline"
