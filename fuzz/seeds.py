#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets (corpus/TARGET/seed-*) and their dictionaries, from requests, replies and files
that the project has. To be run again when the contract changes; needs buf (https://buf.build) for the binary messages.

Other files in corpus are inputs that once failed, or that reached what seeds do not.
"""

import base64
import gzip
import hashlib
import json
import re
import struct
import subprocess
import tempfile
import uuid
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
ROOT = FUZZ.parent
SERVICE = "gitpod.v1.RunnerConfigurationService"
RUNNER = "d2c94c27-3b76-4a42-b88c-95a85e392c68"


def main():
    examples = json.loads((ROOT / "crates/server/openapi/examples.json").read_text())
    for old in FUZZ.glob("corpus/*/seed-*"):
        old.unlink()
    binaries = messages(examples)
    connect_requests(examples, binaries)
    page_tokens()
    runner_files()
    configurations()
    schemas()
    dictionaries(examples)


def write(target, name, data):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data.encode() if isinstance(data, str) else data)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def messages(examples):
    """The example of every request and reply, behind the byte that chooses its type. Returns the binary requests by RPC."""
    source = (FUZZ / "src/messages.rs").read_text()
    types = [name for pair in re.findall(r"^    (\w+) => (\w+),$", source, re.M) for name in pair]
    by_type = {}
    for rpc, example in examples.items():
        for kind in ("request", "response"):
            # As Rust has them: CreateScmIntegrationRequest.
            rust = rpc.replace("SCM", "Scm").replace("LLM", "Llm") + kind.capitalize()
            by_type[rust] = (rpc, kind, example[kind])
    assert sorted(types) == sorted(by_type), set(types) ^ set(by_type)
    binaries = {}
    for number, rust in enumerate(types):
        rpc, kind, value = by_type[rust]
        binary = convert(f"gitpod.v1.{rpc}{kind.capitalize()}", value)
        if kind == "request":
            binaries[rpc] = binary
        write("json", rust, bytes([number]) + compact(value).encode())
        write("binary", rust, bytes([number]) + binary)
    return binaries


def convert(message, value):
    """The binary form of a message in JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.json"
        path.write_text(compact(value))
        command = ["buf", "convert", ROOT / "proto", f"--type={message}", f"--from={path}#format=json", "--to=-#format=binpb"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def http(rpc, content_type, body, more="", line="POST {path} HTTP/1.1"):
    path = f"/{SERVICE}/{rpc}"
    head = line.format(path=path) + "\nauthorization: Bearer admin\n"
    if content_type:
        head += f"content-type: {content_type}\n"
    return head.encode() + more.encode() + b"\n" + body


def framed(message, flags=0):
    return struct.pack(">BI", flags, len(message)) + message


def connect_requests(examples, binaries):
    for rpc, example in examples.items():
        body = compact(example["request"]).encode()
        write("connect_request", f"json-{rpc}", http(rpc, "application/json", body))
    rpc = "CreateEnvironmentClass"
    text, binary = compact(examples[rpc]["request"]).encode(), binaries[rpc]
    two = "POST {path} HTTP/2.0"
    for name, request in {
        "proto": http(rpc, "application/proto", binary, "connect-protocol-version: 1\nconnect-timeout-ms: 5000\n"),
        "gzip": http(rpc, "application/json", gzip.compress(text, mtime=0), "content-encoding: gzip\naccept-encoding: gzip, br\n"),
        "grpc": http(rpc, "application/grpc+proto", framed(binary), "te: trailers\ngrpc-timeout: 5S\n", two),
        "grpc-gzip": http(
            rpc,
            "application/grpc",
            framed(gzip.compress(binary, mtime=0), 1),
            "te: trailers\ngrpc-encoding: gzip\ngrpc-accept-encoding: gzip, zstd\n",
            two,
        ),
        "grpc-web": http(rpc, "application/grpc-web+proto", framed(binary), "x-grpc-web: 1\n"),
        "grpc-web-text": http(
            rpc, "application/grpc-web-text", base64.b64encode(framed(binary)), "x-grpc-web: 1\naccept: application/grpc-web-text\n"
        ),
        "streaming": http(rpc, "application/connect+json", framed(text)),
        "get": http(
            "ListEnvironmentClasses",
            None,
            b"",
            line="GET {path}?connect=v1&encoding=json&compression=identity&message=%7B%22filter%22%3A%7B%22enabled%22%3Atrue%7D%7D HTTP/1.1",
        ),
        "get-base64": http(
            "ListEnvironmentClasses", None, b"", line="GET {path}?connect=v1&encoding=proto&base64=1&message=GgQSAjIA HTTP/1.1"
        ),
        "parameters": http("GetSCMIntegration", "application/json", b"{}", line="POST /api{path}?id=" + RUNNER + " HTTP/1.1"),
        "no-key": http(rpc, "application/json", text).replace(b"admin", b"other"),
        "elsewhere": b"GET /healthz HTTP/1.1\nhost: localhost\n\n",
        "preflight": b"OPTIONS /%s/%s HTTP/1.1\norigin: https://a.example\naccess-control-request-method: POST\n\n"
        % (SERVICE.encode(), rpc.encode()),
    }.items():
        write("connect_request", name, request)


def page_tokens():
    lists = ["ListEnvironmentClasses", "ListHostAuthenticationTokens", "ListSCMIntegrations", "ListLLMIntegrations"]
    for number, rpc in enumerate(lists):
        after = uuid.UUID(int=0).bytes if number % 2 else uuid.UUID(int=2**128 - 1).bytes
        token = bytes([1]) + after + hashlib.sha256(rpc.encode()).digest()[:12]
        text = base64.urlsafe_b64encode(token).rstrip(b"=")
        write("page_token", rpc, bytes([number, 2]) + text)
        write("page_token", f"{rpc}-first", bytes([number, 0]))


def runner_files():
    demo = (ROOT / "crates/cli/src/demo/runner.yaml").read_text()
    write("runner_file", "demo", demo)
    key = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="
    runner = {"id": RUNNER, "name": "Frankfurt", "kind": "RUNNER_KIND_REMOTE", "provider": "aws_ec2", "publicKey": key}
    schema = json.loads((ROOT / "crates/testing/src/schema.json").read_text())
    write("runner_file", "json", json.dumps({**runner, "schema": schema}, indent=1))
    short = f"id: {RUNNER}\nname: 'Frankfurt'\nkind: remote\nprovider: aws_ec2\n"
    write("runner_file", "short", short)
    write("runner_file", "documents", f"{short}---\n{short}publicKey: null\nschema: ~\n")
    anchors = "schema: {version: &v '1', runnerConfig: [&f {id: *v, string: {pattern: 'a+'}}, {<<: *f, id: b}]}\n"
    write("runner_file", "anchors", short + anchors)


def configurations():
    reference = (ROOT / "docs/configuration.md").read_text()
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", reference, re.S)):
        write("configuration", f"reference-{number}", re.sub(r"^# (\w+): not set$", r"\1 = 'x'", text, flags=re.M))
    write("configuration", "dotted", "listen.address = '[::1]:0'\nauth.oidc = { issuer = 'https://a' }\n")
    write("configuration", "faults", "[listen]\naddress = 'nowhere'\ndrain_delay = -1\nplaintext = 'yes'\n[stroe]\n[cors]\norigins = [1, '*']\n")


def schemas():
    schema = json.loads((ROOT / "crates/testing/src/schema.json").read_text())
    values = [("cpu", "8"), ("memory", "16384"), ("region", "eu-central-1"), ("spot", "true"), ("machineType", "m6i.large")]

    def line(of_class, values):
        configuration = [{"key": key, "value": value} for key, value in values]
        return compact({"displayName": of_class, "description": "A class", "configuration": configuration})

    write("schema", "good", compact(schema) + "\n" + line("Large", values))
    write("schema", "wrong", compact(schema) + "\n" + line("Wrong", [("cpu", "0"), ("cpu", "x"), ("billing", ""), ("region", "?")]))
    patterns = [r"^(a|b)*c{2,5}$", r"(?i)[^\w\s-]+?\.\p{Greek}", r"\Qa.b\E|\x{41}[[:alpha:]]", r"(?P<n>a{0,100}){0,9}"]
    for number, pattern in enumerate(patterns):
        one = {"version": "1", "environmentClasses": [{"id": "a", "string": {"pattern": pattern}}]}
        write("schema", f"pattern-{number}", compact(one) + "\n" + line("C", [("a", "abccc")]))


def dictionaries(examples):
    names = set()

    def walk(value):
        if isinstance(value, dict):
            names.update(value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(examples)
    dictionary("json", [f'"{name}":' for name in sorted(names)] + ["null", "true", "-0", "1e9", "\\u0000", "\\ud834\\udd1e"])
    schema = ["version", "environmentClasses", "runnerConfig", "scm", "id", "name", "required", "secret", "string", "int", "bool"]
    schema += ["enum", "display", "default", "min", "max", "pattern", "possibleValues", "values", "title", "configuration", "key", "value"]
    syntax = ["(?", "(?i:", "(?P<a>", "[^", "[[:alpha:]]", "\\\\p{L}", "\\\\Q", "\\\\E", "\\\\b", "\\\\x{10ffff}", "{0,1000}", "*?", "$", "|"]
    dictionary("schema", [f'"{name}":' for name in schema] + syntax)
    keys = ["id: ", "name: ", "kind: ", "provider: ", "publicKey: ", "schema: ", "---\n", "&a ", "*a", "<<: ", "!!str ", "|\n", ">-\n", "? "]
    dictionary("runner_file", keys + [f"{name}: " for name in schema])
    reference = (ROOT / "docs/configuration.md").read_text()
    sections = re.findall(r"^### (\[[\w.]+\])$", reference, re.M)
    settings = sorted(set(re.findall(r"^\| `(\w+)` \|", reference, re.M)))
    dictionary("configuration", [f"{section}\n" for section in sections] + [f"{key} = " for key in settings] + ["'''", '"""', "[[", "0x", "1_0", "inf"])
    headers = ["authorization: Bearer user", "content-type: application/", "content-encoding: zstd", "content-encoding: br", "grpc-encoding: br"]
    headers += ["grpc-timeout: 1n", "grpc-timeout: 99999999H", "connect-timeout-ms: 1", "connect-protocol-version: 2", "accept-encoding: gzip"]
    headers += ["x-request-id: ", "x-http-method-override: GET", "te: trailers", "content-length: 5", "transfer-encoding: chunked", "expect: 100-continue"]
    words = ["application/connect+proto", "application/grpc-web-text+proto", "grpc+json", "; charset=utf-8", "&base64=1", "&compression=gzip"]
    dictionary("connect_request", [f"{header}\n" for header in headers] + words + [f"/{SERVICE}/{rpc}" for rpc in examples])


def dictionary(target, words):
    folder = FUZZ / "dictionaries"
    folder.mkdir(exist_ok=True)

    def escaped(word):
        return "".join(c if " " <= c <= "~" and c not in '"\\' else "".join(f"\\x{b:02x}" for b in c.encode()) for c in word)

    (folder / f"{target}.dict").write_text("".join(f'"{escaped(word)}"\n' for word in words))


if __name__ == "__main__":
    main()
