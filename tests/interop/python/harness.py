"""What all Python suites share: the facts of the run, markers, and one interface to each client."""

import base64
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import sealed_box

FACTS = json.loads((Path(os.environ["INTEROP_DIR"]) / "facts.json").read_text())
RUN_DIR = Path(os.environ["INTEROP_RUN_DIR"])
BASE_URL = os.environ["INTEROP_BASE_URL"]
KEY = os.environ["INTEROP_KEY"]
GENERATION, _, MODE = os.environ["INTEROP_CLIENT"].partition("-")
SERVICE = "gitpod.v1.RunnerConfigurationService"
# More than any list here has; a client that goes on asking is stopped.
MOST_PAGES = 100

Fields = dict[str, Any]


@dataclass
class Refused(Exception):
    """An error that the server answered, as any of the clients reports it."""

    code: str
    message: str
    details: list[tuple[str, bytes]] = field(default_factory=list)


class Api(ABC):
    """An official client: an RPC is its name and its fields, a reply is a dict without defaults."""

    def __call__(self, rpc: str, **fields: Any) -> Fields:
        return self._seen(self._call(rpc, fields))

    def pages(self, rpc: str, **fields: Any) -> list[Fields]:
        """All pages of a list, fetched as users of the client fetch them."""
        pages = [self._seen(page) for page in self._pages(rpc, fields)]
        assert len(pages) <= MOST_PAGES, "the list has no end"
        return pages

    def at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        """The outcomes of calls that are made at the same time."""
        return [self._seen(outcome) for outcome in self._at_once(rpc, requests)]

    @abstractmethod
    def with_key(self, key: str | None) -> "Api":
        """The same client with another key, or with none."""

    @abstractmethod
    def _call(self, rpc: str, fields: Fields) -> Fields: ...

    @abstractmethod
    def _pages(self, rpc: str, fields: Fields) -> Iterable[Fields]:
        """The pages, of which more than `MOST_PAGES` need not be fetched."""

    @abstractmethod
    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]: ...

    @staticmethod
    def _seen(outcome: Any) -> Any:
        record_seen(outcome)
        return outcome


def record_seen(outcome: object) -> None:
    """Keeps what a client made of a reply: the leak check reads it."""
    with (RUN_DIR / "seen-by-client.jsonl").open("a") as file:
        file.write(json.dumps(outcome, default=repr) + "\n")


def outcome_of(call: Any) -> Any:
    try:
        return call()
    except Refused as refused:
        return refused


@contextmanager
def refused(code: str, saying: str = "") -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expects the server to refuse with this code and with these words in the message."""
    with pytest.raises(Refused) as caught:
        yield caught
    record_seen(
        [
            caught.value.code,
            caught.value.message,
            [[name, value.hex()] for name, value in caught.value.details],
        ]
    )
    assert caught.value.code == code, caught.value.message
    assert saying in caught.value.message


def runner_id(name: str) -> str:
    return FACTS["runners"][name]["id"]


def secret(kind: str) -> str:
    """A marker to send as a secret; the leak check then looks for it everywhere."""
    marker = f"{FACTS['marker_prefix']}{uuid4()}"
    with (RUN_DIR / "markers.jsonl").open("a") as file:
        file.write(json.dumps({"kind": kind, "marker": marker}) + "\n")
    return marker


def open_sealed(runner: str, base64_text: str) -> str:
    return sealed_box.open_sealed(
        RUN_DIR / "keys" / f"{runner}.key", base64.b64decode(base64_text, validate=True)
    )


def seal(runner: str, plaintext: str) -> str:
    return base64.b64encode(sealed_box.seal(RUN_DIR / "keys" / f"{runner}.key", plaintext)).decode()


def requests_on_the_wire(rpc: str, method: str = "POST") -> int:
    """How many requests for the RPC have passed the recording proxy (HTTP/1.1 only)."""
    request_line = re.compile(
        rf"{method} \S*/{re.escape(SERVICE)}/{rpc}(\?\S*)? HTTP/1.1\r\n".encode()
    )
    return sum(
        len(request_line.findall(file.read_bytes())) for file in (RUN_DIR / "requests").iterdir()
    )


def unique_host() -> str:
    return f"{uuid4().hex}.example.com"


def without_defaults(value: Any) -> Any:
    """The message without fields that hold their default: clients differ in showing those."""
    if isinstance(value, dict):
        stripped = {key: without_defaults(item) for key, item in value.items()}
        return {
            key: item
            for key, item in stripped.items()
            if item is not None and item is not False and item not in ("", [])
        }
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    return value


def snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def with_proto_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake_case(key): with_proto_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_proto_names(item) for item in value]
    return value


def class_fields(api: Api, runner: str) -> list[Fields]:
    return api("GetRunnerConfigurationSchema", runner_id=runner_id(runner))["schema"][
        "environment_classes"
    ]


def field_of_type(fields: list[Fields], kind: str, *, is_secret: bool = False) -> Fields:
    """A field of the schema that has this type."""
    return next(f for f in fields if kind in f and f.get("secret", False) == is_secret)


def sample_value(schema_field: Fields) -> str:
    """A value that the schema accepts for the field, which is not a secret."""
    if "int" in schema_field:
        low, high = schema_field["int"].get("min", 0), schema_field["int"].get("max", 0)
        return str(low + 3 if not high else min(low + 3, high))
    if "bool" in schema_field:
        return "true"
    if "enum" in schema_field:
        titles = [value["title"] for value in schema_field["enum"].get("possible_values", [])]
        return (titles or schema_field["enum"]["values"])[-1]
    string = schema_field["string"]
    candidates = [string["default"]] if "default" in string else FACTS["sample_strings"]
    return next(text for text in candidates if re.fullmatch(string.get("pattern", ".*"), text))


def class_configuration(api: Api, runner: str) -> list[Fields]:
    """A configuration that sets every field that a class can set; secrets are markers."""
    return [
        {
            "key": f["id"],
            "value": secret("secret_class_field") if f.get("secret") else sample_value(f),
        }
        for f in class_fields(api, runner)
        if "display" not in f
    ]


def with_value(configuration: list[Fields], key: str, value: str | None) -> list[Fields]:
    """The configuration with one value changed, added, or (None) left out."""
    others = [f for f in configuration if f["key"] != key]
    return others if value is None else [*others, {"key": key, "value": value}]


def configuration_of(environment_class: Fields) -> dict[str, str]:
    return {f["key"]: f["value"] for f in environment_class["configuration"]}
