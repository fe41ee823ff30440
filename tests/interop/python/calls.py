"""One call of each RPC: what is asked, what is answered, and what a broken rule names.

The stacks that are generated from our .proto files make all of them, in every protocol. What else
the RPCs do is in `behaviours`.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from harness import (
    FACTS,
    Api,
    Fields,
    class_configuration,
    class_fields,
    open_sealed,
    refused,
    runner_id,
    secret,
    unique_host,
    with_proto_names,
)
from resources import (
    CLASSES,
    LLM,
    PAT,
    SCM,
    TOKENS,
    Resource,
    create_class,
    create_llm,
    create_scm,
    create_token,
    get_class,
    get_llm,
    get_scm,
    get_token,
    listed,
    oauth,
    pat,
)

LITERAL = "LLM_INTEGRATION_REQUEST_HEADER_TYPE_LITERAL"
EXPIRY = "2031-02-03T04:05:06.789012345Z"
LARGE = str(2**53 + 1)  # JSON has 64-bit numbers as text


class Some:
    """Equals every text that passes a test."""

    def __init__(self, name: str, test: Callable[[str], bool]) -> None:
        self._name = name
        self._test = test

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._test(other)

    def __repr__(self) -> str:
        return f"<{self._name}>"


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


AN_ID = Some("an id", is_uuid)
A_TEXT = Some("a text", bool)


def sealed(plaintext: str) -> Some:
    return Some("sealed to the demo runner", lambda text: open_sealed("demo", text) == plaintext)


@dataclass(frozen=True)
class Call:
    """What is asked, once what the call needs is there, and what is answered."""

    asked: Fields
    answered: Fields
    afterwards: Callable[[], None] = lambda: None
    """Checks what the call has changed."""


@dataclass(frozen=True)
class Rpc:
    call: Callable[[Api], Call]
    broken: Fields
    """A request that breaks rules of the contract."""
    violated: set[str]
    """The fields that the error's details name."""


def class_names() -> Fields:
    return {"display_name": "Large Instance", "description": "8 CPU, 16 GB RAM"}


def stored_configuration(api: Api, configuration: list[Fields]) -> list[Fields]:
    """The configuration as it comes back: the values of secret fields sealed."""
    secrets = {field["id"] for field in class_fields(api, "demo") if field.get("secret")}
    return [
        {"key": f["key"], "value": sealed(f["value"]) if f["key"] in secrets else f["value"]}
        for f in configuration
    ]


def stored_class(api: Api, class_id: Any, fields: Fields) -> Fields:
    configuration = stored_configuration(api, fields["configuration"])
    runner = {"runner_id": runner_id("demo"), "enabled": True}
    return {"id": class_id} | class_names() | runner | {"configuration": configuration}


def create_environment_class(api: Api) -> Call:
    asked = {"runner_id": runner_id("demo"), "configuration": class_configuration(api, "demo")}
    return Call(asked | class_names(), {"id": AN_ID})


def get_environment_class(api: Api) -> Call:
    fields = {"configuration": class_configuration(api, "demo")} | class_names()
    class_id = create_class(api, **fields)
    return Call(
        {"environment_class_id": class_id},
        {"environment_class": stored_class(api, class_id, fields)},
    )


def update_environment_class(api: Api) -> Call:
    class_id = create_class(api)
    before = get_class(api, class_id)
    changes = {"display_name": "Renamed", "description": "Not for new environments"}

    def afterwards() -> None:
        del before["enabled"]
        assert get_class(api, class_id) == before | changes

    return Call({"environment_class_id": class_id, "enabled": False} | changes, {}, afterwards)


def validate_runner_configuration(api: Api) -> Call:
    candidate = {
        "display_name": "x",
        "description": "A description",
        "configuration": [{"key": "cpu", "value": "0"}, {"key": "memory", "value": "16384"}],
    }
    result = {
        "display_name_error": A_TEXT,
        "configuration_errors": [{"key": "cpu", "error": A_TEXT}],
    }
    runner = {"runner_id": runner_id("demo")}
    right = {"scm_id": "github", "host": unique_host()} | oauth()

    def afterwards() -> None:
        reply = api("ValidateRunnerConfiguration", **runner, scm_integration=right)
        assert reply == {"scm_integration": {"valid": True}}

    return Call(
        runner | {"environment_class": candidate}, {"environment_class": result}, afterwards
    )


def get_runner_configuration_schema(_api: Api) -> Call:
    return Call({"runner_id": runner_id("gcp")}, {"schema": with_proto_names(FACTS["schema"])})


