"""Runs one suite against a fresh server: suite.py NAME OPTIONS -- COMMAND

With --replicas it is as many servers on one PostgreSQL database, which take connections in turn.

What the suite leaves behind stands in DIR/NAME: the data directory, the same directory as it was
before the server stopped (with a dump of the database, if there is one), the server's output, what every connection carried, the markers that were
sent, and the report.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from nacl.public import PrivateKey

from postgres import Database, DatabaseError
from recording_proxy import RecordingProxy
from sealed_box import load_key

HERE = Path(__file__).resolve().parent
FACTS = json.loads((HERE / "facts.json").read_text())
START_SECONDS = 60
STOP_SECONDS = 30
SUITE_SECONDS = 300


class SuiteError(Exception):
    """The suite could not be run as it should."""


class Server:
    """The server under test, or several replicas of it on one database, with their output in files."""

    def __init__(
        self, binary: Path, run_dir: Path, key: str, database: Database | None, replicas: int
    ) -> None:
        self.data = run_dir / "data"
        self._binary = binary
        self._stdout = run_dir / "server.stdout"
        self._stderr = run_dir / "server.stderr"
        # Each has a data folder of its own; what is stored is in the database, or in the one folder.
        self._store = ["--database", database.url] if database else ["--data", str(self.data)]
        folders = [self.data] + [run_dir / f"data-{n}" for n in range(2, replicas + 1)]
        self._processes: list[subprocess.Popen[bytes]] = []
        for folder in folders:
            command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", folder]
            command += ["--database", database.url] if database else []
            command += [] if self._processes else ["--demo"]
            with self._stdout.open("ab") as stdout, self._stderr.open("ab") as stderr:
                process = subprocess.Popen(
                    command,
                    # The leak check reads what is logged at every level.
                    env=os.environ | {"RUNNERCONF_ADMIN_KEY": key, "RUST_LOG": "trace"},
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                )
            self._processes.append(process)

    def wait_for_ports(self) -> list[int]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ports = re.findall(
                r"^listening on http://127\.0\.0\.1:(\d+)\n", self._stdout.read_text(), re.MULTILINE
            )
            if len(ports) == len(self._processes):
                return [int(port) for port in ports]
            for process in self._processes:
                if (code := process.poll()) is not None:
                    raise SuiteError(
                        f"the server ended with {code}: {self._stderr.read_text()[-500:]}"
                    )
            time.sleep(0.02)
        raise SuiteError(f"the server did not say that it listens within {START_SECONDS} s")

    def apply_runner(self, file: Path) -> None:
        subprocess.run(
            [self._binary, "runner", "apply", "-f", file, *self._store],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def list_audit(self, file: Path) -> None:
        with file.open("wb") as stdout:
            subprocess.run(
                [self._binary, "audit", "list", *self._store],
                check=True,
                stdout=stdout,
            )

    def stop(self) -> int:
        """The exit code of all, or the first that is not 0."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        try:
            codes = [process.wait(STOP_SECONDS) for process in self._processes]
        except subprocess.TimeoutExpired:
            for process in self._processes:
                process.kill()
                process.wait()
            raise SuiteError(
                f"the server did not stop within {STOP_SECONDS} s of SIGTERM"
            ) from None
        return next((code for code in codes if code), 0)


def register_runners(server: Server, run_dir: Path) -> None:
    """Registers the runners of facts.json; keys/NAME.key is the private key of runner NAME."""
    keys = run_dir / "keys"
    keys.mkdir()
    demo_key = server.data / "demo-runner.key"
    if (mode := stat.S_IMODE(demo_key.stat().st_mode)) != 0o600:
        raise SuiteError(f"{demo_key.name} has mode {mode:o}")
    load_key(demo_key)
    shutil.copy(demo_key, keys / "demo.key")
    for name, facts in FACTS["runners"].items():
        if facts.get("registered_by"):
            continue
        runner = {
            "id": facts["id"],
            "name": name,
            "kind": facts["kind"],
            "provider": facts["provider"],
        }
        if facts["key"]:
            private = PrivateKey.generate()
            (keys / f"{name}.key").write_text(base64.b64encode(bytes(private)).decode())
            runner["publicKey"] = base64.b64encode(bytes(private.public_key)).decode()
        if facts["schema"]:
            runner["schema"] = FACTS["schema"]
        file = run_dir / f"runner-{name}.yaml"
        file.write_text(json.dumps(runner, indent=2))  # JSON is YAML
        server.apply_runner(file)


