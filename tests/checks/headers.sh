#!/usr/bin/env bash
# Checks that each header of src compiles alone. ccache makes it quick when nothing changed.
#   headers.sh [WORKDIR] [JOBS]
set -euo pipefail
cd "$(dirname "$0")/../.."
export work=${1:-build/headers}
mkdir -p "$work"
# The definitions that every file of the build has.
defines=$(tr '\n' ' ' < cmake/layers.cmake | grep -o 'add_compile_definitions([^)]*)' | sed 's/.*(//; s/)//; s/[A-Z_0-9]\+/-D&/g')
export compile="$(command -v ccache || true) clang++-19 -std=c++23 -O0 -Wall -Wextra -Wshadow -Wconversion -Werror -Wno-missing-designated-field-initializers -Isrc $defines"
check_one() {
  local source=$work/${1//\//_}.cpp
  [ -e "$source" ] || echo "#include \"${1#src/}\"" > "$source"
  $compile -c "$source" -o "$source.o" || { echo "$1 does not compile alone"; return 1; }
}
export -f check_one
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
find src -name '*.hpp' -print0 | sort -z > "$work/list"
xargs -0 -n 1 -P "${2:-2}" bash -c 'check_one "$1"' headers < "$work/list"
echo "headers: $(tr -cd '\0' < "$work/list" | wc -c) compile alone"
