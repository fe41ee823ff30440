#!/usr/bin/env python3
"""Runs what the README shows, against a fresh server, and compares with what the README says comes back.

Every ```console block is a series of commands (`$ ...`, continued by a backslash or inside quotes) and their output. They run
in one shell. Ids and sealed boxes differ from run to run, and are compared by their form. The ```rust block is the example of
the client that is named. The ```python and ```typescript blocks run when the interpreters with the SDKs are named. Leaving one
out has to be asked for with --without.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from console import Shell, blocks, commands, settled

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1:8080"
CARGO_RUN = re.compile(r"cargo run --release (--quiet )?--(?= )")
# Made anew in every run: ids, and what is sealed or belongs to the demo runner's key.
VOLATILE = [
    (re.compile(r"\b01a[0-9a-f]{5}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r'("encrypted\w+":")[A-Za-z0-9+/=]{64,}"'), r'\1<sealed>"'),
    (re.compile(r"(aws_ec2   )[0-9a-f]{16}\b"), r"\1<fingerprint>"),
    (re.compile(r'"id":"01a[0-9a-f]{2}$'), '"id":"<start of id>'),
]


def page():
    return (ROOT / "README.md").read_text(encoding="utf-8")


class Server:
    """`cargo run --release -- serve --demo`, but for the port."""

    def __init__(self, program, home):
        self.environment = {k: v for k, v in os.environ.items() if k not in ("RUNNERCONF_ADMIN_KEY", "XDG_DATA_HOME")}
        self.environment["HOME"] = home
        command = [program, "serve", "--demo", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        line = self.process.stdout.readline().strip()
        if not line.startswith("listening on http://"):
            sys.exit(f"the server wrote {line!r}")
        self.address = line.removeprefix("listening on http://")
        key = pathlib.Path(home, ".local/share/runnerconf/admin.key").read_text(encoding="utf-8")
        self.environment["KEY"] = key.strip()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


def check_console(server, program):
    """Returns how many commands ran and how many of them differ."""
    environment = {k: v for k, v in server.environment.items() if k != "KEY"}
    shell = Shell(ROOT, environment)
    count = failed = 0
    for block in blocks(page(), "console"):
        for command, expected in commands(block):
            if command in ("cargo run --release -- serve --demo", "cargo test"):
                continue
            count += 1
            runnable = CARGO_RUN.sub(program, command).replace(ADDRESS, server.address)
            actual = shell.run(runnable)
            if [settled(line, VOLATILE) for line in actual] != [settled(line, VOLATILE) for line in expected]:
                failed += 1
                print(f"README differs:\n$ {command}\nexpected: {expected}\nfound:    {actual}\n")
    return count, failed


def check_programme(language, interpreter, suffix, folder, server):
    failed = 0
    programmes = blocks(page(), language)
    for programme in programmes:
        with tempfile.NamedTemporaryFile("w", suffix=suffix, dir=folder, encoding="utf-8") as file:
            file.write(programme.replace(ADDRESS, server.address))
            file.flush()
            result = subprocess.run([interpreter, file.name], env=server.environment, capture_output=True, text=True)
        if (result.returncode, result.stdout) != (0, "Large Instance\n"):
            failed += 1
            print(f"the {language} programme of the README printed {result.stdout!r}\n{result.stderr}")
    return len(programmes), failed


def check_rust(example, server):
    """The ```rust block is an example of the client, built beforehand; only the environment says which server it is for."""
    source = ROOT / "crates/client/examples" / (pathlib.Path(example).name + ".rs")
    shown = blocks(page(), "rust,no_run")
    # But for what the project's own lints want.
    text = re.sub(r"^#!\[expect\(.*\)\]\n\n", "", source.read_text(encoding="utf-8"), flags=re.M)
    if shown != [text]:
        print(f"the rust programme of the README is not {source}")
        return 1, 1
    environment = server.environment | {"ONA_BASE_URL": f"http://{server.address}", "ONA_API_KEY": server.environment["KEY"]}
    result = subprocess.run([example], env=environment, capture_output=True, text=True)
    if result.returncode != 0 or not result.stdout.endswith("  Large Instance\n"):
        print(f"the rust programme of the README printed {result.stdout!r}\n{result.stderr}")
        return 1, 1
    return 1, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the program runnerconf")
    parser.add_argument("--python", help="a Python that has gitpod-sdk 0.x")
    parser.add_argument("--node-modules", help="the folder whose node_modules have @gitpod/sdk 0.x")
    parser.add_argument("--rust", help="the example list_environment_classes of the client, built")
    parser.add_argument("--without", action="append", default=[], choices=["python", "rust", "typescript"])
    arguments = parser.parse_args()
    given = {"python": arguments.python, "rust": arguments.rust, "typescript": arguments.node_modules}
    for language, given in given.items():
        if not given and language not in arguments.without:
            parser.error(f"how to run {language} is not given; --without {language} leaves it out")
    program = str(pathlib.Path(arguments.server).resolve())
    with tempfile.TemporaryDirectory() as home:
        server = Server(program, home)
        try:
            counts = [check_console(server, program)]
            if arguments.rust:
                counts.append(check_rust(str(pathlib.Path(arguments.rust).resolve()), server))
            if arguments.python:
                counts.append(check_programme("python", arguments.python, ".py", None, server))
            if arguments.node_modules:
                # Without types in them, the programmes are JavaScript as well.
                counts.append(check_programme("typescript", "node", ".mjs", arguments.node_modules, server))
        finally:
            status = server.stop()
    failed = sum(failures for _, failures in counts) + (status != 0)
    if any(count == 0 for count, _ in counts):
        sys.exit("the README has no commands: the check has lost its way")
    print(f"README: {sum(count for count, _ in counts) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
