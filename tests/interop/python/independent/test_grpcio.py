"""What gRPC adds: status details, metadata, deadlines, unknown methods, compression."""

import asyncio
from collections.abc import Iterator
from threading import Event

import grpc
import pytest
from gitpod.v1 import runner_configuration_pb2 as pb
from gitpod.v1 import runner_configuration_pb2_grpc
from google.rpc import status_pb2

import harness
from calls import NO_ID
from clients.grpcio import TARGET, GrpcioApi
from harness import runner_id

SERVICE = f"/{harness.SERVICE}"
SCHEMA = {"runner_id": runner_id("demo")}


def refused_call(api: GrpcioApi, rpc: str, fields: harness.Fields) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        api.with_call(rpc, fields)
    return caught.value


def metadata_of(call: grpc.Call) -> dict[str, str | bytes]:
    return {key: value for key, value in (*call.initial_metadata(), *call.trailing_metadata())}


def test_the_status_is_also_in_the_details(api: GrpcioApi) -> None:
    error = refused_call(api, "GetSCMIntegration", NO_ID)
    status = status_pb2.Status.FromString(metadata_of(error)["grpc-status-details-bin"])
    assert (status.code, status.message) == (error.code().value[0], error.details())
    assert [d.type_url for d in status.details] == ["type.googleapis.com/buf.validate.Violations"]


def test_replies_say_who_may_keep_them_and_what_is_final(api: GrpcioApi) -> None:
    _, call = api.with_call("GetRunnerConfigurationSchema", SCHEMA)
    assert call.code() is grpc.StatusCode.OK
    assert metadata_of(call)["cache-control"] == "no-store"
    refused = metadata_of(refused_call(api, "GetSCMIntegration", NO_ID))
    assert refused["x-should-retry"] == "false"


def test_metadata_of_the_callers_own_is_let_through(api: GrpcioApi) -> None:
    own = [("x-request-id", "1"), ("x-trace-bin", b"\x00\xff"), ("x-many", "a"), ("x-many", "b")]
    assert api.with_call("GetRunnerConfigurationSchema", SCHEMA, metadata=own)[0].schema.version


@pytest.mark.parametrize("timeout", [30.0, 86400.0])
def test_a_deadline_in_time_is_met(api: GrpcioApi, timeout: float) -> None:
    assert api.with_call("GetRunnerConfigurationSchema", SCHEMA, timeout=timeout)[0].schema.version


def test_the_server_ends_a_call_at_the_callers_deadline(api: GrpcioApi) -> None:
    """Only the server counts time: the deadline is metadata, and the request never ends."""
    answered = Event()

    def never_ending() -> Iterator[pb.GetSCMIntegrationRequest]:
        yield pb.GetSCMIntegrationRequest(id=runner_id("demo"))
        answered.wait()

    call = api.channel.stream_unary(
        f"{SERVICE}/GetSCMIntegration",
        pb.GetSCMIntegrationRequest.SerializeToString,
        pb.GetSCMIntegrationResponse.FromString,
    )
    try:
        with pytest.raises(grpc.RpcError) as caught:
            call(never_ending(), metadata=[*api.metadata, ("grpc-timeout", "50m")])
    finally:
        answered.set()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details() == "the call took longer than its deadline"


@pytest.mark.parametrize(
    "path", [f"{SERVICE}/NoSuchRpc", "/gitpod.v1.EnvironmentService/ListEnvironments", "/no/such"]
)
def test_what_the_server_does_not_have_is_unimplemented(api: GrpcioApi, path: str) -> None:
    call = api.channel.unary_unary(path, lambda message: message, lambda message: message)
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", metadata=api.metadata)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert caught.value.details()


def test_a_request_that_is_no_message_is_refused(api: GrpcioApi) -> None:
    call = api.channel.unary_unary(
        f"{SERVICE}/GetSCMIntegration", lambda message: message, lambda message: message
    )
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\x0a\xff", metadata=api.metadata)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_requests_may_be_compressed_with_gzip_only(
    api: GrpcioApi, compression: grpc.Compression
) -> None:
    with grpc.insecure_channel(TARGET, compression=compression) as channel:
        compressing = GrpcioApi(harness.KEY, channel)
        if compression is grpc.Compression.Gzip:
            assert compressing("GetRunnerConfigurationSchema", **SCHEMA)["schema"]["version"]
        else:
            with harness.refused("unimplemented"):
                compressing("GetRunnerConfigurationSchema", **SCHEMA)


def test_the_asynchronous_stubs_work_too(api: GrpcioApi) -> None:
    async def version() -> str:
        async with grpc.aio.insecure_channel(TARGET) as channel:
            stub = runner_configuration_pb2_grpc.RunnerConfigurationServiceStub(channel)
            request = pb.GetRunnerConfigurationSchemaRequest(**SCHEMA)
            reply = await stub.GetRunnerConfigurationSchema(request, metadata=api.metadata)
            return reply.schema.version

    assert asyncio.run(version())
