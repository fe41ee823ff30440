"""`gitpod-sdk==1.2.0`: the SDK's synchronous client, and the generated asynchronous one.

The modes: `post` and `get` (the synchronous client), `async`, `json`, `grpc` and `grpcweb`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
from connectrpc.errors import ConnectError
from connectrpc.protocol import ProtocolType
from gitpod.v1.runner_configuration_connect import RunnerConfigurationServiceClient
from ona_sdk import create_client
from pyqwest import Client, HTTPTransport, HTTPVersion

import harness
from clients.messages import METHODS as METHODS
from clients.messages import READING, MessageApi, as_fields, request_of
from harness import Api, Fields, Refused


def refusal(error: ConnectError) -> Refused:
    return Refused(
        error.code.value, error.message, [(d.type_name, d.message_bytes) for d in error.details]
    )


class SyncApi(MessageApi):
    def __init__(self, key: str | None, mode: str) -> None:
        self.mode = mode
        # With a timeout the client also sends Connect-Timeout-Ms.
        timeout = 30.0 if mode == "get" else None
        self.service = create_client(
            api_key=key, base_url=harness.BASE_URL, timeout=timeout
        ).services.runner_configuration

    def with_key(self, key: str | None) -> Api:
        return type(self)(key, self.mode)

    def wait(self, reply: Any) -> Any:
        """The reply itself: the scenarios call this on what either client returns."""
        return reply

    def method(self, rpc: str) -> Callable[..., Any]:
        return getattr(self.service, harness.snake_case(rpc))

    def options(self, rpc: str) -> Fields:
        return {"use_get": True} if self.mode == "get" and rpc in READING else {}

    def _call(self, rpc: str, fields: Fields) -> Fields:
        try:
            return as_fields(
                self.wait(self.method(rpc)(request_of(rpc, fields), **self.options(rpc)))
            )
        except ConnectError as error:
            raise refusal(error) from error


class AsyncApi(SyncApi):
    """The generated client speaks all three protocols. It sends Connect requests compressed."""

    def __init__(
        self, key: str | None, mode: str, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self.mode = mode
        self._loop = loop or asyncio.new_event_loop()
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}
        options: Fields = {}
        if mode in ("grpc", "grpcweb"):  # uncompressed, so that the leak check can read the frames
            options |= {"accept_compression": [], "send_compression": None}
            options["protocol"] = ProtocolType.GRPC if mode == "grpc" else ProtocolType.GRPC_WEB
        if mode == "grpc":
            options["http_client"] = Client(HTTPTransport(http_version=HTTPVersion.HTTP2))
        options["codec"] = (
            google_protobuf_json_codec() if mode == "json" else google_protobuf_binary_codec()
        )
        self.service = RunnerConfigurationServiceClient(harness.BASE_URL, **options)

    def with_key(self, key: str | None) -> Api:
        return AsyncApi(key, self.mode, self._loop)

    def wait(self, reply: Any) -> Any:
        return self._loop.run_until_complete(reply)

    def options(self, rpc: str) -> Fields:
        by_get = {"use_get": True} if self.mode == "json" and rpc in READING else {}
        return {"headers": self._headers} | by_get

    def _at_once(self, rpc: str, requests: Sequence[Fields]) -> list[Fields | Refused]:
        async def outcome(fields: Fields) -> Fields | Refused:
            try:
                return as_fields(
                    await self.method(rpc)(request_of(rpc, fields), **self.options(rpc))
                )
            except ConnectError as error:
                return refusal(error)

        async def gather() -> list[Fields | Refused]:
            return list(await asyncio.gather(*map(outcome, requests)))

        return self._loop.run_until_complete(gather())


def connect(mode: str) -> Api:
    return (SyncApi if mode in ("post", "get") else AsyncApi)(harness.KEY, mode)