def counts(report: Path) -> dict[str, int]:
    result = {"passed": 0, "failed": 0, "skipped": 0}
    for case in ElementTree.parse(report).iter("testcase"):
        outcome = {child.tag for child in case}
        result[
            "failed"
            if outcome & {"failure", "error"}
            else "skipped"
            if "skipped" in outcome
            else "passed"
        ] += 1
    return result


def run_command(command: list[str], environment: dict[str, str]) -> int:
    """Runs the suite itself, and ends it with all its children where it goes on for too long."""
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        return process.wait(SUITE_SECONDS)
    except subprocess.TimeoutExpired:
        raise SuiteError(f"the suite did not end within {SUITE_SECONDS} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run(arguments: argparse.Namespace) -> bool:
    run_dir = arguments.runs / arguments.name
    shutil.rmtree(run_dir, ignore_errors=True)
    run_dir.mkdir(parents=True)
    report = run_dir / "report.xml"
    key = f"{FACTS['marker_prefix']}{secrets.token_hex(16)}"
    (run_dir / "markers.jsonl").write_text(json.dumps({"kind": "admin_key", "marker": key}) + "\n")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Database()) if arguments.replicas else None
        return run_against(arguments, run_dir, report, key, database)


def run_against(
    arguments: argparse.Namespace, run_dir: Path, report: Path, key: str, database: Database | None
) -> bool:
    server = Server(arguments.server, run_dir, key, database, arguments.replicas or 1)
    try:
        proxy = RecordingProxy(server.wait_for_ports(), run_dir)
        register_runners(server, run_dir)
        began = time.monotonic()
        returncode = run_command(
            [word.replace("{report}", str(report)) for word in arguments.command],
            {
                "INTEROP_BASE_URL": f"http://127.0.0.1:{proxy.port}{arguments.base_path}",
                "INTEROP_CLIENT": arguments.client,
                "INTEROP_DIR": str(HERE),
                "INTEROP_KEY": key,
                "INTEROP_PYTHON": sys.executable,
                "INTEROP_RUN_DIR": str(run_dir),
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
            },
        )
        seconds = time.monotonic() - began
        proxy.close()
        server.list_audit(run_dir / "audit.jsonl")
        shutil.copytree(server.data, run_dir / "data-live")
        if database:
            database.dump(run_dir / "data-live" / "database.sql")
    finally:
        exit_code = server.stop()
    if database:
        database.dump(run_dir / "data" / "database.sql")
    if not report.exists():
        raise SuiteError(f"the suite ended with {returncode} and left no report")
    count = counts(report)
    spread = " and ".join(str(number) for number in proxy.connections)
    print(
        f"interop {arguments.name}: {count['passed']} passed, {count['failed']} failed,"
        f" {count['skipped']} skipped in {seconds:.1f} s; server exit code {exit_code}"
        + (f"; {spread} connections to {arguments.replicas} replicas" if database else ""),
        flush=True,
    )
    return (
        returncode == 0
        and all(proxy.connections)
        and exit_code == 0
        and count["passed"] > 0
        and not count["failed"]
        and not count["skipped"]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument(
        "--client", required=True, help="which official client, for the suite to choose"
    )
    parser.add_argument("--base-path", default="", help="path prefix of the base URL, such as /api")
    parser.add_argument(
        "--replicas", type=int, default=0, help="as many servers on one PostgreSQL database"
    )
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--server", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    try:
        return 0 if run(arguments) else 1
    except (SuiteError, DatabaseError, OSError, subprocess.CalledProcessError) as error:
        print(
            f"interop {arguments.name}: {error} (see {arguments.runs / arguments.name})",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
