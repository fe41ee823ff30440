"""A TCP proxy that writes every byte of both directions to files before it passes them on."""

import contextlib
import itertools
import socket
import threading
from pathlib import Path


class RecordingProxy:
    """Listens on a free local port and keeps connection N in `requests/N.bin`, `replies/N.bin`."""

    def __init__(self, upstream_port: int, record_dir: Path) -> None:
        self._upstream = ("127.0.0.1", upstream_port)
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
            try:
                server = socket.create_connection(self._upstream)
            except OSError:
                client.close()
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target, record in (
                (client, server, self._requests / f"{number}.bin"),
                (server, client, self._replies / f"{number}.bin"),
            ):
                threading.Thread(target=_pump, args=(source, target, record), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, record: Path) -> None:
    with record.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            file.write(chunk)
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
