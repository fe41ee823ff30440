#!/usr/bin/env bash
# Drives the server with the official clients and with independent stacks. Usage: run.sh [--replicas N] [SUITE...]; without names, all
# suites; with replicas, against N servers on one PostgreSQL database. See README.md.
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
  "grpcio|grpcio||behaviours v1_2/test_llm_integrations.py independent/test_calls.py independent/test_grpcio.py"
  "connect-es|connect_es||behaviours/test_refusals.py independent/test_calls.py independent/test_connect_es.py"
  "connect-es-api|connect_es|/api|independent/test_calls.py independent/test_connect_es.py"
  "grpcurl|grpcurl||behaviours/test_refusals.py independent/test_calls.py independent/test_grpcurl.py"
)

fail() { echo "interop: $*" >&2; exit 1; }

# A virtual environment for each set of requirements: they cannot be installed together.
venv() { # name
  local dir=$cache/venv-$1 wanted=$here/python/requirements-$1.txt
  if ! cmp -s "$wanted" "$dir/installed.txt"; then
    rm -rf "$dir"
    "$python" -m venv "$dir"
    "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$wanted"
    "$dir/bin/pip" check >/dev/null || fail "what $wanted names does not fit together"
    cp "$wanted" "$dir/installed.txt"
  fi
}

# The programs stand beside node_modules, where node looks for what they import.
node_project() { # name
  local from=$here/$1 dir=$cache/$1
  mkdir -p "$dir"
  rm -f "$dir"/*.mjs
  cp "$from"/*.mjs "$from"/package.json "$from"/.npmrc "$dir/"
  if ! cmp -s "$from/package-lock.json" "$dir/installed.json"; then
    cp "$from/package-lock.json" "$dir/"
    (cd "$dir" && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error)
    cp "$dir/package-lock.json" "$dir/installed.json"
  fi
}

# What the independent stacks generate from the .proto files: protoc_stubs FOLDER OPTION...
protoc_stubs() {
  local folder=$1
  shift
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$root/proto" && find . -name '*.proto' -exec \
    "$cache/venv-independent/bin/python" -m grpc_tools.protoc -I . "$@" {} +)
}

python_stubs() {
  protoc_stubs "$cache/stubs" --python_out="$cache/stubs" --grpc_python_out="$cache/stubs"
}

es_stubs() {
  local project=$cache/connect-es
  protoc_stubs "$project/gen" --plugin="$project/node_modules/.bin/protoc-gen-es" \
    --es_out="$project/gen" --es_opt=target=js,import_extension=js
}

grpcurl() {
  local version=v1.9.3
  export INTEROP_GRPCURL=$cache/grpcurl-$version/grpcurl
  [ ! -x "$INTEROP_GRPCURL" ] || return 0
  command -v go >/dev/null || fail "needs Go, to install grpcurl"
  GOBIN=$(dirname "$INTEROP_GRPCURL") go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$version"
}

# Installs what the suites of a client need, once.
prepared=" "
prepare() { # client
  [[ $prepared != *" $1 "* ]] || return 0
  prepared+="$1 "
  case $1 in
    0.11*) venv 0.11 ;;
    0.6) venv 0.11; node_project typescript ;;
    1.2*) venv 1.2 ;;
    grpcio) venv independent; python_stubs ;;
    connect_es) prepare grpcio; node_project connect-es; es_stubs ;;
    grpcurl) prepare grpcio; grpcurl ;;
  esac
}

# Built as the README runs it, and not with -p, so that it is not built again with other features.
server_binary() {
  if [ -n "${RUNNERCONF_BIN:-}" ]; then
    realpath "$RUNNERCONF_BIN"
    return
  fi
  (
    cd "$root"
    cargo run --release --quiet -- --version >&2
    cargo metadata --format-version 1 --no-deps |
      "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"] + "/release/runnerconf")'
  )
}

replicas=0
if [ "${1:-}" = --replicas ]; then
  replicas=${2:-}
  [[ $replicas =~ ^[1-9][0-9]*$ ]] || fail "--replicas needs a number"
  shift 2
fi
known=$(printf '%s\n' "${suites[@]%%|*}")
for name in "$@"; do
  grep -qxF -- "$name" <<<"$known" || fail "no suite $name; there are:"$'\n'"$known"
done

server=$(server_binary)
[ -x "$server" ] || fail "no server binary at $server"
export INTEROP_CACHE=$cache
runs=$cache/runs
[ "$replicas" = 0 ] || runs+=-$replicas-replicas
rm -rf "$runs"

failed=()
for suite in "${suites[@]}"; do
  IFS='|' read -r name client base_path tests <<<"$suite"
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qxF -- "$name"; then
    continue
  fi
  prepare "$client"
  if [ "$tests" = typescript ]; then
    suite_python=$cache/venv-0.11/bin/python
    command=(node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout
      --test-reporter=junit --test-reporter-destination='{report}' "$cache"/typescript/*.test.mjs)
  else
    case $client in
      [0-9]*) environment=${client%%-*} stubs= ;;
      *) environment=independent stubs=$cache/stubs ;;
    esac
    suite_python=$cache/venv-$environment/bin/python
    command=(env "PYTHONPATH=$stubs" "$suite_python" -B -m pytest -c "$here/python/pytest.ini" '--junitxml={report}')
    for path in $tests; do command+=("$here/python/$path"); done
  fi
  "$suite_python" -B "$here/suite.py" "$name" --client "$client" --base-path "$base_path" \
    --replicas "$replicas" --runs "$runs" --server "$server" -- "${command[@]}" || failed+=("$name")
done

"$python" -B "$here/leak_check.py" "$runs" || failed+=("leak check")
[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
echo "interop: all passed"
