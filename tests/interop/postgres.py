"""A PostgreSQL server for one suite: in a temporary folder, reachable through a socket there."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = ("initdb", "pg_ctl", "pg_dump")


class DatabaseError(Exception):
    """There is no database to test with."""


class Database:
    """An empty database on a server of its own, which ends with the context."""

    def __init__(self) -> None:
        self._programs = installed()
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.url = f"postgres:///postgres?host={self._folder}&user=postgres"

    def __enter__(self) -> "Database":
        self._folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        data = str(self._folder / "data")
        initdb = ["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
        try:
            self._run("initdb", *initdb, "-D", data)
            options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
            log = str(self._folder / "log")
            self._run("pg_ctl", "-w", "-D", data, "-l", log, "-o", options, "start")
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-w", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def dump(self, file: Path) -> None:
        """Writes everything that is stored, in SQL. What is stored as bytes is in hex."""
        dump = ["-h", str(self._folder), "-U", "postgres", "postgres"]
        file.write_bytes(self._run("pg_dump", *dump))

    def _run(self, program: str, *arguments: str) -> bytes:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:  # which the server refuses to run as
            command = ["runuser", "-u", "postgres", "--", *command]
        # What pg_ctl starts keeps its output: a pipe would never end.
        stdout = subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE
        run = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL
        )
        if run.returncode:
            raise DatabaseError(f"{program} ended with {run.returncode}")
        return run.stdout or b""


def installed() -> Path:
    """The folder of the server's programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    for folder in folders:
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise DatabaseError(
        "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)"
    )
