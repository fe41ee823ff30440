"""What is particular to the 1.x client: protobuf presence, nanoseconds, error details."""

from uuid import uuid4

import pytest
from buf.validate import validate_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from gitpod.v1 import runner_configuration_pb2 as pb
from gitpod.v1.environment_pb2 import ListEnvironmentsRequest
from ona_sdk import create_client, create_client_from_env

import harness
from clients.v1_2 import SyncApi
from harness import Api, refused, runner_id
from resources import create_scm, create_token, get_token, oauth


def test_the_clients_own_environment_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONA_BASE_URL", harness.BASE_URL)
    monkeypatch.setenv("ONA_API_KEY", harness.KEY)
    request = pb.GetRunnerConfigurationSchemaRequest(runner_id=runner_id("demo"))
    assert (
        create_client_from_env()
        .services.runner_configuration.get_runner_configuration_schema(request)
        .schema.version
    )


def test_an_expiry_keeps_its_nanoseconds(api: Api) -> None:
    token_id = create_token(api, expires_at="2031-02-03T04:05:06.789012345Z")
    assert get_token(api, token_id)["expires_at"] == "2031-02-03T04:05:06.789012345Z"


def integration(api: SyncApi, integration_id: str) -> pb.SCMIntegration:
    request = pb.GetSCMIntegrationRequest(id=integration_id)
    return api.wait(
        api.method("GetSCMIntegration")(request, **api.options("GetSCMIntegration"))
    ).integration


def test_optional_fields_that_were_not_set_are_absent(api: SyncApi) -> None:
    plain = integration(api, create_scm(api))
    assert not plain.HasField("oauth")
    assert not plain.HasField("virtual_directory")
    assert integration(api, create_scm(api, **oauth())).HasField("oauth")


def test_a_field_that_the_contract_does_not_know_is_ignored(api: SyncApi) -> None:
    unknown = b"\xfa\x3f\x03abc"  # field 1023, three bytes
    request = pb.GetSCMIntegrationRequest.FromString(
        pb.GetSCMIntegrationRequest(id=create_scm(api)).SerializeToString() + unknown
    )
    assert (
        api.wait(
            api.method("GetSCMIntegration")(request, **api.options("GetSCMIntegration"))
        ).integration.id
        == request.id
    )


def test_a_broken_rule_is_detailed_as_a_violation_that_names_the_field(api: Api) -> None:
    with refused("invalid_argument") as caught:
        api("GetSCMIntegration", id="not-a-uuid")
    violations = [
        violation
        for type_name, value in caught.value.details
        if type_name == "buf.validate.Violations"
        for violation in validate_pb2.Violations.FromString(value).violations
    ]
    assert [
        [element.field_name for element in violation.field.elements] for violation in violations
    ] == [["id"]]
    assert violations[0].message


def test_a_service_that_the_server_does_not_have_is_unimplemented() -> None:
    client = create_client(api_key=harness.KEY, base_url=harness.BASE_URL)
    with pytest.raises(ConnectError) as caught:
        client.services.environment.list_environments(ListEnvironmentsRequest())
    assert caught.value.code == Code.UNIMPLEMENTED


def test_the_filters_of_the_token_list_tell_absent_from_empty(api: Api) -> None:
    create_token(api)
    assert api("ListHostAuthenticationTokens", filter={})["tokens"]
    with refused("invalid_argument"):
        api("ListHostAuthenticationTokens", filter={"subject_id": ""})
    with refused("invalid_argument"):
        api("ListHostAuthenticationTokens", filter={"runner_id": ""})
    assert "tokens" not in api("ListHostAuthenticationTokens", filter={"subject_id": str(uuid4())})
