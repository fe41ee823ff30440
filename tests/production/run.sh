#!/usr/bin/env bash
# Does what docs/production.md says, with the program that is named. Usage: run.sh BINARY
#
# Needs PostgreSQL's programs, openssl, curl and grpcurl; looks at the dashboard's queries where Prometheus is installed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive=$("$here/../../packaging/archive.sh" "$(realpath "${1:?the program runnerconf is missing}")")
exec "${PYTHON:-python3}" -B "$here/check.py" --archive "$archive"
