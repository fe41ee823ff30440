"""Processes: on which core they run, and how much of it they use."""

import os
import socket
import subprocess
import time
from pathlib import Path


class Missing(Exception):
    """Something that is needed is not installed, or does not work."""


# The server has one core for itself, the load generator another.
SERVER_CORE, LOAD_CORE = 0, 1


def pinned(core, command):
    """The command on this core, where there are enough of them; on any, for `None`."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if core is None or len(cores) < 2:
        return command
    return ["taskset", "-c", str(cores[core]), *command]


def cpu_seconds(pid):
    """User and system time of all threads so far. In nanoseconds where the kernel counts them (schedstat), else in ticks."""
    tasks = Path(f"/proc/{pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
    except FileNotFoundError:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """How much memory it occupies, its program text included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Missing(f"process {pid} has no VmRSS")


def free_port():
    """A port that nobody has, with the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Server:
    """A server that runs; `http2` is where HTTP/2 is spoken, if that is another port."""

    def __init__(self, name, command, port, log, env=None, http2=None):
        self.name, self.port, self.http2 = name, port, http2 or port
        self.log = log
        self.started = time.monotonic()
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                pinned(SERVER_CORE, command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
            )
        self._wait()

    def _wait(self):
        while time.monotonic() < self.started + 60:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.002)
        self.stop()
        raise Missing(f"{self.name} does not start: see {self.log}")

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Meter:
    """A program that measures what it is told to, a line each: `micro`."""

    def __init__(self, command, core=SERVER_CORE):
        self.process = subprocess.Popen(
            pinned(core, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._line()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise Missing(f"{self.process.args} ended with {self.process.wait()}")
        return line

    def ask(self, contender, count):
        """Runs a contender this many times; returns what it says of that, in JSON, and the CPU seconds of its process."""
        # The program waits before and after: what the kernel has counted is complete.
        before = cpu_seconds(self.process.pid)
        self.process.stdin.write(f"{contender} {count}\n")
        self.process.stdin.flush()
        line = self._line()
        return line, cpu_seconds(self.process.pid) - before

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
