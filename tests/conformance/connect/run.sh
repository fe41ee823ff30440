#!/usr/bin/env bash
# Runs the Connect conformance suite against the server part, the client part, or both.
# Usage: run.sh [server|client] [--with-fault]; see ../README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${CONFORMANCE_CACHE:-$root/target/conformance}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

module=connectrpc.com/conformance
version=v1.0.5
suite=$cache/connect-$version
runner=$suite/connectconformance

fail() { echo "connect conformance: $*" >&2; exit 1; }

# The runner, and the .proto files of the same version, which are not committed.
install_suite() {
  [ -x "$runner" ] && [ -d "$suite/proto" ] && return
  command -v go >/dev/null || fail "needs Go, to install the runner"
  mkdir -p "$suite"
  local source
  source=$(cd "$suite" && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  [ -d "$source/proto" ] || fail "the module $module@$version has no folder proto"
  cp -R "$source/proto" "$suite/proto"
  chmod -R u+w "$suite/proto"
  GOBIN=$suite go install "$module/cmd/connectconformance@$version"
}

# Builds what is tested, of a source tree. Not optimised: that would take longer than it saves.
build() { # source tree, server or client
  (cd "$1/tests/conformance/connect" &&
    CONFORMANCE_PROTO=$suite/proto CARGO_TARGET_DIR=$target cargo build --quiet --bin "$2")
}

run() { # server or client, log, further arguments of the runner
  local side=$1 log=$2
  shift 2
  "$runner" --mode "$side" --conf "$here/$side.yaml" --known-failing "@$here/$side-known-failing.txt" "$@" \
    -- "$target/debug/$side" >"$log" 2>&1
}

# The source tree with one fix switched off.
make_fault() { # server or client
  local fault=$cache/fault
  rm -rf "$fault"
  mkdir -p "$fault"
  (cd "$root" && git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar -c --null -T - | tar -x -C "$fault")
  patch --quiet --strip=1 --directory="$fault" <"$here/$1-fault.patch" || fail "$1-fault.patch has to be adapted"
}

# Has to pass.
test_side() { # server or client
  build "$root" "$1"
  local log=$cache/connect-$1.log
  run "$1" "$log" || { grep -A 3 '^FAILED: ' "$log" >&2 || true; tail -n 3 "$log" >&2; fail "see $log"; }
  local cases passed known
  cases=$(sed -n 's/^Total cases: //p' "$log")
  passed=$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$log")
  known=$(sed -n 's/^(\([0-9]*\) failed as expected.*/\1/p' "$log")
  echo "Connect suite, $1: $cases cases, $passed passed, ${known:-0} known failures"
}

# Has to fail.
test_fault() { # server or client
  make_fault "$1"
  build "$cache/fault" "$1"
  local log=$cache/connect-$1-fault.log
  if run "$1" "$log" --run 'Basic/**'; then
    fail "the suite passes with a fix of the $1 switched off"
  fi
  grep -q '^FAILED: ' "$log" || fail "no case has failed: see $log"
  echo "Connect suite, $1, with a fault: $(grep -c '^FAILED: ' "$log") cases fail, as they should"
}

sides=(server client)
case ${1:-} in
  server | client)
    sides=("$1")
    shift
    ;;
esac
case "$*" in
  "") test=test_side ;;
  --with-fault) test=test_fault ;;
  *) fail "usage: run.sh [server|client] [--with-fault]" ;;
esac

install_suite
target=${CARGO_TARGET_DIR:-$cache/target}
for side in "${sides[@]}"; do
  "$test" "$side"
done
