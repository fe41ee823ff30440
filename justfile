# Recipes for working on the project. `just` lists them; https://just.systems installs it.

set shell := ["bash", "-euo", "pipefail", "-c"]

_default:
    @just --list --unsorted

# Everything that a change has to pass.
check: format-check lint test

# The tests of all product crates.
test:
    cargo test

# clippy with warnings denied, and the .proto files by buf.
lint:
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    npx --yes @bufbuild/buf@1.75.0 lint
    npx --yes @bufbuild/buf@1.75.0 format --diff --exit-code

# Rust formatting.
format-check:
    cargo fmt --all --check

# Licences, bans, sources and known vulnerabilities of the dependencies, or some of these; needs cargo-deny.
deny *checks:
    cargo deny --log-level error check --hide-inclusion-graph {{ checks }}

# The official clients, as published, against a fresh server each; arguments name suites.
interop *suites:
    tests/interop/run.sh {{ suites }}

# The conformance suites: one line each with cases, passed and known failures.
conformance:
    tests/conformance/connect/run.sh
    tests/conformance/protobuf/run.sh

# The conformance suites with a fix switched off in each: they have to notice.
conformance-faults:
    tests/conformance/connect/run.sh --with-fault
    tests/conformance/protobuf/run.sh --with-fault

# Kills the store's process, and its file layer, at random moments: 200 rounds each, or as many as given; and a tenth as often PostgreSQL.
crash-test rounds="200":
    CRASH_ROUNDS={{ rounds }} cargo test -p runner-configuration-service --release --features postgres --test crash -- --nocapture

# The JSON and binary mapping of every message against prost-reflect's: a million inputs each, or as many as given.
differential inputs="1000000":
    DIFFERENTIAL_INPUTS={{ inputs }} cargo test -p runner-configuration --release --test messages differential -- --nocapture

# Looks for every secret that the interop suites sent in the database, the logs and all replies.
leak-test: interop
    python3 tests/interop/leak_check.py "${INTEROP_CACHE:-target/interop}/runs"

# Measures whether the time of a refusal tells how much of a wrong API key is right.
key-timing:
    cargo bench -p runner-configuration-service --bench key_timing

# The documentation of all crates, with warnings denied.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

# What Get and List cost as a store grows to a million objects, on SQLite and PostgreSQL.
growth:
    cargo bench -p runner-configuration-service --features postgres --bench growth

# The official clients against two, then four servers on one PostgreSQL; arguments name suites.
interop-replicas *suites:
    tests/interop/run.sh --replicas 2 {{ suites }}
    tests/interop/run.sh --replicas 4 {{ suites }}

# Copies a store of a million objects, or as many as given, from SQLite to PostgreSQL, and kills the copy three times.
copy-test objects="1000000":
    COPY_OBJECTS={{ objects }} cargo test -p runner-configuration-cli --release --test cli a_copy_that_is_killed -- --nocapture

# The OpenAPI document against its specification, and the server against the document: schemathesis finds nothing.
openapi:
    tests/openapi/run.sh

# The archive, the systemd unit, the manifests, the container and the crates: made, and checked.
packages:
    packaging/check.sh

# What the service costs beside others, in one run on this machine: benches/README.md. `--short` is a look; names choose groups.
bench *arguments:
    python3 benches/run.py {{ arguments }}

# Instructions of the hot paths; fails where one takes 3 % more than in benches/instructions.json.
instructions:
    python3 benches/instructions.py --check

# What abuse costs a caller that behaves well: its p50 and p99 without and beside each attack. Needs Linux, two cores, taskset, chrt and h2load (nghttp2).
abuse:
    cargo bench -p runner-configuration-cli --bench abuse

# Tries inputs that nobody thought of, for so many seconds each (default: an hour) on all fuzz targets, or on those that are named.
fuzz seconds="3600" *targets:
    fuzz/run.sh {{ seconds }} {{ targets }}

# Whether what the crates offer fits their version, compared with the newest release tag, or with a commit; needs cargo-semver-checks.
semver baseline="":
    packaging/semver.sh {{ baseline }}
