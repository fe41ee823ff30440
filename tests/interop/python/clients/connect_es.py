"""`@connectrpc/connect` in Node, driven by `connect-es/driver.mjs`: a line of JSON each way."""

import base64
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import harness
from clients.messages import METHODS as METHODS
from clients.messages import MessageApi
from harness import Api, Fields, Refused

DRIVER = Path(os.environ["INTEROP_CACHE"]) / "connect-es" / "driver.mjs"
# The transports of the driver.
MODES = [
    "connect-json-http1",
    "connect-json-http2-get",
    "connect-binary-http1-get",
    "connect-binary-http2",
    "grpcweb-http1",
    "grpcweb-http2",
    "grpc-http2",
]


class Driver:
    """The Node process, which makes the calls of one line at the same time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, calls: Sequence[Fields]) -> list[Fields]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        try:
            stdin.write(json.dumps(calls) + "\n")
            stdin.flush()
            return json.loads(stdout.readline())
        except (BrokenPipeError, ValueError):
            pytest.exit("the driver has ended; standard error has its reason", returncode=1)


DRIVER_PROCESS = Driver()


@dataclass
class ConnectEsApi(MessageApi):
    mode: str
    key: str | None

    def with_key(self, key: str | None) -> Api:
        return ConnectEsApi(self.mode, key)

    def call(self, rpc: str, fields: Fields, **options: Any) -> Fields:
        """The outcome as the driver tells it, with headers."""
        return DRIVER_PROCESS([self._request(rpc, fields, **options)])[0]

    def _request(self, rpc: str, fields: Fields, **options: Any) -> Fields:
        headers = {} if self.key is None else {"authorization": f"Bearer {self.key}"}
        return {
            "transport": self.mode,
            "rpc": rpc,
            "request": fields,
            **options,
            "headers": headers | options.get("headers", {}),
        }

    def _call(self, rpc: str, fields: Fields) -> Fields:
        outcome = reply_or_refusal(self.call(rpc, fields))
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        return [
            reply_or_refusal(outcome)
            for outcome in DRIVER_PROCESS([self._request(rpc, fields) for fields in requests])
        ]


def reply_or_refusal(outcome: Fields) -> Fields | Refused:
    if "reply" in outcome:
        return outcome["reply"]
    details = [(d["type"], base64.b64decode(d["value"])) for d in outcome["details"]]
    return Refused(outcome["code"], outcome["message"], details)


def connect(mode: str) -> ConnectEsApi:
    return ConnectEsApi(mode, harness.KEY)
