#!/usr/bin/env python3
"""Counts the instructions of hot paths in callgrind, and compares them with instructions.json.

    instructions.py            prints them
    instructions.py --check    fails where one is more than 3 % above the baseline
    instructions.py --update   makes them the baseline

A baseline counts for its architecture, its rustc and its callgrind only; elsewhere --check says that nothing was compared.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from harness.build import BENCHES, ROOT, cargo_build, target
from harness.processes import Missing

BASELINE = BENCHES / "instructions.json"
CALLS = 300
LIMIT = 1.03


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def conditions():
    """What the figures depend on beside the code."""
    rustc = output("rustc", "--version").split()[1]
    return {"arch": platform.machine(), "rustc": rustc, "callgrind": output("valgrind", "--version").strip()}


def build():
    try:
        cargo_build("--package", "benches-instructions", cwd=ROOT, profile="quick")
    except Missing as missing:
        sys.exit(str(missing))
    return target() / "quick" / "benches-instructions"


def count(program, path):
    """Instructions of one call."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--toggle-collect=*benches_instructions*measured*"]
        command += [f"--callgrind-out-file={folder}/out", str(program), path, str(CALLS)]
        # Nothing of the caller's environment is to change what is logged.
        environment = {name: value for name, value in os.environ.items() if name != "RUST_LOG"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not collected or int(collected[1]) == 0:
        sys.exit(f"{path}: callgrind has counted nothing:\n{done.stderr[-2000:]}")
    return round(int(collected[1]) / CALLS)


def check(found, now):
    if not BASELINE.exists():
        sys.exit("there is no baseline: instructions.py --update makes one")
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    if baseline["conditions"] != now:
        print("=" * 100)
        print("NOT COMPARED: the baseline was counted under other conditions. --update makes a new one here.")
        print(f"baseline: {baseline['conditions']}\nhere:     {now}")
        print("=" * 100)
        return
    if set(found) != set(baseline["instructions"]):
        sys.exit("the baseline has other paths: instructions.py --update")
    worse = []
    for path, instructions in found.items():
        before = baseline["instructions"][path]
        if instructions > before * LIMIT:
            worse.append(f"{path}: {instructions:,} instructions, {instructions / before - 1:+.1%} ({before:,} before)")
        elif instructions * LIMIT < before:
            print(f"{path} is better by {1 - instructions / before:.1%}: instructions.py --update keeps it so")
    if worse:
        sys.exit("more than 3 % above the baseline:\n" + "\n".join(worse))
    print("none is more than 3 % above the baseline")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed (Debian: apt-get install valgrind)")
    program = build()
    now = conditions()
    found = {}
    for path in output(str(program), "list", "0").split():
        found[path] = count(program, path)
        print(f"{path:30} {found[path]:>12,}", flush=True)
    if arguments.update:
        BASELINE.write_text(json.dumps({"conditions": now, "instructions": found}, indent=2) + "\n", encoding="utf-8")
    if arguments.check:
        check(found, now)


if __name__ == "__main__":
    main()
