"""Records what the official Python client, gitpod-sdk 1.2.0, sends for calls of every RPC, into `calls.json`.

    python3 -m venv venv
    venv/bin/pip install --no-deps --requirement tests/interop/python/requirements-1.2.txt
    venv/bin/python crates/client/tests/official/record.py

The calls are made from the descriptors: with nothing set, with every field set, once for each member of a oneof, and with
every field that has presence set to what would otherwise be its default.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

from gitpod.v1 import runner_configuration_pb2 as pb
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from ona_sdk import create_client

CLIENT = "gitpod-sdk"
SERVICE = pb.DESCRIPTOR.services_by_name["RunnerConfigurationService"]
SCALARS = {
    Field.TYPE_STRING: lambda field: f'{field.name}: "ä€😀", /\\',
    Field.TYPE_BYTES: lambda field: bytes([0, 255, 62, 63]) + field.name.encode(),
    Field.TYPE_BOOL: lambda _: True,
    Field.TYPE_INT32: lambda _: -(2**31),
    Field.TYPE_UINT64: lambda _: 2**64 - 1,
    Field.TYPE_ENUM: lambda field: field.enum_type.values[-1].number,
}


def fill(message: Message, choice: int) -> None:
    """Sets every field; of a oneof, the member with this number."""
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        message.FromJsonString("2030-01-02T03:04:05.006Z")
        return
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof is not None and len(oneof.fields) > 1:
            if oneof.fields[choice % len(oneof.fields)] is not field:
                continue
        value = getattr(message, field.name)
        if field.type == Field.TYPE_MESSAGE:
            if field.label == Field.LABEL_REPEATED:
                for _ in range(2):
                    fill(value.add(), choice)
            else:
                value.SetInParent()
                fill(value, choice)
        elif field.label == Field.LABEL_REPEATED:
            value.extend([SCALARS[field.type](field)] * 2)
        else:
            setattr(message, field.name, SCALARS[field.type](field))


def fill_with_defaults(message: Message) -> None:
    """Sets the fields that tell an empty value from none."""
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if field.label == Field.LABEL_REPEATED or (oneof is not None and len(oneof.fields) > 1):
            continue
        if field.type == Field.TYPE_MESSAGE:
            getattr(message, field.name).SetInParent()
            fill_with_defaults(getattr(message, field.name))
        elif field.has_presence:
            setattr(message, field.name, field.default_value)


def requests(rpc: str) -> Iterator[Message]:
    kind = getattr(pb, f"{rpc}Request")
    yield kind()
    for choice in range(2):
        message = kind()
        fill(message, choice)
        yield message
    message = kind()
    fill_with_defaults(message)
    yield message


def main() -> None:
    seen: list[tuple[str, str, bytes]] = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert "Content-Encoding" not in self.headers
            seen.append((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.send_header("Content-Type", "application/proto")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_address[1]}"
    client = create_client(api_key="key", base_url=base_url).services.runner_configuration
    calls = []
    for method in SERVICE.methods:
        rpc = method.name
        snake_case = [name for name in dir(client) if name.replace("_", "") == rpc.lower()]
        (call,) = (getattr(client, name) for name in snake_case)
        for request in requests(rpc):
            call(request)
            ((path, content_type, body),) = seen
            seen.clear()
            assert path == f"/{SERVICE.full_name}/{rpc}", path
            assert content_type == "application/proto", content_type
            record = {"rpc": rpc, "request": MessageToDict(request), "bytes": body.hex()}
            if record not in calls:
                calls.append(record)
    server.shutdown()
    lines = ",\n".join(json.dumps(call, ensure_ascii=False) for call in calls)
    client_version = json.dumps(f"{CLIENT} {version(CLIENT)}")
    text = f'{{"client": {client_version}, "calls": [\n{lines}\n]}}\n'
    Path(__file__).with_name("calls.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
