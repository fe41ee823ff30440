"""benches/RESULTS.md: sections between markers, each written by whoever measures it."""

import os
import platform
import re
import subprocess
from pathlib import Path

TITLE = """# Results

What was measured, and with which command. Machines drift: only the ratios of one run mean anything, and under 20 % is a tie.
Each section is written by its command; other sections stay as they are.
"""


def write_section(file, name, text):
    """Replaces the section, or adds it at the end."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}\n"
    whole = file.read_text(encoding="utf-8") if file.exists() else TITLE
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end) + "\n", re.DOTALL)
    if pattern.search(whole):
        whole = pattern.sub(lambda _: section, whole)
    else:
        whole = f"{whole.rstrip()}\n\n{section}"
    file.write_text(whole, encoding="utf-8")


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine():
    """The machine in general terms: nothing that names it."""
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}; load of {load:.1f} at the start"
    )


def _first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return (done.stdout or done.stderr).splitlines()[0].strip() if done.stdout or done.stderr else None


def versions(lock: Path):
    """Of what is compared, and of what compares."""
    text = lock.read_text(encoding="utf-8")
    found = [_first_line("rustc", "--version"), _first_line("h2load", "--version")]
    for crate in ["connectrpc", "tonic", "axum", "hyper", "rusqlite", "tokio-postgres", "reqwest", "serde_json"]:
        version = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', text)
        if version:
            found.append(f"{crate} {version[1]}")
    go_mod = lock.parent / "go" / "go.mod"
    for module, name in [("connectrpc.com/connect", "connect-go"), ("google.golang.org/grpc", "grpc-go")]:
        version = re.search(rf"{re.escape(module)} (v\S+)", go_mod.read_text(encoding="utf-8"))
        if version:
            found.append(f"{name} {version[1]}")
    found.append(_first_line("go", "version") or "no Go")
    return ", ".join(version for version in found if version)
