#! /usr/bin/env atf-sh
# devfs.rules(5) against the corpus tests/golden/devfs.rules: one test case a
# file.  NAME.rules comes with NAME.out, what devfsrules_dump prints of it.
#
# After a wanted change: CB_GOLDEN_UPDATE=1 kyua test ... writes what came out
# as expected; read the diff before you commit it.
CB_NO_BOX=1
. "$(atf_get_srcdir)/../system/common.sh"

corpus=$CB_SRC/tests/golden/devfs.rules
dump=$CB_BUILD/tests/golden/devfsrules_dump

golden()
{
	here=$PWD
	cd "$corpus" || atf_fail "no corpus"
	"$dump" "$1.rules" >"$here/out" 2>"$here/err" ||
		atf_fail "$(cat "$here/err")"
	[ ! -s "$here/err" ] || atf_fail "$(cat "$here/err")"
	if [ -n "$CB_GOLDEN_UPDATE" ]; then
		cat "$here/out" >"$1.out"
	fi
	diff -u "$1.out" "$here/out" || atf_fail "differs from $1.out"
}

for f in "$corpus"/*.rules; do
	name=$(basename "$f" .rules)
	cases="$cases $name"
	eval "atf_test_case $name; ${name}_body() { golden $name; }"
done

atf_test_case corpus_size
corpus_size_head()
{
	atf_set descr "The corpus is there and has at least 20 files"
}
corpus_size_body()
{
	n=$(ls "$corpus"/*.rules | wc -l)
	[ "$n" -ge 20 ] || atf_fail "only $n files"
}

atf_init_test_cases()
{
	atf_add_test_case corpus_size
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
