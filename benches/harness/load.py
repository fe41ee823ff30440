"""Requests: what they are, whether the replies are right, and how fast they come."""

import http.client
import re
import subprocess
from dataclasses import dataclass

from .processes import LOAD_CORE, Missing, cpu_seconds, pinned

SERVICE = "/gitpod.v1.RunnerConfigurationService/"

# Where a request goes, by its name; lists differ in their size and filter.
RPCS = {
    "get": "GetEnvironmentClass",
    "list-25": "ListEnvironmentClasses",
    "list-100": "ListEnvironmentClasses",
    "list-100-of-runner": "ListEnvironmentClasses",
    "create": "CreateEnvironmentClass",
    "validate": "ValidateRunnerConfiguration",
}

CONTENT_TYPES = {"json": "application/json", "binary": "application/proto", "grpc": "application/grpc"}
ENDINGS = {"json": "json", "binary": "bin", "grpc": "grpc"}


@dataclass(frozen=True)
class Request:
    """A request over a transport, in a codec: `json` and `binary` are Connect's."""

    name: str
    transport: str
    codec: str
    callers: int = 16

    @property
    def title(self):
        protocol = {"json": "Connect JSON", "binary": "Connect binary", "grpc": "gRPC"}[self.codec]
        return f"{self.name}, {protocol}, {'HTTP/1.1' if self.transport == 'h1' else 'HTTP/2'}"

    def file(self, folder):
        return folder / f"{self.name}.{ENDINGS[self.codec]}"

    def headers(self, key):
        headers = {"content-type": CONTENT_TYPES[self.codec], "authorization": f"Bearer {key}"}
        return {**headers, "te": "trailers"} if self.codec == "grpc" else headers

    def url(self, server):
        port = server.port if self.transport == "h1" else server.http2
        return f"http://127.0.0.1:{port}{SERVICE}{RPCS[self.name]}"


class Loader:
    """Sends requests with h2load."""

    def __init__(self, requests, key):
        self.requests, self.key = requests, key
        # How long the replies are, by server and request: gRPC's errors have a status of 200, but no body.
        self.lengths = {}

    def _headers(self, request):
        for name, value in request.headers(self.key).items():
            yield from ("-H", f"{name}: {value}")

    def reply(self, request, server):
        """The body of one reply."""
        body = self._reply(request, server)
        self.lengths[server.name, request] = len(body)
        return body

    def _reply(self, request, server):
        if request.transport == "h1":
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            body = request.file(self.requests).read_bytes()
            connection.request("POST", SERVICE + RPCS[request.name], body, request.headers(self.key))
            reply = connection.getresponse()
            body = reply.read()
            connection.close()
            if reply.status != 200:
                raise Missing(f"{server.name} answers {request.title} with {reply.status}: {body[:200]}")
            return body
        command = ["nghttp", *self._headers(request), "-d", str(request.file(self.requests)), request.url(server)]
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
        if done.returncode or not done.stdout:
            raise Missing(f"{server.name} does not answer {request.title}: {done.stderr[:200]}")
        return done.stdout

    def run(self, request, server, count):
        """Sends `count` requests; returns requests a second, and the server's CPU seconds for each."""
        callers = min(request.callers, count)
        if request.transport == "h1":
            how = ["--h1", "-c", str(callers)]
        else:
            connections = min(2, callers)
            how = ["-c", str(connections), "-m", str(max(1, callers // connections))]
        command = ["h2load", *how, "-t", "1", "-n", str(count), *self._headers(request)]
        command += ["-d", str(request.file(self.requests)), request.url(server)]
        before = cpu_seconds(server.pid)
        done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True, timeout=300, check=False)
        used = cpu_seconds(server.pid) - before
        rate = re.search(r"finished in .*?, ([0-9.]+) req/s", done.stdout)
        succeeded = re.search(r"status codes: (\d+) 2xx", done.stdout)
        received = re.search(r"\((\d+)\) data", done.stdout)
        expected = count * self.lengths[server.name, request]
        if not rate or not succeeded or int(succeeded[1]) != count or int(received[1]) != expected:
            raise Missing(f"h2load against {server.name}, {request.title}: {done.stdout[-600:]}{done.stderr[-200:]}")
        return float(rate[1]), used / count
