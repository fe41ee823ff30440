#!/bin/sh
# Asks protovalidate anew, and writes its answers to the committed files. Needs Node.js 20 or newer and npm.
set -eu

cd "$(dirname "$0")"
root=../../..
npm ci --no-audit --no-fund
ORACLE_INPUT=$(mktemp -d)
export ORACLE_INPUT
trap 'rm -r "$ORACLE_INPUT"' EXIT

# regenerate PACKAGE TEST FILE
regenerate() {
  cargo test --package "$1" --test "$2" -- --ignored oracle_input
  node oracle.mjs "$ORACLE_INPUT" >"$ORACLE_INPUT/violations.json"
  mv "$ORACLE_INPUT/violations.json" "$root/$3"
}

regenerate runner-configuration messages tests/snapshots/violations.json
regenerate runner-configuration-codegen-tests generated crates/codegen-tests/tests/snapshots/violations.json
