"""Building what is measured."""

import os
import re
import subprocess
from pathlib import Path

from .processes import Missing

ROOT = Path(__file__).resolve().parents[2]
BENCHES = ROOT / "benches"


def target():
    """Where cargo puts what it builds. One place for both workspaces: they have most dependencies in common."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()


def run(*command, cwd=ROOT, **env):
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **env}, check=False)
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command))} failed")


def cargo_build(*arguments, cwd=BENCHES, profile="release"):
    """A build by the committed lock file."""
    _compare_profiles()
    run("cargo", "build", "--profile", profile, "--locked", *arguments, cwd=cwd, CARGO_TARGET_DIR=str(target()))


def _compare_profiles():
    """What is compared has to be compiled alike."""
    profiles = []
    for manifest in [ROOT / "Cargo.toml", BENCHES / "Cargo.toml"]:
        block = re.search(r"^\[profile\.release\]\n((?:[^\[].*\n?|\n)*)", manifest.read_text(encoding="utf-8"), re.M)
        lines = block[1].splitlines() if block else []
        profiles.append(sorted(line for line in lines if line and not line.startswith("#")))
    if profiles[0] != profiles[1]:
        raise Missing(f"benches/Cargo.toml has another [profile.release] than Cargo.toml: {profiles[0]} there")
