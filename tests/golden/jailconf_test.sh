#! /usr/bin/env atf-sh
# jail.conf(5) against the corpus tests/golden/jail.conf: one test case a file.
#
# NAME.conf comes with NAME.out, its jails after merge (and "jail: TEXT" for
# each jail with an error of its own), or with NAME.err, the message that a
# file that does not parse gives.  Where NAME.canonical or NAME.export exist,
# the canonical text and the lines of `jail -e :` are compared too.  Every
# file that parses must also survive parse -> print -> parse.
#
# After a wanted change: CB_GOLDEN_UPDATE=1 kyua test ... writes what came out
# as expected; read the diff before you commit it.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh"

corpus=$CB_SRC/tests/golden/jail.conf
dump=$CB_BUILD/tests/golden/jailconf_dump

# compare WANT GOT: show a difference, or take GOT as wanted
compare()
{
	if [ -n "$CB_GOLDEN_UPDATE" ] && ! cmp -s "$1" "$2"; then
		cat "$2" >"$1"
	fi
	diff -u "$1" "$2" || atf_fail "differs from ${1##*/}"
}

golden()
{
	here=$PWD
	# messages name files as the command line does
	cd "$corpus" || atf_fail "no corpus"
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

for f in "$corpus"/*.conf; do
	name=${f##*/}; name=${name%.conf}
	cases="$cases $name"
	eval "atf_test_case $name; ${name}_body() { golden $name; }"
done

atf_test_case corpus_size
corpus_size_head()
{
	atf_set descr "The corpus is there and has at least 60 files"
}
corpus_size_body()
{
	n=$(ls "$corpus"/*.conf | wc -l)
	[ "$n" -ge 60 ] || atf_fail "only $n files"
	for f in "$corpus"/*.conf; do
		[ -f "${f%.conf}.out" ] || [ -f "${f%.conf}.err" ] ||
			atf_fail "$f has no expected result"
	done
}

atf_init_test_cases()
{
	atf_add_test_case corpus_size
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
