"""grpcio, with the stubs that grpcio-tools generates from our .proto files."""

from typing import Any
from urllib.parse import urlsplit

import grpc
from gitpod.v1 import runner_configuration_pb2_grpc
from grpc_status import rpc_status

import harness
from clients.messages import METHODS as METHODS
from clients.messages import MessageApi, as_fields, request_of
from harness import Api, Fields, Refused

TARGET = urlsplit(harness.BASE_URL).netloc
# Replies are not compressed, so that the leak check can read the frames.
IDENTITY_ONLY = ("grpc.compression_enabled_algorithms_bitset", 1 << grpc.Compression.NoCompression)


def refusal(error: grpc.Call) -> Refused:
    # Raises ValueError where code or message are not those of the details.
    status = rpc_status.from_call(error)
    details = status.details if status else []
    return Refused(
        error.code().name.lower(),
        error.details(),
        [
            (detail.type_url.removeprefix("type.googleapis.com/"), detail.value)
            for detail in details
        ],
    )


class GrpcioApi(MessageApi):
    def __init__(self, key: str | None, channel: grpc.Channel) -> None:
        self.channel = channel
        self.metadata = [] if key is None else [("authorization", f"Bearer {key}")]
        self.stub = runner_configuration_pb2_grpc.RunnerConfigurationServiceStub(channel)

    def with_key(self, key: str | None) -> Api:
        return GrpcioApi(key, self.channel)

    def with_call(self, rpc: str, fields: Fields, **options: Any) -> tuple[Any, grpc.Call]:
        """The reply as a message, and what came with it."""
        metadata = [*self.metadata, *options.pop("metadata", [])]
        return getattr(self.stub, rpc).with_call(
            request_of(rpc, fields), metadata=metadata, **options
        )

    def _call(self, rpc: str, fields: Fields) -> Fields:
        try:
            return as_fields(self.with_call(rpc, fields)[0])
        except grpc.RpcError as error:
            raise refusal(error) from error


def connect(_mode: str) -> GrpcioApi:
    return GrpcioApi(harness.KEY, grpc.insecure_channel(TARGET, options=[IDENTITY_ONLY]))