def token_fields() -> Fields:
    more = {"expires_at": EXPIRY, "refresh_token": secret("refresh_token"), "scopes": ["a", "b"]}
    return pat(**more)


def stored_token(token_id: Any, fields: Fields) -> Fields:
    public = {name: value for name, value in fields.items() if "token" not in name}
    return {"id": token_id, "user_id": fields["subject"]["id"]} | public


def create_host_authentication_token(_api: Api) -> Call:
    fields = token_fields()
    return Call(fields, {"token": stored_token(AN_ID, fields)})


def get_host_authentication_token(api: Api) -> Call:
    fields = token_fields()
    token_id = create_token(api, **fields)
    return Call({"id": token_id}, {"token": stored_token(token_id, fields)})


def update_host_authentication_token(api: Api) -> Call:
    token_id = create_token(api)
    before = get_token(api, token_id)
    secrets = {"token": secret("token"), "refresh_token": secret("refresh_token")}
    changes = {"expires_at": EXPIRY, "scopes": ["a"]}

    def afterwards() -> None:
        assert get_token(api, token_id) == before | changes

    return Call({"id": token_id} | secrets | changes, {}, afterwards)


def create_scm_integration(_api: Api) -> Call:
    host = {"runner_id": runner_id("demo"), "scm_id": "github", "host": unique_host()}
    return Call(host | oauth() | {"issuer_url": "https://login.example.com"}, {"id": AN_ID})


def get_scm_integration(api: Api) -> Call:
    fields, app = {"scm_id": "github", "host": unique_host(), "pat": True}, oauth()
    issuer = {"issuer_url": "https://login.example.com"}
    integration_id = create_scm(api, **fields, **app, **issuer)
    app_stored = {
        "client_id": app["oauth_client_id"],
        "encrypted_client_secret": sealed(app["oauth_plaintext_client_secret"]),
    }
    stored = {
        "id": integration_id,
        "runner_id": runner_id("demo"),
        "oauth": app_stored | issuer,
    }
    return Call({"id": integration_id}, {"integration": stored | fields})


def update_scm_integration(api: Api) -> Call:
    integration_id = create_scm(api)
    before = get_scm(api, integration_id)
    app = oauth()
    app_stored = {
        "client_id": app["oauth_client_id"],
        "encrypted_client_secret": sealed(app["oauth_plaintext_client_secret"]),
    }

    def afterwards() -> None:
        del before["pat"]
        assert get_scm(api, integration_id) == before | {"oauth": app_stored}

    return Call({"id": integration_id, "pat": False} | app, {}, afterwards)


def llm_fields() -> Fields:
    return {
        "models": ["SUPPORTED_MODEL_SONNET_4", "SUPPORTED_MODEL_OPUS_4_EXTENDED"],
        "endpoint": "https://llm.example.com/v1?a=b",
        "max_tokens": LARGE,
    }


def create_llm_integration(_api: Api) -> Call:
    own = {"runner_id": runner_id("demo"), "api_key": secret("api_key")}
    return Call(own | llm_fields(), {"id": AN_ID})


def get_llm_integration(api: Api) -> Call:
    api_key = secret("api_key")
    integration_id = create_llm(api, api_key=api_key, **llm_fields())
    stored = {
        "id": integration_id,
        "runner_id": runner_id("demo"),
        "encrypted_api_key": sealed(api_key),
        "phase": "LLM_INTEGRATION_PHASE_AVAILABLE",
        "provider": "LLM_PROVIDER_ANTHROPIC",
    }
    return Call({"id": integration_id}, {"integration": stored | llm_fields()})


def update_llm_integration(api: Api) -> Call:
    integration_id = create_llm(api)
    before = get_llm(api, integration_id)
    api_key, header_value = secret("api_key"), secret("llm_header_value")
    header = {"key": "X-One", "header_type": LITERAL}
    as_bytes = base64.b64encode(header_value.encode()).decode()
    changes = llm_fields() | {"phase": "LLM_INTEGRATION_PHASE_DISABLED"}

    def afterwards() -> None:
        secrets = {
            "encrypted_api_key": sealed(api_key),
            "request_headers": [header | {"value": sealed(header_value)}],
        }
        assert get_llm(api, integration_id) == before | changes | secrets

    secrets = {"api_key": api_key, "request_headers": [header | {"value": as_bytes}]}
    return Call({"id": integration_id} | changes | secrets, {}, afterwards)


