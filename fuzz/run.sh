#!/usr/bin/env bash
# Builds the fuzz targets and runs them: run.sh [SECONDS] [TARGET...]; each target for an hour, unless told otherwise.
#
# The stable toolchain suffices: coverage is counted by LLVM, and what libFuzzer needs besides comes with libfuzzer-sys, which
# a C++ compiler builds. What is found new goes to target/fuzz/corpus, and what fails to target/fuzz/artifacts; with a
# failure it says how to try it again. FUZZ_JOBS of them run at a time (default: 1). Half a gigabyte of memory, five seconds
# for an input and inputs of 4 KiB are the bounds.
set -euo pipefail
fuzz=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$fuzz")
seconds=${1:-3600}
[ $# = 0 ] || shift
all=(json binary page_token runner_file configuration schema connect_request)
[ $# = 0 ] && targets=("${all[@]}") || targets=("$@")

# The versions that the product has; only libFuzzer is not among them.
[ "$fuzz/Cargo.lock" -nt "$root/Cargo.lock" ] || cp "$root/Cargo.lock" "$fuzz/Cargo.lock"
host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$root/target}
out=$target_dir/fuzz
# Of what `cargo fuzz` sets, that which stable has. With --target, build scripts and macros go without.
flags=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Ccodegen-units=4
)
RUSTFLAGS="${flags[*]}" CARGO_INCREMENTAL=0 cargo build --quiet --manifest-path "$fuzz/Cargo.toml" --target "$host" \
  --target-dir "$target_dir" --bins

run() {
  local target=$1 inputs=0 end=$((SECONDS + seconds))
  local program=$target_dir/$host/debug/$target log=$out/$target.log
  local found=$out/corpus/$target artifacts=$out/artifacts/$target
  local bounds=(-timeout=5 -rss_limit_mb=512 -max_len=4096) options=()
  [ ! -f "$fuzz/dictionaries/$target.dict" ] || options+=(-dict="$fuzz/dictionaries/$target.dict")
  mkdir -p "$found" "$artifacts"
  while :; do
    local left=$((end - SECONDS)) status=0 slow
    env -u RUST_LOG "$program" "$found" "$fuzz/corpus/$target" -max_total_time=$((left > 1 ? left : 1)) -print_final_stats=1 \
      "${bounds[@]}" "${options[@]}" -artifact_prefix="$artifacts/" >"$log" 2>&1 || status=$?
    inputs=$((inputs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log")))
    [ "$status" != 0 ] || break
    # The time that is measured is the clock's: while the machine is busy with something else, nothing is wrong with the input.
    # What counts is the processor's.
    slow=$(sed -n 's/.*Test unit written to \(.*timeout-.*\)/\1/p' "$log")
    if [ -z "$slow" ] || ! (ulimit -t 5 && "$program" "${bounds[@]}" -timeout=3600 "$slow" >"$log.again" 2>&1); then
      tail -40 "$log" >&2
      echo "$target: FAILED; try it again with: $program $artifacts/…" >&2
      return 1
    fi
    rm "$slow"
  done
  echo "$target: $inputs inputs, nothing found"
}

failed=0
running=0
for target in "${targets[@]}"; do
  if [ "$running" -ge "${FUZZ_JOBS:-1}" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  run "$target" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit "$failed"
