#!/usr/bin/env python3
"""Measures the product beside others, on this machine: `just bench`. README.md says what and how."""

import argparse
import json
import secrets
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from harness import goals, micro, servers
from harness.build import BENCHES, ROOT, cargo_build, run, target
from harness.contest import Pace
from harness.load import Loader
from harness.processes import Missing
from harness.report import machine, versions, write_section

GROUPS = ["servers", "codecs", "sqlite", "postgres", "client", "start"]
BUF = "@bufbuild/buf@1.75.0"


@dataclass
class Places:
    """Where things are."""

    folder: Path
    built: Path
    go_server: str | None

    @property
    def runnerconf(self):
        return self.built / "runnerconf"

    @property
    def rig(self):
        return self.built / "benches-rig"

    @property
    def peers(self):
        return self.built / "benches-peers"

    @property
    def peers_mimalloc(self):
        return self.built / "benches-peers-mimalloc"


def say(text):
    print(text, file=sys.stderr, flush=True)


def check_tools():
    for tool, package in [("h2load", "nghttp2-client"), ("nghttp", "nghttp2-client"), ("taskset", "util-linux")]:
        if not shutil.which(tool):
            raise Missing(f"{tool} is not installed (Debian: apt-get install {package})")


def build_go(target):
    """The servers in Go, if Go is there; buf generates their messages."""
    if not shutil.which("go"):
        say("Go is not installed: without connect-go and grpc-go")
        return None
    buf = ["buf"] if shutil.which("buf") else ["npx", "--yes", BUF]
    if not shutil.which(buf[0]):
        say("neither buf nor npx is installed, to generate Go messages: without connect-go and grpc-go")
        return None
    folder = BENCHES / "go"
    run(*buf, "generate", "../../proto", "--template", "buf.gen.yaml", cwd=folder)
    server = target / "go-servers"
    run("go", "build", "-o", server, ".", cwd=folder)
    return str(server)


def prepare(arguments):
    folder = ROOT / "target" / "bench" / str(arguments.classes)
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.no_build:
        go_server = folder.parent / "go-servers"
        go_server = str(go_server) if go_server.exists() else None
    else:
        cargo_build("--package", "runner-configuration-cli", cwd=ROOT)
        cargo_build("--package", "benches-rig", "--package", "benches-peers")
        go_server = build_go(folder.parent)
    places = Places(folder, target() / "release", go_server)
    say(f"a store with {arguments.classes:,} classes, filled at the first run")
    run(places.rig, "prepare", folder, str(arguments.classes))
    return places


def measure_servers(places, loader, key, pace, short):
    running = servers.Servers(places, loader, key)
    try:
        running.start()
        return {request: running.measure(request, pace) for request in servers.scenarios(short)}
    finally:
        running.stop()


def prepare_replies(places, loader, key):
    """The client's server answers with a prepared reply, too."""
    if not (places.folder / "replies" / "validate.bin").exists():
        running = servers.Servers(places, loader, key)
        try:
            running.start()
        finally:
            running.stop()


def measure(arguments, places):
    """Runs the groups that are asked for; returns sections of Markdown, and the goals."""
    groups = arguments.groups or GROUPS
    key = "runnerconf_" + secrets.token_urlsafe(32)
    loader = Loader(places.folder / "requests", key)
    pace = Pace(3, 0.2) if arguments.short else Pace(arguments.rounds, arguments.seconds)
    reached, sections, results = goals.Goals(), {}, {}

    if "servers" in groups:
        results["servers"] = found = measure_servers(places, loader, key, pace, arguments.short)
        sections["servers"] = servers.report(found)
        reached.of_servers(found)
        if not arguments.short:
            servers.plot(found, BENCHES / "plots")
    if "codecs" in groups:
        found = micro.codecs(places, pace)
        sections["codecs"] = micro.report(found)
        reached.of_pairs(found, goals.OF_CODECS)
    if "sqlite" in groups:
        found, open_loop = micro.sqlite(places, loader, key, pace)
        sections["sqlite"] = micro.report(found)
        if "servers" in results:
            reached.of_added_read(results["servers"], found)
        reached.of_pairs(found, goals.OF_SQLITE)
        reached.of_open_loop(*open_loop)
    if "postgres" in groups:
        try:
            found = micro.postgres(places, pace)
        except Missing as missing:
            say(f"without PostgreSQL: {missing}")
        else:
            sections["postgres"] = micro.report(found)
            reached.of_pairs(found, goals.OF_POSTGRES)
    if "client" in groups:
        prepare_replies(places, loader, key)
        found = micro.client(places, pace)
        sections["client"] = micro.report(found)
        reached.of_pairs(found, goals.OF_CLIENT)
    if "start" in groups:
        reached.of_start(*micro.start(places, loader, key, pace.rounds))
    baseline = BENCHES / "instructions.json"
    if baseline.exists():
        reached.of_instructions(json.loads(baseline.read_text(encoding="utf-8")))
    return sections, reached


HEADINGS = {
    "servers": "Servers",
    "codecs": "JSON, beside serde_json with hand-derived structs",
    "sqlite": "SQLite, beside rusqlite alone",
    "postgres": "PostgreSQL, beside tokio-postgres alone",
    "client": "The client, beside its HTTP client",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", choices=[*GROUPS, []], help=f"{', '.join(GROUPS)} [default: all]")
    parser.add_argument("--short", action="store_true", help="a look, in less than three minutes; writes nothing")
    parser.add_argument("--rounds", type=int, default=15, help="at least 5 for results that count")
    parser.add_argument("--seconds", type=float, default=0.15, help="that a contender runs in each round")
    parser.add_argument("--classes", type=int, default=1_000_000, help="that are stored")
    parser.add_argument("--no-build", action="store_true", help="with what was built before")
    arguments = parser.parse_args()
    if arguments.classes < 20_000:
        parser.error("--classes: at least 20000, so that each runner has a full page of them")
    where, started = machine(), time.monotonic()
    try:
        check_tools()
        places = prepare(arguments)
        sections, reached = measure(arguments, places)
    except Missing as missing:
        sys.exit(f"bench: {missing}")
    command = " ".join(["just bench", *sys.argv[1:]])
    head = (
        f"`{command}`, {time.monotonic() - started:.0f} s; {arguments.rounds} rounds, {arguments.seconds} s each.\n"
        f"{where}.\n{versions(BENCHES / 'Cargo.lock')}."
    )
    whole = {"goals": f"## Goals\n\n{head}\n\nMedians, with the smallest and the largest.\n\n{reached.report()}"}
    for name, text in sections.items():
        whole[name] = f"## {HEADINGS[name]}\n\n{head}\n\n{text}"
    for name, text in whole.items():
        print(f"{text}\n")
        # The goals are those of one run: a part of it does not say.
        if not arguments.short and (name != "goals" or not arguments.groups):
            write_section(BENCHES / "RESULTS.md", name, text)


if __name__ == "__main__":
    main()
