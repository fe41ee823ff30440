#!/usr/bin/env python3
"""Does what docs/production.md says, as it stands there, and compares with what it says comes back.

A folder stands for each machine: absolute paths of the page are below it, and a program takes systemctl's place (./systemctl).
The names of the page lead to ports of this machine; a PostgreSQL of its own, with TLS and passwords, is there for the run.
Beside the page's own words, it sees to what a reader can't paste: a second server, somebody who calls through a load balancer while
servers are restarted, a server that drains, and, where Prometheus is installed, the queries of the dashboard.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE.parent / "readme"))

from balancer import Caller  # noqa: E402
from console import Shell, commands, settled  # noqa: E402
from dashboard import check_dashboard  # noqa: E402
from database import HOST, Database  # noqa: E402
from draining import check_draining  # noqa: E402

PAGE = ROOT / "docs/production.md"
NAME = "runnerconf.example.com:8443"
METRICS = "127.0.0.1:9464"
# What the page means to be done on all machines, one after the other.
EVERYWHERE = ("systemctl stop runnerconf", "systemctl start runnerconf")
EVERYWHERE_IN = ("Upgrades and restarts",)
VOLATILE = [
    (re.compile(r"\b01a[0-9a-f]{5}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r'"request_id":"[0-9a-f-]+"'), '"request_id":"<id>"'),
    (re.compile(r'("duration\w*":)[0-9.e-]+'), r"\1<time>"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """A folder, and ports in place of those of the page."""

    def __init__(self, root, work, database, tools):
        self.root = root
        self.database = database
        self.port = free_port()
        self.metrics = free_port()
        root.mkdir(mode=0o755)
        for folder in ("usr", "run", "home"):
            (root / folder).mkdir(mode=0o755)
        curl = f'connect-to = "{NAME}:127.0.0.1:{self.port}"\nnoproxy = "*"\n'
        (root / "home/.curlrc").write_text(curl, encoding="utf-8")
        passwords = root / "home/.pgpass"
        passwords.write_text(f"*:*:*:postgres:{database.password}\n", encoding="utf-8")
        passwords.chmod(0o600)
        self.environment = {
            "PATH": f"{root}/usr/bin:{tools}:{database.programs}:{os.environ['PATH']}",
            "HOME": f"{root}/home",
            "CURL_HOME": f"{root}/home",
            "MACHINE": str(root),
            "LC_ALL": "C.UTF-8",
        }
        self.shell = Shell(work, self.environment)

    def here(self, text):
        """The text of the page, for this machine."""
        text = re.sub(r"(?<![\w./])/(?=(etc|usr|var)\b)", f"{self.root}/", text)
        text = re.sub(rf"(postgres://\w+@{re.escape(HOST)})(/\w+)", rf"\1:{self.database.port}\2?hostaddr=127.0.0.1", text)
        text = text.replace(METRICS, f"127.0.0.1:{self.metrics}").replace("0.0.0.0:8443", f"127.0.0.1:{self.port}")
        if text.startswith("grpcurl "):
            text = text.replace(NAME, f"-authority {NAME.partition(':')[0]} 127.0.0.1:{self.port}")
        return text

    def write(self, block):
        """A file of the page, whose name is in its first line."""
        path = pathlib.Path(self.here(block.partition("\n")[0].removeprefix("# ")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(block), encoding="utf-8")

    def copy(self, other):
        """What the page wants copied to another machine."""
        shutil.copytree(other.root / "usr", self.root / "usr", dirs_exist_ok=True)
        for folder in ("etc/runnerconf", "etc/systemd/system/runnerconf.service.d"):
            shutil.copytree(other.root / folder, self.root / folder)
        replaced = {str(other.root): str(self.root), f":{other.port}": f":{self.port}", f":{other.metrics}": f":{self.metrics}"}
        for path in (self.root / "etc").rglob("*.*"):
            if path.suffix in (".toml", ".conf"):
                text = path.read_text(encoding="utf-8")
                for old, new in replaced.items():
                    text = text.replace(old, new)
                path.write_text(text, encoding="utf-8")

    def log(self):
        journal = self.root / "journal"
        return journal.read_text(encoding="utf-8") if journal.exists() else ""


class Walk:
    """The way through the page."""

    def __init__(self, machines):
        self.machines = machines
        self.first, self.second = machines
        self.count = self.failed = 0

    def expect(self, what, holds):
        self.count += 1
        if not holds:
            self.failed += 1
            print(f"does not hold: {what}")

    def run(self, machine, command, expected):
        self.count += 1
        actual = machine.shell.run(machine.here(command))
        wanted = [settled(machine.here(line), VOLATILE) for line in expected]
        if [settled(line, VOLATILE) for line in actual] != wanted or machine.shell.status:
            self.failed += 1
            print(f"{PAGE.name} differs:\n$ {command}\nexpected: {expected}\nfound:    {actual}, status {machine.shell.status}\n")

    def section(self, title, text):
        for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            if kind != "console":
                self.first.write(block)
                continue
            for command, expected in commands(block):
                # What is to be done everywhere is done on one machine after the other, below, if it is a whole section.
                everywhere = command in EVERYWHERE and title not in EVERYWHERE_IN
                for machine in self.machines if everywhere else self.machines[:1]:
                    self.run(machine, command, expected)
        if title == "More servers":
            self.second.copy(self.first)
            self.run(self.second, "systemctl start runnerconf", [])
            self.run(self.second, f"curl --silent --fail --retry 30 --retry-delay 1 --retry-connrefused http://{METRICS}/readyz", ["ready"])

    def whole(self, folder):
        parts = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for title, text in zip(parts[1::2], parts[2::2], strict=True):
            if title not in EVERYWHERE_IN:
                self.section(title, text)
                continue
            with Caller(folder, self.machines) as caller:
                self.section(title, text)
                self.machines.reverse()
                self.section(title, text)
                self.machines.reverse()
            self.expect(f"{len(caller.failures)} of {caller.count} calls failed: {caller.failures[:3]}", not caller.failures)
            self.expect("calls were made during the restarts", caller.count > 50)


def secrets_of(machine):
    """What no log may hold."""
    folder = machine.root / "etc/runnerconf"
    yield (folder / "database-password").read_text(encoding="utf-8").strip()
    yield (folder / "environment").read_text(encoding="utf-8").strip().partition("=")[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", required=True, type=pathlib.Path, help="what packaging/archive.sh made")
    arguments = parser.parse_args()
    # What was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if not shutil.which("grpcurl"):
        parser.error("grpcurl is not in PATH: tests/interop/run.sh grpcurl installs it into target/interop")
    with tempfile.TemporaryDirectory(prefix="production-") as name:
        top = pathlib.Path(name)
        top.chmod(0o755)
        work, tools = top / "work", top / "tools"
        for folder in (work, tools):
            folder.mkdir(mode=0o755)
        for program in ("systemctl", "journalctl"):
            (tools / program).symlink_to(HERE / "systemctl")
        for suffix in ("", ".sha256"):
            shutil.copy(f"{arguments.archive}{suffix}", work)
        with Database(top / "database", free_port()) as database:
            shutil.copy(database.authority, work / "database-ca.crt")
            machines = [Machine(top / name, work, database, tools) for name in ("a", "b")]
            walk = Walk(machines)
            try:
                walk.whole(work)
                connections = database.sql(
                    "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'runnerconf'"
                )
                walk.expect("all connections to the database have TLS", connections == "t")
                check_dashboard(walk, work, top / "prometheus", machines, database)
                check_draining(walk, work, machines[1])
                for machine in machines:
                    leaked = [secret for secret in secrets_of(machine) if secret in machine.log()]
                    walk.expect("no secret is in the log", not leaked)
            except BaseException:
                for machine in machines:
                    print(f"the last of the log of {machine.root.name}:", *machine.log().splitlines()[-20:], sep="\n")
                raise
            finally:
                for machine in machines:
                    subprocess.run(["systemctl", "kill", "runnerconf"], env=machine.environment, check=False)
    print(f"{PAGE.name}: {walk.count - walk.failed} passed, {walk.failed} failed")
    sys.exit(walk.failed > 0)


if __name__ == "__main__":
    main()
