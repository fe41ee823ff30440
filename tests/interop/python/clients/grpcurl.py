"""grpcurl, which knows the contract from server reflection alone: a process per call."""

import json
import os
import subprocess
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf import any_pb2
from google.protobuf.json_format import ParseDict

import harness
from clients.messages import METHODS as METHODS
from clients.messages import MessageApi
from harness import Api, Fields, Refused

PROGRAM = os.environ["INTEROP_GRPCURL"]
TARGET = urlsplit(harness.BASE_URL).netloc
CODES = {code.value[0]: code.name.lower() for code in grpc.StatusCode}


def run(
    *arguments: str, request: object = None, key: str | None = harness.KEY
) -> subprocess.CompletedProcess[str]:
    """What grpcurl does; the key is in no argument, where other processes could see it."""
    header = () if key is None else ("-expand-headers", "-H", "authorization: Bearer ${CALL_KEY}")
    return subprocess.run(
        [PROGRAM, "-plaintext", "-format-error", *header, *arguments],
        env=os.environ | {"CALL_KEY": key or ""},
        input=json.dumps(request),
        capture_output=True,
        text=True,
    )


def call(method: str, request: object, *arguments: str, **options: Any) -> Any:
    """The reply to a call of a method by its full name."""
    done = run(*arguments, "-d", "@", TARGET, method, request=request, **options)
    if done.returncode:
        raise refusal(done.stderr)
    return json.loads(done.stdout)


def refusal(printed: str) -> Refused:
    status = json.loads(printed)
    # Packed again from what grpcurl has unpacked with the types that reflection gives.
    details = [ParseDict(detail, any_pb2.Any()) for detail in status.get("details", [])]
    return Refused(
        CODES[status["code"]],
        status.get("message", ""),
        [(detail.TypeName(), detail.value) for detail in details],
    )


class GrpcurlApi(MessageApi):
    def __init__(self, key: str | None) -> None:
        self.key = key

    def with_key(self, key: str | None) -> Api:
        return GrpcurlApi(key)

    def _call(self, rpc: str, fields: Fields) -> Fields:
        reply = call(f"{harness.SERVICE}/{rpc}", fields, key=self.key)
        return harness.with_proto_names(reply)


def connect(_mode: str) -> GrpcurlApi:
    return GrpcurlApi(harness.KEY)
