"""SCM integrations that are wrong, and the fields in which validation says so."""

from dataclasses import dataclass, field
from typing import Any

from harness import Fields, runner_id, unique_host
from resources import oauth


@dataclass(frozen=True)
class WrongScm:
    name: str
    fields: dict[str, Any]
    errors: set[str] = field(default_factory=set)
    """The fields of the validation result that must be set; empty where any will do."""
    with_oauth: bool = False
    runner: str = "demo"


WRONG = [
    WrongScm("an SCM that the schema does not know", {"scm_id": "no-such-scm"}, {"scm_id_error"}),
    WrongScm("no SCM", {"scm_id": ""}, {"scm_id_error"}),
    WrongScm("no host", {"host": ""}, {"host_error"}),
    WrongScm("a host with a space", {"host": "git hub.com"}, {"host_error"}),
    WrongScm("a URL for a host", {"host": "https://github.com/"}, {"host_error"}),
    WrongScm("a port out of range", {"host": "github.com:70000"}, {"host_error"}),
    WrongScm("a client id without a secret", {"oauth_client_id": "client-1"}, {"oauth_error"}),
    WrongScm(
        "a secret without a client id", {"oauth_client_id": None}, {"oauth_error"}, with_oauth=True
    ),
    WrongScm(
        "an issuer without TLS",
        {"issuer_url": "http://login.example.com"},
        {"oauth_error"},
        with_oauth=True,
    ),
    WrongScm("an issuer that is no URL", {"issuer_url": "login"}, {"oauth_error"}, with_oauth=True),
    WrongScm(
        "OAuth where it is not offered",
        {"scm_id": "azuredevops_server"},
        {"oauth_error"},
        with_oauth=True,
    ),
    WrongScm(
        "PATs where they are not offered", {"scm_id": "bitbucket"}, {"pat_error"}, runner="local"
    ),
    WrongScm("neither OAuth nor PATs", {"pat": False}),
    WrongScm("a virtual directory at GitHub", {"virtual_directory": "/tfs"}, {"host_error"}),
    WrongScm(
        "a relative virtual directory",
        {"scm_id": "azuredevops_server", "virtual_directory": "tfs"},
        {"host_error"},
    ),
    WrongScm(
        "two things at once",
        {"host": "git hub.com", "issuer_url": "login"},
        {"host_error", "oauth_error"},
        with_oauth=True,
    ),
]


def wrong_fields(case: WrongScm) -> Fields:
    """The case as the fields of a request to create it."""
    fields = {
        "runner_id": runner_id(case.runner),
        "scm_id": "github",
        "host": unique_host(),
        "pat": True,
    }
    fields |= oauth() if case.with_oauth else {}
    return {name: value for name, value in (fields | case.fields).items() if value is not None}
