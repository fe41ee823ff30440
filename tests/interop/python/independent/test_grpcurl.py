"""Server reflection and health checks, with no .proto file and no key."""

import base64
import json
import subprocess

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from clients.grpcurl import METHODS, PROGRAM, TARGET, call, run
from clients.messages import pb
from harness import SERVICE, refused

HEALTH = "grpc.health.v1.Health"
REFLECTION = [f"grpc.reflection.{version}.ServerReflection" for version in ("v1", "v1alpha")]


def printed(*arguments: str) -> list[str]:
    done = run(*arguments, key=None)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_services_are_listed() -> None:
    assert set(printed(TARGET, "list")) == {SERVICE, HEALTH, *REFLECTION}


def test_every_rpc_of_the_contract_is_listed() -> None:
    assert sorted(printed(TARGET, "list", SERVICE)) == sorted(f"{SERVICE}.{rpc}" for rpc in METHODS)


@pytest.mark.parametrize("rpc", METHODS)
def test_every_rpc_is_described(rpc: str) -> None:
    request, reply = f".gitpod.v1.{rpc}Request", f".gitpod.v1.{rpc}Response"
    described = "\n".join(printed(TARGET, "describe", f"{SERVICE}.{rpc}"))
    assert f"rpc {rpc} ( {request} ) returns ( {reply} )" in described


def test_a_message_is_described_with_its_rules() -> None:
    described = "\n".join(printed(TARGET, "describe", "gitpod.v1.GetSCMIntegrationRequest"))
    assert "string id = 1" in described
    assert "(.buf.validate.field)" in described


def test_a_symbol_that_there_is_not_is_not_found() -> None:
    done = run(TARGET, "describe", "gitpod.v1.NoSuchMessage")
    assert done.returncode
    assert "not found" in done.stderr.lower()


def without_json_names(file: FileDescriptorProto) -> FileDescriptorProto:
    """Python's copy of a descriptor leaves them out."""
    messages = list(file.message_type)
    for message in messages:
        messages += message.nested_type
        for field in message.field:
            field.ClearField("json_name")
    return file


@pytest.mark.parametrize("service", REFLECTION)
def test_both_versions_of_reflection_give_the_file_of_a_symbol(service: str) -> None:
    """Called as any RPC, because grpcurl itself asks v1alpha only where there is no v1."""
    reply = call(f"{service}/ServerReflectionInfo", {"fileContainingSymbol": SERVICE}, key=None)
    files = [
        FileDescriptorProto.FromString(base64.b64decode(file))
        for file in reply["fileDescriptorResponse"]["fileDescriptorProto"]
    ]
    ours = FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(ours)
    (theirs,) = [file for file in files if file.name == ours.name]
    assert without_json_names(theirs) == without_json_names(ours)


@pytest.mark.parametrize("service", ["", SERVICE])
def test_the_server_is_healthy(service: str) -> None:
    assert call(f"{HEALTH}/Check", {"service": service}, key=None) == {"status": "SERVING"}


def test_the_health_of_a_service_that_there_is_not_is_not_found() -> None:
    with refused("not_found"):
        call(f"{HEALTH}/Check", {"service": "no.such.Service"}, key=None)


@pytest.mark.parametrize(
    ("service", "status"), [(SERVICE, "SERVING"), ("no.such.Service", "SERVICE_UNKNOWN")]
)
def test_a_watch_says_at_once_how_it_is_and_goes_on(service: str, status: str) -> None:
    arguments = ["-plaintext", "-d", json.dumps({"service": service}), TARGET, f"{HEALTH}/Watch"]
    watch = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert watch.stdout
        lines = [watch.stdout.readline().strip() for _ in range(3)]
        assert lines == ["{", f'"status": "{status}"', "}"]
        assert watch.poll() is None
    finally:
        watch.kill()
        watch.wait()
