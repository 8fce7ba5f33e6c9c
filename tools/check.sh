#!/bin/sh
# check [-f FILE] [-o DIR] BUILD [SUITE...]: run test suites under Kyua.
#
# Without SUITE all of them; "leftovers", the last of all, sees that the
# machine is as it was.  FILE has lines "SUITE PROGRAM:CASE": of these suites
# just these cases.  Ends with what failed and "N passed, N failed"; the same
# counts are in check.result of DIR (without -o: BUILD), the end of what each
# failed case printed in check.failed.
#
# CHECK_SECONDS in the environment: after that long no more of FILE's cases are
# begun.  Those are counted as skipped, and named.  CHECK_SO_FAR: a file that
# says at any time what has come out until then, for who may have to stop us:
# "passed failed skipped", and in the second line the cases that are left.
#
# CHECK_AGAIN: so many failed cases are run a second time, each alone; one that
# passes then counts as passed, and is named as unsteady at the end, and in
# check.unsteady of DIR.  More failures than that have a reason and no luck.
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
: >"$out/check.unsteady" && : >"$out/check.failed" || exit
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

# so_far [CASE...]: in case there is no later.
so_far() {
	[ -z "${CHECK_SO_FAR:-}" ] ||
	    printf '%s\n' "$passed $failed $skipped" "$*" >"$CHECK_SO_FAR"
}

# again SUITE REPORT: of the cases that failed those that fail again.
again() {
	names=$(sed -n 's/^===> \([^ ]*:[^ ]*\)$/\1/p' "$2" | sort -u)
	for name in $names; do
		begin "$1" "$out/check-again.db" "$name" >&2 || echo "$name"
		rm -f "$out/check-again.db"
	done
}

# begin SUITE DB CASE...: run these cases, or without CASE all of the suite.
begin() {
	suite=$1 results=$2
	shift 2
	kyua --logfile="$out/kyua.log" -v parallelism="${JOBS:-2}" test \
		--results-file="$results" --kyuafile="tests/$suite/Kyuafile" \
		--build-root="$build/tests/$suite" "$@" </dev/null
}

# judge SUITE DB: count what Kyua has found, and say what failed.
judge() {
	report=$out/check-$1.txt
	kyua --logfile="$out/kyua.log" report --results-file="$2" \
		--verbose --results-filter=broken,failed >"$report" 2>&1
	total=$(count "$report" total)
	if [ -z "$total" ]; then
		echo "$1: no result from kyua"
		none "$1" "$report" "no result from kyua" >>"$out/check.failed"
		failed=$((failed + 1))
		return
	fi
	skip=$(count "$report" skipped)
	bad=$(($(count "$report" broken) + $(count "$report" failed)))
	# What a failed test printed, for logs of machines one cannot visit.
	[ "$bad" = 0 ] || sed -n '/^===> [^ ]*:/,$p' "$report" |
	    uniq | head -3000
	tails "$1" "$report" >"$out/check.tails"
	if [ "$bad" -gt 0 ] && [ "$bad" -le "${CHECK_AGAIN:-0}" ]; then
		again "$1" "$report" >"$out/check.again"
		bad=$(wc -l <"$out/check.again")
		awk -v suite="$1" -v unsteady="$out/check.unsteady" '
		FILENAME ~ /again$/ { bad[suite "/" $1 ":"] = 1; next }
		/^---- / { failed = $2 in bad }
		failed { print; next }
		{ print >>unsteady }' \
			"$out/check.again" "$out/check.tails" \
			>>"$out/check.failed"
		rm -f "$out/check.again"
	else
		cat "$out/check.tails" >>"$out/check.failed"
	fi
	rm -f "$out/check.tails"
	passed=$((passed + total - skip - bad))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
}

# few SUITE CASE...: a few cases at a time, as long as there is time.
few() {
	shift # the suite is $s
	while [ $# -gt 0 ]; do
		if [ $(($(date +%s) - ${CELLBLOCK_CHECK%.*})) -gt \
		    "$CHECK_SECONDS" ]; then
			echo "no time left to run: $*"
			skipped=$((skipped + $#))
			return
		fi
		so_far "$@"
		db=$out/check-$s-$#.db
		rm -f "$db"
		begin "$s" "$db" "$1" ${2+"$2"} ${3+"$3"} ${4+"$4"}
		judge "$s" "$db"
		shift $(($# < 4 ? $# : 4))
	done
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
	if [ -n "$cases" ] && [ -n "${CHECK_SECONDS:-}" ]; then
		# shellcheck disable=SC2086 # a list of words
		few "$s" $cases
		continue
	fi
	db=$out/check-$s.db
	rm -f "$db"
	# shellcheck disable=SC2086 # a list of words
	begin "$s" "$db" $cases
	judge "$s" "$db"
done

sed -n 's/^---- /FAILED: /p' "$out/check.failed"
sed -n 's/^---- /UNSTEADY, passed when run again: /p' "$out/check.unsteady"
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed $failed $skipped" >"$out/check.result"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
