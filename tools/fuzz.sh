#!/bin/sh
# fuzz SECONDS [NAME...]: build the fuzzers with clang and run each so long, in
# a box.  What was found once stays as a seed in build-fuzz/corpus; an input
# that breaks something is left in build-fuzz/found.
set -eu

seconds=${1:-10}
[ $# = 0 ] || shift
build=$PWD/build-fuzz
jobs=${JOBS:-2}
failed=0

[ -f "$build/build.ninja" ] ||
	CC=clang meson setup "$build" -Dfuzz=true -Dwerror=false \
		-Db_sanitize=address,undefined -Db_lundef=false \
		-Doptimization=1 -Dc_args=-fsanitize=fuzzer-no-link >/dev/null
targets=tests/tools/box
for f in tests/fuzz/*_fuzz.c; do
	name=${f##*/}
	targets="$targets tests/fuzz/${name%.c}"
done
# shellcheck disable=SC2086 # a list
ninja -C "$build" -j "$jobs" $targets
mkdir -p "$build/found"

# Inputs to begin with.
seeds() {
	echo "tests/fuzz/$1"
	case $1 in
	devfsrules) echo tests/golden/devfs.rules ;;
	jailconf) echo tests/golden/jail.conf ;;
	esac
}

for f in "$build"/tests/fuzz/*_fuzz; do
	name=${f##*/}
	name=${name%_fuzz}
	case " $* " in
	'  ' | *" $name "*) ;;
	*) continue ;;
	esac
	mkdir -p "$build/corpus/$name"
	log=$build/$name.log
	# shellcheck disable=SC2046 # a list of directories
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1 \
		"$build/tests/tools/box" -k "$PWD" -- "$f" \
		-max_total_time="$seconds" -max_len=4096 -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/found/$name-" \
		"$build/corpus/$name" $(seeds "$name") </dev/null >"$log" 2>&1 || {
		tail -n 60 "$log"
		echo "$name: found something: see $build/found" >&2
		failed=1
		continue
	}
	echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' \
		"$log") runs, nothing found"
done
exit "$failed"
