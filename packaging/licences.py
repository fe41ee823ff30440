#!/usr/bin/env python3
"""Prints what runnerconf is made of, with the licences of all of it: the file THIRD-PARTY-LICENSES of a package.

Usage: licences.py TARGET, such as x86_64-unknown-linux-gnu. It follows Cargo.lock: those crates that are part of the program, not
those that only build or test it. Each text is given once, with the crates that it belongs to. It fails where a crate names no
licence.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "runner-configuration-cli"
# As crates name the files in which the texts are, in any case.
NAMES = ("license", "licence", "copying", "copyright", "notice", "unlicense")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: licences.py TARGET")
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={sys.argv[1]}"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
    ours = set(metadata["workspace_members"])
    crates = sorted((crate for crate in linked(metadata, sys.argv[1]) if crate["id"] not in ours), key=lambda crate: (crate["name"], crate["version"]))
    unlicensed = [crate["name"] for crate in crates if not (crate["license"] or crate["license_file"])]
    if unlicensed or not crates:
        sys.exit(f"no licence is known of {', '.join(unlicensed) or 'anything'}")

    print("runnerconf is licensed under the Apache License 2.0: see LICENSE. It contains these crates:\n")
    for crate in crates:
        print(f"{label(crate)}: {crate['license'] or 'see below'} ({crate['repository'] or 'https://crates.io/crates/' + crate['name']})")
    texts = {}
    without = []
    for crate in crates:
        found = sorted(set(texts_of(crate)))
        for text in found:
            texts.setdefault(text, []).append(crate)
        if not found:
            without.append(crate)
    if without:
        print("\nThese come without a text of their own; those of their licences are among the ones below:\n")
        for crate in without:
            print(f"{label(crate)}, by {', '.join(crate['authors']) or 'its authors'}")
    for text, owners in texts.items():
        print("\n" + "=" * 100 + f"\n{', '.join(label(crate) for crate in owners)}\n" + "-" * 100 + f"\n\n{text}")


def linked(metadata, target):
    """The crates that are in the program, with the features that it has; macros are not, as the compiler runs them."""
    command = ["cargo", "tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}", f"--package={PROGRAM}"]
    tree = subprocess.run([*command, f"--target={target}"], check=True, stdout=subprocess.PIPE, cwd=ROOT, text=True).stdout
    names = {tuple(line.split()[:2]) for line in tree.splitlines()}
    return [crate for crate in metadata["packages"] if (crate["name"], "v" + crate["version"]) in names]


def texts_of(crate):
    folder = Path(crate["manifest_path"]).parent
    # Sources in C that come with a crate have theirs beside them.
    paths = [*folder.iterdir(), *folder.rglob("LICENSE*")]
    for path in sorted(set(paths)):
        if path.is_file() and path.name.lower().startswith(NAMES) and path.suffix != ".rs":
            lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            # Where lines end differently, the text is the same.
            yield "\n".join(line.rstrip() for line in lines)


def label(crate):
    return f"{crate['name']} {crate['version']}"


if __name__ == "__main__":
    main()
