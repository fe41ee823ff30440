#!/usr/bin/env bash
# Whether what the crates offer is compatible with a release, by the version that they have now: cargo-semver-checks.
# Usage: semver.sh [REVISION]; without one, the newest release tag (v1.2.3).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

baseline=${1:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || true)}
if [ -z "$baseline" ]; then
  echo "there is no release yet to compare with; semver.sh REVISION compares with a commit" >&2
  exit 0
fi
cargo semver-checks --version >/dev/null 2>&1 || {
  echo "install cargo-semver-checks first: cargo install cargo-semver-checks --locked" >&2
  exit 1
}
# Those with a library that is published.
crates=$(cargo metadata --format-version=1 --no-deps --locked | "${PYTHON:-python3}" -c '
import json, sys
for crate in json.load(sys.stdin)["packages"]:
    if crate["publish"] is None and any("lib" in target["kind"] for target in crate["targets"]):
        print("--package=" + crate["name"])
')
# One word each.
# shellcheck disable=SC2086
cargo semver-checks check-release --baseline-rev "$baseline" --all-features $crates
