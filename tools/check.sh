#!/bin/sh
# check [-f FILE] [-o DIR] BUILD [SUITE...]: run test suites under Kyua.
#
# Without SUITE all of them; "leftovers", the last of all, sees that the
# machine is as it was.  FILE has lines "SUITE PROGRAM:CASE": of these suites
# just these cases.  Ends with what failed and "N passed, N failed"; the same
# counts are in check.result of DIR (without -o: BUILD), the end of what each
# failed case printed in check.failed.
set -u

filters=""
out=""
while getopts f:o: o; do
	case $o in
	f) filters=$OPTARG ;;
	o) out=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
build=${1:?usage: check [-f FILE] [-o DIR] BUILD [SUITE...]}
shift
out=${out:-$build}
suites=${*:-unit golden lint system escape leftovers}
passed=0 failed=0 skipped=0

rm -f "$out/check.result"
: >"$out/check.failed" || exit
if [ "$(id -u)" != 0 ]; then
	echo "check: the tests make namespaces of their own: run it as root" >&2
	exit 1
fi
CELLBLOCK_CHECK=$(date +%s).$$
LSAN_OPTIONS=suppressions=$PWD/tests/unit/lsan.supp:print_suppressions=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export CELLBLOCK_CHECK LSAN_OPTIONS UBSAN_OPTIONS
tools/leftovers.sh snapshot "$out/check.before" "$build"

# The number before WORD in Kyua's "Test cases: 14 total, 0 skipped, ..."
count() {
	sed -n "s/^Test cases:.* \([0-9]*\) $2.*/\1/p" "$1" | tail -1
}

# tails SUITE FILE: of each case in Kyua's report the last lines it printed,
# below a line "---- SUITE/PROGRAM:CASE: RESULT".
tails() {
	awk -v suite="$1" -v most=40 '
	function say(i) {
		if (name == "")
			return
		print "---- " suite "/" name ": " result
		for (i = n > most ? n - most : 0; i < n; i++)
			print line[i]
		name = result = ""
		n = told = 0
	}
	/^===> [^ ]+:[^ ]+$/ { say(); name = $2; next }
	/^===> (Broken tests|Failed tests|Summary)$/ { say() }
	name == "" { next }
	!told && sub(/^Result: +/, "") { result = $0 }
	/^Standard (output|error):$/ { told = 1 }
	told { line[n++] = $0 }
	END { say() }' "$2"
}

# none SUITE FILE WHAT: a suite that has no cases to tell of.
none() {
	echo "---- $1: $3"
	tail -n 40 "$2"
}

leftovers() {
	if tools/leftovers.sh compare "$out/check.before" "$build" \
		>"$out/check-leftovers.txt" 2>&1; then
		echo "nothing is left behind"
		passed=$((passed + 1))
	else
		cat "$out/check-leftovers.txt"
		none leftovers "$out/check-leftovers.txt" \
			"the machine is not as it was" >>"$out/check.failed"
		failed=$((failed + 1))
	fi
}

for s in $suites; do
	echo "== $s"
	if [ "$s" = leftovers ]; then
		leftovers
		continue
	fi
	cases=$([ -z "$filters" ] || sed -n "s/^$s //p" "$filters")
	db=$out/check-$s.db
	rm -f "$db"
	# shellcheck disable=SC2086 # a list of words
	kyua --logfile="$out/kyua.log" -v parallelism="${JOBS:-2}" test \
		--results-file="$db" --kyuafile="tests/$s/Kyuafile" \
		--build-root="$build/tests/$s" $cases </dev/null
	kyua --logfile="$out/kyua.log" report --results-file="$db" \
		--verbose --results-filter=broken,failed \
		>"$out/check-$s.txt" 2>&1
	total=$(count "$out/check-$s.txt" total)
	if [ -z "$total" ]; then
		echo "$s: no result from kyua"
		none "$s" "$out/check-$s.txt" "no result from kyua" \
			>>"$out/check.failed"
		failed=$((failed + 1))
		continue
	fi
	skip=$(count "$out/check-$s.txt" skipped)
	bad=$(($(count "$out/check-$s.txt" broken) + \
		$(count "$out/check-$s.txt" failed)))
	# What a failed test printed, for logs of machines one cannot visit.
	[ "$bad" = 0 ] || sed -n '/^===> [^ ]*:/,$p' "$out/check-$s.txt" |
	    uniq | head -3000
	tails "$s" "$out/check-$s.txt" >>"$out/check.failed"
	passed=$((passed + total - skip - bad))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
done

sed -n 's/^---- /FAILED: /p' "$out/check.failed"
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed $failed $skipped" >"$out/check.result"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
