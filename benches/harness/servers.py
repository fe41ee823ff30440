"""The servers, what is asked of them, and what came out."""

import json
import uuid

from .contest import compare, contest
from .load import Request
from .plot import bars
from .processes import Missing, Server, free_port
from .report import table

TRANSPORTS = [("h1", "json"), ("h1", "binary"), ("h2c", "json"), ("h2c", "binary"), ("h2c", "grpc")]
NAMES = ["get", "list-25", "list-100", "list-100-of-runner", "create", "validate"]

# Enough to see whether something has become slow.
SHORT = [
    Request("get", "h1", "json"),
    Request("get", "h1", "binary"),
    Request("get", "h2c", "grpc"),
    Request("list-100", "h1", "json"),
    Request("list-100-of-runner", "h1", "json"),
]


def scenarios(short):
    if short:
        return SHORT
    return [
        Request(name, *transport, callers=64 if name == "create" else 16)
        for name in NAMES
        for transport in TRANSPORTS
    ]


class Servers:
    """All that run, on one core. Those that wait cost nothing."""

    def __init__(self, places, loader, key):
        self.places, self.loader, self.key = places, loader, key
        self.running = {}

    def start(self):
        places, folder = self.places, self.places.folder
        env = {"RUNNERCONF_ADMIN_KEY": self.key, "TOKIO_WORKER_THREADS": "1"}
        self._start("ours", [places.rig, "serve"], env=env)
        self._start_runnerconf(env)
        self._keep_replies(folder / "replies")
        replies = str(folder / "replies")
        for name in ["connect-rust", "tonic", "axum"]:
            self._start(name, [places.peers, name], replies)
        self._start("hyper", [places.peers, "hyper"], replies, has_second_port=True)
        for name in ["connect-rust", "tonic"]:
            self._start(f"{name}, mimalloc", [places.peers_mimalloc, name], replies)
        if places.go_server:
            go = {"GOMAXPROCS": "1"}
            self._start("connect-go", [places.go_server, "connect"], replies, env=go)
            self._start("grpc-go", [places.go_server, "grpc"], replies, env=go)

    def _start(self, name, command, *arguments, env=None, has_second_port=False):
        port = free_port()
        command = [*map(str, command), str(port), *arguments]
        http2 = port + 1 if has_second_port else None
        log = self.places.folder / f"{name}.log"
        self.running[name] = Server(name, command, port, log, env, http2)

    def _start_runnerconf(self, env):
        self.running["runnerconf"] = start_runnerconf(self.places, env)

    def stop(self):
        for server in self.running.values():
            server.stop()

    def _keep_replies(self, folder):
        """The peers answer with what ours does."""
        folder.mkdir(exist_ok=True)
        for name in NAMES:
            for codec, ending in [("json", "json"), ("binary", "bin")]:
                if name != "list-100-of-runner":
                    reply = self.loader.reply(Request(name, "h1", codec), self.running["ours"])
                    (folder / f"{name}.{ending}").write_bytes(reply)

    def contenders(self, request):
        """Who can answer a request."""
        if request.name == "list-100-of-runner":
            # The peers do not filter: they answer with as many classes.
            names = ["runnerconf", "connect-rust", "connect-rust, mimalloc"]
        elif request.codec == "grpc":
            names = ["ours", "runnerconf", "connect-rust", "connect-rust, mimalloc", "tonic", "tonic, mimalloc", "grpc-go"]
        elif request.codec == "json":
            names = ["ours", "runnerconf", "connect-rust", "connect-rust, mimalloc", "axum", "hyper", "connect-go"]
        else:
            names = ["ours", "runnerconf", "connect-rust", "connect-rust, mimalloc", "hyper", "connect-go"]
        return [self.running[name] for name in names if name in self.running]

    def check(self, request):
        """Compares the replies of all."""
        for server in self.contenders(request):
            reply = self.loader.reply(request, server)
            if not self._is_right(request, reply, server.name):
                raise Missing(f"{server.name} has another reply to {request.title}: {reply[:300]}")

    def _is_right(self, request, reply, server):
        if request.name == "list-100-of-runner":
            return self._is_of_runner(request, reply, server)
        if request.codec == "grpc":
            flag, length, reply = reply[0], int.from_bytes(reply[1:5], "big"), reply[5:]
            if flag or length != len(reply):
                return False
        ending = "json" if request.codec == "json" else "bin"
        expected = (self.places.folder / "replies" / f"{request.name}.{ending}").read_bytes()
        if request.name == "create":
            # A new id each time.
            if request.codec == "json":
                return bool(uuid.UUID(json.loads(reply)["id"]))
            return len(reply) == len(expected) and bool(uuid.UUID(reply[2:].decode()))
        if request.codec == "json":
            return json.loads(reply) == json.loads(expected)
        return reply == expected

    def _is_of_runner(self, request, reply, server):
        """Whether it is a hundred classes, and, from ours, of the runner that was asked for."""
        asked = json.loads(request.file(self.places.folder / "requests").with_suffix(".json").read_bytes())
        [runner] = asked["filter"]["runnerIds"]
        if request.codec == "json":
            classes = json.loads(reply)["environmentClasses"]
            owners = {entry["runnerId"] for entry in classes}
            return len(classes) == 100 and (server != "runnerconf" or owners == {runner})
        return len(reply) > 10_000 and (server != "runnerconf" or reply.count(runner.encode()) == 100)

    def measure(self, request, pace):
        self.check(request)
        contenders = {
            server.name: lambda count, server=server: self.loader.run(request, server, count)
            for server in self.contenders(request)
        }
        return contest(request.title, contenders, pace)


def start_runnerconf(places, env):
    """The release binary, on the filled store."""
    port = free_port()
    command = [str(places.runnerconf), "serve", "--listen", f"127.0.0.1:{port}"]
    command += ["--data", str(places.folder / "data"), "--rate", "1e9", "--rate-burst", str(2**32 - 1)]
    return Server("runnerconf", command, port, places.folder / "runnerconf.log", {"RUST_LOG": "info", **env})


def report(results):
    """Tables of all that was measured, as Markdown."""
    parts = []
    for request, measured in results.items():
        rows = []
        for name, result in measured.items():
            ratios = [_ratios(measured, mine, name) for mine in ("ours", "runnerconf")]
            rate, cpu = result.rate.median, result.cpu_microseconds.median
            rows.append([name, f"{rate:,.0f}", f"{cpu:.1f}", *ratios])
        head = ["server", "requests/s", "CPU µs", "ours ÷ it: requests/s · CPU", "runnerconf ÷ it: requests/s · CPU"]
        parts.append(f"#### {request.title}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _ratios(measured, mine, other):
    if mine not in measured or mine == other:
        return "–"
    rates, cpu = compare(measured, mine, other)
    return f"{rates} · {cpu}"


def plot(results, folder):
    """A chart for each kind of request: requests/s, in units of connect-rust's."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        groups = []
        for request, measured in results.items():
            if request.name == name:
                rows = []
                for server in measured:
                    rate, _ = compare(measured, server, "connect-rust")
                    rows.append((server, rate.median, rate.low, rate.high))
                rows.sort(key=lambda row: -row[1])
                groups.append((request.title.split(", ", 1)[1], rows))
        if groups:
            bars(folder / f"{name}.svg", f"{name}: requests/s ÷ those of connect-rust", groups)


