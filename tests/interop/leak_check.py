"""Looks for the secrets that the suites sent where they must not be: leak_check.py RUNS_DIR

Every secret is a marker, `leak-marker-<uuid>`, so the prefix alone gives any of them away, even one
that was cut off. It is searched raw, in hex, and in base64 at all three alignments: in the data
directory (as it was before and after the server stopped: database, write-ahead log), in what the
server logged at level trace, in what `runnerconf audit list` shows, in the bytes of all replies
(also without chunking and gzip), and in what the clients made of them. A search that finds nothing
proves something only if it can find: so secrets of every kind must be seen on their way to the
server, and planted markers must be reported.
"""

import base64
import gzip
import json
import re
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

MARKER_PREFIX: str = json.loads((Path(__file__).resolve().parent / "facts.json").read_text())[
    "marker_prefix"
]
SECRET_KINDS = {"token", "refresh_token", "oauth_plaintext_client_secret", "secret_class_field"}
# Of the RPCs that came after 0.11.
LLM_SECRET_KINDS = {"api_key", "llm_header_value"}
WITHOUT_LLM = ("python-0.11", "typescript-0.6")
WHERE = (
    "data",
    "data-live",
    "audit.jsonl",
    "server.stdout",
    "server.stderr",
    "replies",
    "seen-by-client.jsonl",
)


class UnreadableError(Exception):
    """A recording that the check cannot read, and so cannot vouch for."""


