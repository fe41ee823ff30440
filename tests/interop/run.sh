#!/usr/bin/env bash
# Drives the server with the official clients. Usage: run.sh [SUITE...]; without names, all suites. See README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${INTEROP_CACHE:-$root/target/interop}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
python=${PYTHON:-python3}

# name | client | path of the base URL | what pytest runs below python/ (or "typescript")
suites=(
  "python-0.11-sync|0.11-sync||behaviours v0_11"
  "python-0.11-async|0.11-async|/api|behaviours v0_11"
  "python-1.2-post|1.2-post|/api|behaviours v1_2"
  "python-1.2-get|1.2-get||behaviours v1_2 v1_2_get"
  "python-1.2-async|1.2-async|/api|behaviours v1_2"
  "python-1.2-json|1.2-json||behaviours v1_2 v1_2_get"
  "python-1.2-grpc|1.2-grpc||behaviours v1_2"
  "python-1.2-grpcweb|1.2-grpcweb|/api|behaviours v1_2"
  "typescript-0.6|0.6||typescript"
  "typescript-0.6-api|0.6|/api|typescript"
)

fail() { echo "interop: $*" >&2; exit 1; }

# A virtual environment per SDK generation: they cannot be installed together.
venv() { # generation
  local dir=$cache/venv-$1 wanted=$here/python/requirements-$1.txt
  if ! cmp -s "$wanted" "$dir/installed.txt"; then
    rm -rf "$dir"
    "$python" -m venv "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$wanted"
    "$dir/bin/pip" check >/dev/null
    cp "$wanted" "$dir/installed.txt"
  fi
}

# The tests stand beside node_modules, where node looks for what they import.
node_project() {
  local dir=$cache/typescript
  mkdir -p "$dir"
  rm -f "$dir"/*.mjs
  cp "$here"/typescript/*.mjs "$here"/typescript/package.json "$here"/typescript/.npmrc "$dir/"
  if ! cmp -s "$here/typescript/package-lock.json" "$dir/installed.json"; then
    cp "$here/typescript/package-lock.json" "$dir/"
    (cd "$dir" && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error)
    cp "$dir/package-lock.json" "$dir/installed.json"
  fi
}

server_binary() {
  if [ -n "${RUNNERCONF_BIN:-}" ]; then
    realpath "$RUNNERCONF_BIN"
    return
  fi
  (
    cd "$root"
    cargo build --release --quiet -p runner-configuration-cli >&2
    cargo metadata --format-version 1 --no-deps |
      "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"] + "/release/runnerconf")'
  )
}

known=$(printf '%s\n' "${suites[@]%%|*}")
for name in "$@"; do
  grep -qxF -- "$name" <<<"$known" || fail "no suite $name; there are:"$'\n'"$known"
done

server=$(server_binary)
[ -x "$server" ] || fail "no server binary at $server"
venv 0.11
venv 1.2
node_project
runs=$cache/runs
rm -rf "$runs"

failed=()
for suite in "${suites[@]}"; do
  IFS='|' read -r name client base_path tests <<<"$suite"
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qxF -- "$name"; then
    continue
  fi
  if [ "$tests" = typescript ]; then
    suite_python=$cache/venv-0.11/bin/python
    command=(node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout
      --test-reporter=junit --test-reporter-destination='{report}' "$cache"/typescript/*.test.mjs)
  else
    suite_python=$cache/venv-${client%%-*}/bin/python
    command=("$suite_python" -B -m pytest -c "$here/python/pytest.ini" '--junitxml={report}')
    for path in $tests; do command+=("$here/python/$path"); done
  fi
  "$suite_python" -B "$here/suite.py" "$name" --client "$client" --base-path "$base_path" \
    --runs "$runs" --server "$server" -- "${command[@]}" || failed+=("$name")
done

"$python" -B "$here/leak_check.py" "$runs" || failed+=("leak check")
[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
echo "interop: all passed"
