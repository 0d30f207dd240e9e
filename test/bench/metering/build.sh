#!/bin/sh
# Builds the workloads to modules beside their sources, by PyPI's ziglang. The benchmark needs none of this: they are in
# the repository.
#
#   sh test/bench/metering/build.sh [NAME...]
set -eu
cd "$(dirname "$0")/workloads"
[ $# -gt 0 ] || set -- $(ls *.c | sed 's/\.c$//' | grep -v '^timed$')
for name in "$@"; do
	python3 -m ziglang cc --target=wasm32-wasi -O2 -s -mexec-model=reactor -Wall -Wno-parentheses -Wno-shift-op-parentheses \
		-o "$name.wasm" "$name.c" timed.c
done
