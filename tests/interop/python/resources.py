"""Ways to create the resources, and what the suites need to know to treat them alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from harness import GENERATION, Api, Fields, class_configuration, runner_id, secret, unique_host

OAUTH = "HOST_AUTHENTICATION_TOKEN_SOURCE_OAUTH"
PAT = "HOST_AUTHENTICATION_TOKEN_SOURCE_PAT"


def create_class(api: Api, runner: str = "demo", **fields: Any) -> str:
    defaults = {
        "runner_id": runner_id(runner),
        "display_name": f"Class {uuid4()}",
        "description": "Created by the interop suite",
    }
    if "configuration" not in fields:
        defaults["configuration"] = class_configuration(api, runner)
    return api("CreateEnvironmentClass", **(defaults | fields))["id"]


def get_class(api: Api, class_id: str) -> Fields:
    return api("GetEnvironmentClass", environment_class_id=class_id)["environment_class"]


def user(subject_id: str | None = None) -> Fields:
    return {"id": subject_id or str(uuid4()), "principal": "PRINCIPAL_USER"}


def pat(runner: str = "demo", **fields: Any) -> Fields:
    """The fields of a PAT for a new user at a new host, save for what is given."""
    return {
        "runner_id": runner_id(runner),
        "host": unique_host(),
        "token": secret("token"),
        "source": PAT,
        "subject": user(),
    } | fields


def create_token(api: Api, runner: str = "demo", **fields: Any) -> str:
    return api("CreateHostAuthenticationToken", **pat(runner, **fields))["token"]["id"]


def get_token(api: Api, token_id: str) -> Fields:
    return api("GetHostAuthenticationToken", id=token_id)["token"]


def oauth() -> Fields:
    """The fields that give an SCM integration OAuth."""
    return {
        "oauth_client_id": "client-1",
        "oauth_plaintext_client_secret": secret("oauth_plaintext_client_secret"),
    }


def create_scm(api: Api, runner: str = "demo", **fields: Any) -> str:
    """An integration that offers PATs, with what is given besides."""
    defaults = {
        "runner_id": runner_id(runner),
        "scm_id": "github",
        "host": unique_host(),
        "pat": True,
    }
    return api("CreateSCMIntegration", **(defaults | fields))["id"]


def get_scm(api: Api, integration_id: str) -> Fields:
    return api("GetSCMIntegration", id=integration_id)["integration"]


def create_llm(api: Api, runner: str = "demo", **fields: Any) -> str:
    defaults = {
        "runner_id": runner_id(runner),
        "models": ["SUPPORTED_MODEL_SONNET_4"],
        "endpoint": "https://llm.example.com/v1",
        "api_key": secret("api_key"),
    }
    return api("CreateLLMIntegration", **(defaults | fields))["id"]


def get_llm(api: Api, integration_id: str) -> Fields:
    return api("GetLLMIntegration", id=integration_id)["integration"]


@dataclass(frozen=True)
class Resource:
    """One of the resources: its RPCs differ in names only."""

    name: str
    plural: str
    items: str
    create: Callable[..., str]
    get: Callable[[Api, str], Fields]
    id_field: str = "id"
    deletable: bool = True
    of_one_runner: bool = False
    """Whether a list is filtered by one runner, not by several."""

    @property
    def get_rpc(self) -> str:
        return f"Get{self.name}"

    @property
    def list_rpc(self) -> str:
        return f"List{self.plural}"

    @property
    def object_rpcs(self) -> list[str]:
        """The RPCs on one object, by its id."""
        verbs = ["Get", "Update", "Delete"] if self.deletable else ["Get", "Update"]
        return [f"{verb}{self.name}" for verb in verbs]

    def of_runners(self, *runners: str) -> Fields:
        """The filter for the resources of these runners."""
        ids = [runner_id(name) for name in runners]
        return {"runner_id": ids[0]} if self.of_one_runner else {"runner_ids": ids}

    def __str__(self) -> str:
        return self.plural


CLASSES = Resource(
    name="EnvironmentClass",
    plural="EnvironmentClasses",
    items="environment_classes",
    create=create_class,
    get=get_class,
    id_field="environment_class_id",
    deletable=False,
)
TOKENS = Resource(
    name="HostAuthenticationToken",
    plural="HostAuthenticationTokens",
    items="tokens",
    create=create_token,
    get=get_token,
    of_one_runner=True,
)
SCM = Resource(
    name="SCMIntegration",
    plural="SCMIntegrations",
    items="integrations",
    create=create_scm,
    get=get_scm,
)
LLM = Resource(
    name="LLMIntegration",
    plural="LLMIntegrations",
    items="integrations",
    create=create_llm,
    get=get_llm,
)
# The LLM RPCs came after 0.11.
RESOURCES = [CLASSES, TOKENS, SCM] + ([LLM] if GENERATION != "0.11" else [])


def ids(page: Fields, resource: Resource) -> list[str]:
    return [item["id"] for item in page.get(resource.items, [])]


def listed(api: Api, resource: Resource, **filters: Any) -> list[str]:
    """The ids of all pages."""
    pages = api.pages(resource.list_rpc, filter=filters, pagination={"page_size": 100})
    return [item for page in pages for item in ids(page, resource)]
