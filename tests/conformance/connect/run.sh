#!/usr/bin/env bash
# Runs the Connect conformance suite against the server part. Usage: run.sh [--with-fault]; see ../README.md.
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

# Builds the server under test of a source tree. Not optimised: that would take longer than it saves.
build() { # source tree, target folder
  (cd "$1/tests/conformance/connect" &&
    CONFORMANCE_PROTO=$suite/proto CARGO_TARGET_DIR=$2 cargo build --quiet)
  server=$2/debug/runner-configuration-conformance-connect
}

run() { # log, further arguments of the runner
  local log=$1
  shift
  "$runner" --mode server --conf "$here/config.yaml" --known-failing "@$here/known-failing.txt" "$@" -- "$server" \
    >"$log" 2>&1
}

# The source tree with one fix switched off.
make_fault() {
  local fault=$cache/fault
  rm -rf "$fault"
  mkdir -p "$fault"
  (cd "$root" && git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar -c --null -T - | tar -x -C "$fault")
  patch --quiet --strip=1 --directory="$fault" <"$here/fault.patch" || fail "fault.patch has to be adapted"
}

install_suite
target=${CARGO_TARGET_DIR:-$cache/target}
case ${1:-} in
  --with-fault)
    make_fault
    build "$cache/fault" "$target"
    if run "$cache/connect-fault.log" --run 'Basic/**'; then
      fail "the suite passes with a fix switched off"
    fi
    grep -q '^FAILED: ' "$cache/connect-fault.log" || fail "no case has failed: see $cache/connect-fault.log"
    echo "Connect suite, server, with a fault: $(grep -c '^FAILED: ' "$cache/connect-fault.log") cases fail, as they should"
    ;;
  "")
    build "$root" "$target"
    log=$cache/connect.log
    run "$log" || { grep -A 3 '^FAILED: ' "$log" >&2; tail -n 3 "$log" >&2; fail "see $log"; }
    cases=$(sed -n 's/^Total cases: //p' "$log")
    passed=$(sed -n 's/^\([0-9]*\) passed, .*/\1/p' "$log")
    known=$(sed -n 's/^(\([0-9]*\) failed as expected.*/\1/p' "$log")
    echo "Connect suite, server: $cases cases, $passed passed, ${known:-0} known failures"
    ;;
  *) fail "usage: run.sh [--with-fault]" ;;
esac