def base64_core(text: bytes, alignment: int, encode: Callable[[bytes], bytes]) -> bytes:
    """What base64 makes of the text alone, `alignment` bytes into a group of three."""
    encoded = encode(b"\0" * alignment + text)
    return encoded[-(-alignment * 8 // 6) : (alignment + len(text)) * 8 // 6]


def encodings(text: str) -> dict[str, bytes]:
    raw = text.encode()
    forms = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for alignment in range(3):
            forms[f"{name}+{alignment}"] = base64_core(raw, alignment, encode)
    return forms


PATTERNS = encodings(MARKER_PREFIX)


def http_bodies(stream: bytes) -> Iterator[bytes]:
    """The bodies of the HTTP/1.1 messages in one direction, without chunking and gzip.

    The last one may be cut off, where the connection was.
    """
    rest = stream
    while rest.startswith((b"HTTP/", b"POST ", b"GET /")):
        head, _, rest = rest.partition(b"\r\n\r\n")
        head = head.lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            body, rest = without_chunks(rest)
        else:
            length = re.search(rb"\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            body, rest = rest[:size], rest[size:]
        if b"\r\ncontent-encoding: gzip" in head:
            body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body)
        yield body
    if rest:
        raise ValueError(f"{rest[:20]!r} begins no message")


def without_chunks(stream: bytes) -> tuple[bytes, bytes]:
    """The body that the stream starts with in chunks, and what follows it."""
    body = b""
    while stream:
        size_line, _, stream = stream.partition(b"\r\n")
        size = int(size_line.split(b";")[0], 16)
        if not size:
            _, _, stream = stream.partition(b"\r\n")  # no trailers are sent
            break
        body += stream[:size]
        stream = stream[size + 2 :]
    return body, stream


def speaks_http2(recording: Path) -> bool:
    """Whether the connection carries the frames of HTTP/2, which are read as they are."""
    requests = recording.parent.parent / "requests" / recording.name
    return requests.exists() and requests.read_bytes().startswith(b"PRI * HTTP/2.0")


def readings(file: Path) -> Iterator[bytes]:
    """The file as it is, and the bodies in it where it holds HTTP/1.1."""
    content = file.read_bytes()
    yield content
    if file.parent.name in ("requests", "replies") and not speaks_http2(file):
        try:
            yield from http_bodies(content)
        except (ValueError, zlib.error) as error:
            raise UnreadableError(f"{file} is not HTTP/1.1 throughout: {error}") from error


def files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (file for file in sorted(place.rglob("*")) if file.is_file())
    elif place.exists():
        yield place


def leaks(place: Path) -> list[str]:
    """Each file below `place` with a marker in it, and the marker's form."""
    return [
        f"{file}: a marker in {form} form at byte {reading.index(pattern)}"
        for file in files(place)
        for reading in readings(file)
        for form, pattern in PATTERNS.items()
        if pattern in reading
    ]


def sent(run: Path) -> list[dict[str, str]]:
    """The markers that went to the server: not all do, a test may leave one out on purpose."""
    requests = b"\n".join(reading for file in files(run / "requests") for reading in readings(file))
    markers = [json.loads(line) for line in (run / "markers.jsonl").read_text().splitlines()]
    return [m for m in markers if any(form in requests for form in encodings(m["marker"]).values())]


def unsound(run: Path) -> list[str]:
    """Why a clean search of this run would prove nothing."""
    problems = [f"{run / place} is missing" for place in WHERE if not (run / place).exists()]
    markers = [json.loads(line) for line in (run / "markers.jsonl").read_text().splitlines()]
    problems += [
        f"{run}: {m['marker']} lacks the prefix"
        for m in markers
        if not m["marker"].startswith(MARKER_PREFIX)
    ]
    expected = SECRET_KINDS | (set() if run.name.startswith(WITHOUT_LLM) else LLM_SECRET_KINDS)
    problems += [
        f"{run}: no {kind} reached the server"
        for kind in sorted(expected - {m["kind"] for m in sent(run)})
    ]
    if b" TRACE " not in (run / "server.stderr").read_bytes():
        problems.append(f"{run / 'server.stderr'} is no log at level trace")
    if b'"CreateHostAuthenticationToken"' not in (run / "audit.jsonl").read_bytes():
        problems.append(f"{run / 'audit.jsonl'} does not show what was changed")
    problems += problems_of_data(run)
    if not any(f.stat().st_size for f in files(run / "replies")):
        problems.append(f"{run / 'replies'} is empty")
    return problems


def problems_of_data(run: Path) -> list[str]:
    """Why what was looked through is not all that was stored."""
    if (run / "data" / "database.sql").exists():
        return [
            f"{dump} is no dump with what was changed"
            for dump in (run / "data" / "database.sql", run / "data-live" / "database.sql")
            if b"CreateHostAuthenticationToken" not in dump.read_bytes()
        ]
    problems = []
    databases = [f for f in files(run / "data") if f.read_bytes().startswith(b"SQLite format 3\0")]
    if not databases:
        problems.append(f"{run / 'data'} holds no database")
    if not any((run / "data-live").rglob("*-wal")):
        problems.append(f"{run / 'data-live'} holds no write-ahead log")
    return problems


def chunked_gzip_reply(body: bytes) -> bytes:
    packed = gzip.compress(body)
    chunks = [packed[:7], packed[7:]]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}" + head + framed


def missed_plants(run: Path) -> list[str]:
    """The planted markers that the search does not find in copies of what the run left behind."""
    marker = f"{MARKER_PREFIX}00000000-0000-4000-8000-000000000000"
    originals = [
        f for place in WHERE if place != "replies" for f in files(run / place) if f.suffix != ".key"
    ]
    originals.append(max(files(run / "replies"), key=lambda file: file.stat().st_size))
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        packed = Path(scratch) / "replies" / "packed.bin"
        packed.parent.mkdir()
        for form, planted in encodings(marker).items():
            for original in originals:
                content = original.read_bytes()
                middle = len(content) // 2
                copy.write_bytes(content[:middle] + planted + content[middle:])
                if not leaks(copy):
                    missed.append(f"{original}: planted in {form} form")
            packed.write_bytes(chunked_gzip_reply(b'{"token":{"host":"' + planted + b'"}}'))
            if not leaks(packed):
                missed.append(f"a compressed reply in chunks: planted in {form} form")
    return missed


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: leak_check.py RUNS_DIR", file=sys.stderr)
        return 2
    runs = sorted(
        run for run in Path(sys.argv[1]).resolve().iterdir() if (run / "markers.jsonl").exists()
    )
    if not runs:
        print(f"leak check: no runs in {sys.argv[1]}", file=sys.stderr)
        return 1
    try:
        found = [leak for run in runs for place in WHERE for leak in leaks(run / place)]
        vacuous = [problem for run in runs for problem in unsound(run)]
        missed = [] if vacuous else missed_plants(runs[0])
    except UnreadableError as error:
        print(f"leak check: {error}", file=sys.stderr)
        return 1
    for line in [*found, *vacuous, *(f"not found: {plant}" for plant in missed)]:
        print(f"leak check: {line}", file=sys.stderr)
    markers = sum(len(sent(run)) for run in runs)
    searched = sum(1 for run in runs for place in WHERE for _ in files(run / place))
    print(
        f"interop leak check: {markers} markers sent, {searched} files of {len(runs)} runs,"
        f" {len(found)} leaks, {len(vacuous)} unsound, {len(missed)} planted markers missed"
    )
    return 1 if found or vacuous or missed else 0


if __name__ == "__main__":
    sys.exit(main())
