#!/bin/sh
# check BUILD [SUITE...]: run test suites under Kyua (without SUITE all, and
# then see that the machine is as it was).  Ends with "N passed, N failed";
# the same counts are in BUILD/check.result.
set -u

build=${1:?usage: check BUILD [SUITE...]}
shift
suites=${*:-unit golden lint system escape}
all=${*:-yes}
passed=0 failed=0 skipped=0

rm -f "$build/check.result"
if [ "$(id -u)" != 0 ]; then
	echo "check: the tests make namespaces of their own: run it as root" >&2
	exit 1
fi
CELLBLOCK_CHECK=$(date +%s).$$
LSAN_OPTIONS=suppressions=$PWD/tests/unit/lsan.supp:print_suppressions=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export CELLBLOCK_CHECK LSAN_OPTIONS UBSAN_OPTIONS
tools/leftovers.sh snapshot "$build/check.before"

# The number before WORD in Kyua's "Test cases: 14 total, 0 skipped, ..."
count() {
	sed -n "s/^Test cases:.* \([0-9]*\) $2.*/\1/p" "$1" | tail -1
}

for s in $suites; do
	echo "== $s"
	db=$build/check-$s.db
	rm -f "$db"
	kyua --logfile="$build/kyua.log" -v parallelism="${JOBS:-2}" test \
		--results-file="$db" --kyuafile="tests/$s/Kyuafile" \
		--build-root="$build/tests/$s" </dev/null
	kyua --logfile="$build/kyua.log" report --results-file="$db" \
		--verbose --results-filter=broken,failed \
		>"$build/check-$s.txt" 2>&1
	total=$(count "$build/check-$s.txt" total)
	if [ -z "$total" ]; then
		echo "$s: no result from kyua"
		failed=$((failed + 1))
		continue
	fi
	skip=$(count "$build/check-$s.txt" skipped)
	bad=$(($(count "$build/check-$s.txt" broken) + \
		$(count "$build/check-$s.txt" failed)))
	# What a failed test printed, for logs of machines one cannot visit.
	[ "$bad" = 0 ] || sed -n '/^===> [^ ]*:/,$p' "$build/check-$s.txt"
	passed=$((passed + total - skip - bad))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
done

if [ "$all" = yes ]; then
	echo "== leftovers"
	if tools/leftovers.sh compare "$build/check.before" "$build"; then
		echo "nothing is left behind"
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
fi

[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed $failed $skipped" >"$build/check.result"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
