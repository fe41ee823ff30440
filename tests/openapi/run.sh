#!/usr/bin/env bash
# Holds docs/openapi.json against its specification, and a served runnerconf against it. Usage: run.sh [BINARY [ARGUMENT...]];
# without a binary, one is built; arguments go to schemathesis. The Python packages are installed into target/openapi.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=$root/target/openapi
document=$root/docs/openapi.json
mkdir -p "$cache"

binary=${1:-}
if [ -z "$binary" ]; then
  (cd "$root" && cargo build --quiet -p runner-configuration-cli)
  binary=${CARGO_TARGET_DIR:-$root/target}/debug/runnerconf
fi

venv=$cache/venv
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi

"$venv/bin/openapi-spec-validator" "$document"
"$venv/bin/python" -B "$here/examples.py" "$document"

data=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$data"' EXIT
"$binary" serve --demo --data "$data" --listen 127.0.0.1:0 >"$data/address" 2>"$data/log" &
server=$!
for _ in $(seq 100); do
  grep -q listening "$data/address" && break
  kill -0 "$server" 2>/dev/null || { cat "$data/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$data/address")

curl -sSf "$url/openapi.json" | cmp - "$document"

cp "$here/schemathesis.toml" "$data/schemathesis.toml"
"$venv/bin/python" -B "$here/fill.py" "$document" "$url" "$data/admin.key" >>"$data/schemathesis.toml"

status=0
RUNNERCONF_KEY=$(cat "$data/admin.key") "$venv/bin/schemathesis" --config-file "$data/schemathesis.toml" run "$document" --url "$url" \
  --phases examples,coverage,fuzzing --no-color "${@:2}" || status=$?
if grep -E ' ERROR |panicked' "$data/log"; then
  echo "the server's log has errors" >&2
  status=1
fi
exit "$status"