def deleting(resource: Resource, **fields: Any) -> Callable[[Api], Call]:
    def call(api: Api) -> Call:
        object_id = resource.create(api)

        def afterwards() -> None:
            with refused("not_found"):
                resource.get(api, object_id)

        return Call({"id": object_id} | fields, {}, afterwards)

    return call


def listing(resource: Resource) -> Callable[[Api], Call]:
    """The last page but one of a runner's objects, and the last by its token."""

    def call(api: Api) -> Call:
        created = [resource.create(api, "query") for _ in range(3)]
        items = [resource.get(api, object_id) for object_id in created]
        filters = {"filter": resource.of_runners("query")}
        before = len(listed(api, resource, **filters["filter"])) - len(created)
        # All that was there before, so that the pages that follow hold what is new.
        token = (
            api(resource.list_rpc, **filters, pagination={"page_size": before})["pagination"][
                "next_token"
            ]
            if before
            else ""
        )
        page = {"page_size": 2, "token": token}

        def afterwards() -> None:
            token = api(resource.list_rpc, **filters, pagination=page)["pagination"]["next_token"]
            last = {"page_size": 2, "token": token}
            reply = api(resource.list_rpc, **filters, pagination=last)
            assert reply == {"pagination": {}, resource.items: items[2:]}

        return Call(
            filters | {"pagination": page},
            {"pagination": {"next_token": A_TEXT}, resource.items: items[:2]},
            afterwards,
        )

    return call


NO_ID = {"id": "not-a-uuid"}
NO_PAGE = {"pagination": {"page_size": 101}}
RPCS = {
    "CreateEnvironmentClass": Rpc(
        create_environment_class,
        {"runner_id": runner_id("demo"), "display_name": "ab", "description": "x" * 201},
        {"display_name", "description"},
    ),
    "GetEnvironmentClass": Rpc(
        get_environment_class, {"environment_class_id": "1"}, {"environment_class_id"}
    ),
    "ListEnvironmentClasses": Rpc(
        listing(CLASSES),
        {"filter": {"runner_ids": [runner_id("demo"), "1"]}},
        {"filter.runner_ids[1]"},
    ),
    "UpdateEnvironmentClass": Rpc(
        update_environment_class, {"environment_class_id": "1"}, {"environment_class_id"}
    ),
    "ValidateRunnerConfiguration": Rpc(
        validate_runner_configuration, {"runner_id": "1"}, {"runner_id"}
    ),
    "GetRunnerConfigurationSchema": Rpc(
        get_runner_configuration_schema, {"runner_id": "1"}, {"runner_id"}
    ),
    "CreateHostAuthenticationToken": Rpc(
        create_host_authentication_token,
        {"runner_id": runner_id("demo"), "source": PAT, "subject": {"id": "1"}},
        {"host", "token", "subject.id"},
    ),
    "GetHostAuthenticationToken": Rpc(get_host_authentication_token, NO_ID, {"id"}),
    "ListHostAuthenticationTokens": Rpc(listing(TOKENS), NO_PAGE, {"pagination.page_size"}),
    "UpdateHostAuthenticationToken": Rpc(
        update_host_authentication_token, NO_ID | {"token": ""}, {"id", "token"}
    ),
    "DeleteHostAuthenticationToken": Rpc(deleting(TOKENS), NO_ID, {"id"}),
    "CreateSCMIntegration": Rpc(create_scm_integration, {"runner_id": "1"}, {"runner_id"}),
    "GetSCMIntegration": Rpc(get_scm_integration, NO_ID, {"id"}),
    "ListSCMIntegrations": Rpc(listing(SCM), NO_PAGE, {"pagination.page_size"}),
    "UpdateSCMIntegration": Rpc(update_scm_integration, NO_ID, {"id"}),
    "DeleteSCMIntegration": Rpc(deleting(SCM), NO_ID, {"id"}),
    "CreateLLMIntegration": Rpc(
        create_llm_integration,
        {"runner_id": runner_id("demo"), "models": ["SUPPORTED_MODEL_SONNET_4", 6000]},
        {"models[1]"},
    ),
    "GetLLMIntegration": Rpc(get_llm_integration, NO_ID, {"id"}),
    "ListLLMIntegrations": Rpc(listing(LLM), NO_PAGE, {"pagination.page_size"}),
    "UpdateLLMIntegration": Rpc(update_llm_integration, {}, {"id"}),
    "DeleteLLMIntegration": Rpc(deleting(LLM, force=True), NO_ID, {"id"}),
}
