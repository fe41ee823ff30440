"""Codecs, stores and the client, each beside what is beneath it."""

import json
import time
from dataclasses import dataclass

from .contest import Result, compare, contest
from .load import Request
from .processes import LOAD_CORE, Meter, Server, free_port, resident_bytes
from .report import table
from .servers import start_runnerconf
from .statistics import Spread

RAW_GROUP = 32


@dataclass(frozen=True)
class Pair:
    """What is compared: a title, ours, theirs, and the multiple that counts have to be of."""

    title: str
    ours: str
    theirs: str
    multiple: int = 1


CODECS = [
    Pair("encode Get", "ours-encode-get", "serde-encode-get"),
    Pair("encode List of 100", "ours-encode-list", "serde-encode-list"),
    Pair("decode Get", "ours-decode-get", "serde-decode-get"),
    Pair("decode List of 100", "ours-decode-list", "serde-decode-list"),
    Pair("decode Create", "ours-decode-create", "serde-decode-create"),
    Pair("prost: encode, decode List of 100", "prost-encode-list", "prost-decode-list"),
]
SQLITE = [
    Pair("SQLite, point read", "ours-get", "raw-get"),
    Pair("SQLite, page of 100", "ours-list", "raw-list"),
    Pair("SQLite, Create, one caller", "ours-create-1", "raw-create-1"),
    Pair("SQLite, Create, 64 callers ÷ groups of 32", "ours-create-64", "raw-create-group", RAW_GROUP),
]
POSTGRES = [
    Pair("PostgreSQL, point read, 16 callers", "ours-get", "raw-get"),
    Pair("PostgreSQL, Create, 16 callers", "ours-create", "raw-create"),
]
CLIENT = [Pair("client, Get in Connect binary ÷ reqwest", "ours", "http-client")]


def _asking(meter, contender):
    def run(count):
        line, cpu = meter.ask(contender, count)
        answer = json.loads(line)
        return count / answer["seconds"], cpu / count, answer

    return run


def _pairs(meter, pairs, pace):
    results = {}
    for pair in pairs:
        contenders = {name: _asking(meter, name) for name in (pair.ours, pair.theirs)}
        results[pair] = contest(pair.title, contenders, pace, pair.multiple)
    return results


def codecs(places, pace):
    meter = Meter([str(places.rig), "measure", "codecs"])
    try:
        return _pairs(meter, CODECS, pace)
    finally:
        meter.stop()


def sqlite(places, loader, key, pace):
    """The store, and, over HTTP, the release binary beside rusqlite's Create."""
    # No core for itself: the store has threads, and the callers too.
    meter = Meter([str(places.rig), "measure", "sqlite", str(places.folder)], LOAD_CORE)
    env = {"RUNNERCONF_ADMIN_KEY": key, "TOKIO_WORKER_THREADS": "1"}
    server = start_runnerconf(places, env)
    try:
        results = _pairs(meter, SQLITE, pace)
        for callers, raw in [(1, "raw-create-1"), (64, "raw-create-group")]:
            request = Request("create", "h1", "json", callers)
            loader.reply(request, server)
            pair = Pair(f"runnerconf, Create over HTTP, callers: {callers}", "runnerconf", raw, RAW_GROUP)
            contenders = {
                "runnerconf": lambda count, request=request: loader.run(request, server, count),
                raw: _asking(meter, raw),
            }
            results[pair] = contest(pair.title, contenders, pace, RAW_GROUP)
    finally:
        server.stop()
        meter.stop()
    return results, _open_loop(places, results, pace)


def _open_loop(places, results, pace):
    """Create at half the rate of 64 callers: p99, and the time of one raw group commit, in milliseconds."""
    [create] = [measured for pair, measured in results.items() if pair.ours == "ours-create-64"]
    rate = create["ours-create-64"].rate.median / 2
    loop, group = [], []
    # All cores: on one, a call also waits for those that make the others.
    meter = Meter([str(places.rig), "measure", "sqlite", str(places.folder)], None)
    try:
        for _ in range(pace.rounds):
            _, _, answer = _asking(meter, f"ours-open-loop@{rate:.0f}")(max(200, int(rate * pace.seconds)))
            loop.append(answer["p99"] * 1e3)
            raw, *_ = _asking(meter, "raw-create-group")(RAW_GROUP * 50)
            group.append(RAW_GROUP / raw * 1e3)
    finally:
        meter.stop()
    return rate, loop, group


def postgres(places, pace):
    # Not pinned: the database has processes of its own.
    meter = Meter([str(places.rig), "measure", "postgres"], LOAD_CORE)
    try:
        return _pairs(meter, POSTGRES, pace)
    finally:
        meter.stop()


def client(places, pace):
    """Against bare hyper, which answers the same to all."""
    port = free_port()
    replies = str(places.folder / "replies")
    command = [str(places.peers), "hyper", str(port), replies]
    server = Server("hyper", command, port, places.folder / "hyper.log", http2=port + 1)
    meter = Meter([str(places.rig), "measure", "client", f"http://127.0.0.1:{port}"], LOAD_CORE)
    try:
        return _pairs(meter, CLIENT, pace)
    finally:
        meter.stop()
        server.stop()


def start(places, loader, key, rounds):
    """How long until the first answer, with everything stored, in milliseconds; and the memory it then has, in MiB."""
    env = {"RUNNERCONF_ADMIN_KEY": key}
    times, memory = [], []
    for _ in range(rounds):
        server = start_runnerconf(places, env)
        try:
            loader.reply(Request("get", "h1", "json"), server)
            times.append((time.monotonic() - server.started) * 1e3)
            time.sleep(0.5)
            memory.append(resident_bytes(server.pid) / 2**20)
        finally:
            server.stop()
    return Spread.of(times), Spread.of(memory)


def report(results):
    """A table of pairs, as Markdown."""
    rows = []
    for pair, measured in results.items():
        rates, cpu = compare(measured, pair.ours, pair.theirs)
        ours, theirs = (per_second(measured[name]) for name in (pair.ours, pair.theirs))
        rows.append([pair.title, ours, theirs, rates, cpu])
    return table(["", "ours/s", "theirs/s", "ours ÷ theirs", "CPU, ours ÷ theirs"], rows)


def per_second(result: Result):
    return f"{result.rate.median:,.0f}"
