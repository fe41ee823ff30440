"""ValidateRunnerConfiguration."""

import pytest

from harness import (
    Api,
    class_configuration,
    class_fields,
    field_of_type,
    refused,
    runner_id,
    seal,
    unique_host,
    with_value,
)
from resources import CLASSES, SCM, create_scm, listed, oauth
from wrong_scm import WRONG, WrongScm, wrong_fields


def validate_class(api: Api, runner: str = "demo", **fields: object) -> dict[str, object]:
    candidate = {"display_name": "A class", "description": "A description"} | fields
    if "configuration" not in candidate:
        candidate["configuration"] = class_configuration(api, runner)
    reply = api(
        "ValidateRunnerConfiguration", runner_id=runner_id(runner), environment_class=candidate
    )
    (result,) = reply.values()
    assert list(reply) == ["environment_class"]
    return result


def validate_scm(api: Api, runner: str = "demo", **fields: object) -> dict[str, object]:
    reply = api("ValidateRunnerConfiguration", runner_id=runner_id(runner), scm_integration=fields)
    (result,) = reply.values()
    assert list(reply) == ["scm_integration"]
    return result


def test_a_right_class_is_valid(api: Api) -> None:
    assert validate_class(api) == {"valid": True}


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("display_name", "ab", "display_name_error"),
        ("display_name", "x" * 128, "display_name_error"),
        ("description", "", "description_error"),
        ("description", "x" * 201, "description_error"),
    ],
)
def test_a_wrong_name_or_description_is_reported(
    api: Api, field: str, text: str, error: str
) -> None:
    result = validate_class(api, **{field: text})
    assert list(result) == [error]
    assert result[error]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cpu", None),
        ("cpu", "0"),
        ("cpu", "129"),
        ("cpu", "x"),
        ("memory", "-1"),
        ("no-such-field", "x"),
    ],
)
def test_a_wrong_configuration_field_is_reported_once_by_its_key(
    api: Api, key: str, value: str | None
) -> None:
    result = validate_class(
        api, configuration=with_value(class_configuration(api, "demo"), key, value)
    )
    assert list(result) == ["configuration_errors"]
    (problem,) = result["configuration_errors"]
    assert problem["key"] == key
    assert problem["error"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bool", "1"), ("enum", "no such value"), ("string", "\n"), ("display", "x")],
)
def test_a_value_of_the_wrong_type_is_reported_by_its_key(api: Api, kind: str, value: str) -> None:
    key = field_of_type(class_fields(api, "demo"), kind)["id"]
    result = validate_class(
        api, configuration=with_value(class_configuration(api, "demo"), key, value)
    )
    assert [problem["key"] for problem in result["configuration_errors"]] == [key]


def test_everything_wrong_with_a_class_is_reported_together(api: Api) -> None:
    result = validate_class(
        api, display_name="x", description="x", configuration=[{"key": "cpu", "value": "0"}]
    )
    assert set(result) == {"display_name_error", "description_error", "configuration_errors"}
    assert {problem["key"] for problem in result["configuration_errors"]} == {"cpu", "memory"}


@pytest.mark.parametrize(
    "fields",
    [
        {"scm_id": "github", "host": "github.com", "pat": True},
        {"scm_id": "github", "host": "git.example.com:8443", "pat": True},
        {"scm_id": "gitlab", "host": "192.0.2.7", "pat": True},
        {
            "scm_id": "azuredevops_server",
            "host": "devops.example.com",
            "pat": True,
            "virtual_directory": "/tfs",
        },
    ],
)
def test_a_right_integration_is_valid(api: Api, fields: dict[str, object]) -> None:
    assert validate_scm(api, **fields) == {"valid": True}
    assert validate_scm(api, **(fields | {"oauth_client_id": None, "issuer_url": None})) == {
        "valid": True
    }


def test_an_integration_is_valid_with_a_plain_or_a_sealed_client_secret(api: Api) -> None:
    app = oauth()
    fields = {"scm_id": "github", "host": unique_host(), "issuer_url": "https://login.example.com"}
    assert validate_scm(api, **fields, **app) == {"valid": True}
    sealed = seal("demo", app.pop("oauth_plaintext_client_secret"))
    assert validate_scm(api, **fields, **app, oauth_encrypted_client_secret=sealed) == {
        "valid": True
    }


def test_the_id_of_an_integration_stands_in_for_its_secret(api: Api) -> None:
    fields = {"scm_id": "github", "host": unique_host(), "oauth_client_id": "client-1"}
    integration_id = create_scm(api, **(fields | oauth()))
    assert list(validate_scm(api, **fields)) == ["oauth_error"]
    assert validate_scm(api, id=integration_id, **fields) == {"valid": True}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_integration_is_reported_field_by_field(api: Api, case: WrongScm) -> None:
    fields = wrong_fields(case)
    del fields["runner_id"]
    result = validate_scm(api, case.runner, **fields)
    assert result
    assert "valid" not in result
    assert all(result.values())
    if case.errors:
        assert set(result) == case.errors


def test_validation_stores_nothing(api: Api) -> None:
    assert validate_class(api, "unused") == {"valid": True}
    assert validate_scm(api, "unused", scm_id="github", host="github.com", pat=True, **oauth()) == {
        "valid": True
    }
    assert listed(api, CLASSES, runner_ids=[runner_id("unused")]) == []
    assert listed(api, SCM, runner_ids=[runner_id("unused")]) == []


def test_a_request_that_asks_nothing_is_refused(api: Api, demo_runner: str) -> None:
    with refused("invalid_argument"):
        api("ValidateRunnerConfiguration", runner_id=demo_runner)


def test_a_runner_without_a_schema_is_refused(api: Api) -> None:
    with refused("failed_precondition"):
        validate_scm(api, "schemaless", scm_id="github", host="github.com", pat=True)
