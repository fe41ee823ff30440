"""A TCP proxy that writes every byte of both directions to files before it passes them on."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable
from pathlib import Path


class RecordingProxy:
    """Listens on a free local port and keeps connection N in `requests/N.bin`, `replies/N.bin`.

    With several servers each connection goes to the next one; and each HTTP/1.1 request has a
    connection of its own, so that a client that keeps connections meets all of them, too.
    """

    def __init__(self, upstream_ports: list[int], record_dir: Path) -> None:
        self._upstreams = [("127.0.0.1", port) for port in upstream_ports]
        self.connections = [0] * len(upstream_ports)
        self._requests = record_dir / "requests"
        self._replies = record_dir / "replies"
        for directory in (self._requests, self._replies):
            directory.mkdir(parents=True)
        self._numbers = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            number = next(self._numbers)
            upstream = number % len(self._upstreams)
            self.connections[upstream] += 1
            try:
                server = socket.create_connection(self._upstreams[upstream])
            except OSError:
                client.close()
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            change = _ask_to_close if len(self._upstreams) > 1 else bytes
            for source, target, record, change_first in (
                (client, server, self._requests / f"{number}.bin", change),
                (server, client, self._replies / f"{number}.bin", bytes),
            ):
                arguments = (source, target, record, change_first)
                threading.Thread(target=_pump, args=arguments, daemon=True).start()


def _ask_to_close(head: bytes) -> bytes:
    """The head of an HTTP/1.1 request, after which the server closes the connection."""
    if head.startswith(b"PRI "):  # HTTP/2
        return head
    return head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)


def _pump(
    source: socket.socket,
    target: socket.socket,
    record: Path,
    change_first: Callable[[bytes], bytes],
) -> None:
    with record.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        if first := change_first(source.recv(65536)):
            file.write(first)
            target.sendall(first)
        while chunk := source.recv(65536):
            file.write(chunk)
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
