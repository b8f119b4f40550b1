# Sourced by the scripts: they all run from the project's root, and count test results in one file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where run_ctest and the e2e runner leave "name passed failed" lines; .ci/run gives one file to all of its steps.
counts=${SIPCAST_COUNTS:-build/counts}
jobs=${SIPCAST_JOBS:-$(nproc)}

# What one checkout or preset has compiled is not compiled again for another with the same flags.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

say() { printf '\n== %s\n' "$*"; }
die() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }

# build PRESET [TARGET...]
build() {
  local preset=$1; shift
  cmake --preset "$preset" > "build/$preset.configure.log" 2>&1 || { cat "build/$preset.configure.log"; die "cmake --preset $preset"; }
  ninja -j "$jobs" -C "build/$preset" "$@" || die "build of the preset $preset"
}

# run_ctest PRESET [ctest options]: runs the tests of a preset and adds their number to the counts.
run_ctest() {
  local preset=$1 log=build/$1.ctest.log good=0; shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" | tee "$log" || good=1
  local total failed
  failed=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of [0-9]*.*/\1/p' "$log" | tail -n 1)
  total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
  echo "ctest-$preset $((${total:-0} - ${failed:-0})) ${failed:-0}" >> "$counts"
  return $good
}

# The closing line, from the real results: "N passed, N failed".
print_counts() { awk '{passed += $2; failed += $3} END {printf "%d passed, %d failed\n", passed, failed}' "$counts"; }
