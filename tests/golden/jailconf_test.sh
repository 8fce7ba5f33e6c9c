#! /usr/bin/env atf-sh
# jail.conf(5) against the corpus tests/golden/jail.conf: one test case a file.
#
# NAME.conf comes with NAME.out, its jails after merge (and "jail: TEXT" for
# each jail with an error of its own), or with NAME.err, the message that a
# file that does not parse gives.  Where NAME.canonical or NAME.export exist,
# the canonical text and the lines of `jail -e :` are compared too.  Every
# file that parses must also survive parse -> print -> parse.
. "$(atf_get_srcdir)/common.sh" || exit

golden()
{
	"$dump" merged "$1.conf" >"$here/out" 2>"$here/err"
	status=$?
	if [ -f "$1.err" ]; then
		compare "$1.err" "$here/err"
		[ "$status" = 1 ] || atf_fail "exit status $status, not 1"
		[ ! -s "$here/out" ] || atf_fail "output besides the error"
		return
	fi
	[ "$status" = 0 ] || atf_fail "$(cat "$here/err")"
	compare "$1.out" "$here/out"
	for mode in canonical export; do
		[ -f "$1.$mode" ] || continue
		"$dump" $mode "$1.conf" >"$here/$mode" || atf_fail "$mode"
		compare "$1.$mode" "$here/$mode"
	done
	"$dump" check "$1.conf" || atf_fail "parse, print, parse differ"
}

corpus jail.conf conf 60

atf_test_case results
results_head()
{
	atf_set descr "Each file of the corpus has an expected result"
}
results_body()
{
	for f in "$corpus"/*.conf; do
		[ -f "${f%.conf}.out" ] || [ -f "${f%.conf}.err" ] ||
			atf_fail "$f has no expected result"
	done
}
cases="$cases results"
