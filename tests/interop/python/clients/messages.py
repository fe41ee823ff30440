"""What the clients of protobuf messages share: the RPCs of the contract, paging, calls at once."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from gitpod.v1 import runner_configuration_pb2 as pb
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

import harness
from harness import Api, Fields, Refused

SERVICE = pb.DESCRIPTOR.services_by_name["RunnerConfigurationService"]
METHODS = [method.name for method in SERVICE.methods]
# Such RPCs can be called by GET.
READING = tuple(
    method.name
    for method in SERVICE.methods
    if method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
)


def request_of(rpc: str, fields: Fields) -> Message:
    return ParseDict(fields, getattr(pb, f"{rpc}Request")())


def as_fields(reply: Message) -> Fields:
    return MessageToDict(reply, preserving_proto_field_name=True)


class MessageApi(Api):
    """A client that has no pages of its own: the token of a page goes into the next request."""

    def _pages(self, rpc: str, fields: Fields) -> Iterable[Fields]:
        token = ""
        for _ in range(harness.MOST_PAGES + 1):
            pagination = fields.get("pagination", {}) | ({"token": token} if token else {})
            page = self._call(rpc, fields | {"pagination": pagination})
            yield page
            token = page.get("pagination", {}).get("next_token", "")
            if not token:
                return

    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(
                pool.map(
                    lambda fields: harness.outcome_of(lambda: self._call(rpc, fields)), requests
                )
            )
